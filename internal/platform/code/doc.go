// Package code makes the names by which things are known outside: public ids,
// their UUID form, secret tokens and the numbers that people read from paper.
//
// It owns their alphabets, lengths, randomness and check digits. It does not
// own uniqueness (a UNIQUE constraint does) nor any table.
//
// What always holds: every random bit comes from the operating system's
// generator; an id or token grants nothing by being well-formed; no name tells
// how many others there are.
package code
