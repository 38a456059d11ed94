// Package qrtest reads the codes that package qr draws, from what is shown, without sharing code with it.
//
// It is for tests: it owns a reader of undamaged codes up to version 6, and nothing else.
package qrtest
