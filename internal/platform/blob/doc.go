// Package blob keeps files that people sent: pictures, proofs of payment, documents.
//
// It owns: the bytes, which lie in the data folder under names made of their content; a row for each; the address under
// which everybody may see a public one. It does not own who may see a private one (a room's operation asks, and then
// hands out what Download gives), nor what makes a picture fit to be shown (picture does).
//
// A room stores a file with Put or PutPicture, outside of its transaction, and then writes the name into a column that
// refers to blobs. When it writes another name there, it calls Drop for the old one.
//
// What always holds: a row has its bytes, on disk before the row is; bytes never change under a name; a name that a
// foreign key refers to is never deleted, whatever was dropped; what nobody uses is deleted a week after, and its bytes
// a day after its row, so that a copy of the folder that is made after one of the database has all that it names.
package blob
