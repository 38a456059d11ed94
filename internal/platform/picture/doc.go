// Package picture makes of a file that somebody sent a picture that may be shown.
//
// It owns: what counts as a picture (JPEG, PNG, WebP), how much of one is borne, its turning, its scaling, and that
// nothing of the file itself is kept: what comes out was painted anew, so it carries no place, no camera, no comment and
// no second file behind the first. It does not own where pictures are kept (blob does).
//
// What always holds: the kind is told by the content, never by a name or a header; the size is read before anything is
// decoded; what decoding may take in memory is bounded, for one picture and for all that are decoded at a time.
package picture
