// Package pdf writes papers: text of the scripts that the market's people use, and lines, on pages of A4.
//
// Text is shaped, so that the letters of Devanagari and Arabic join and stand as their readers write them, and it stays
// text: it can be searched and copied. Three fonts go along (fonts/README.md), and only those that a paper uses are put
// into it. A character that none of them has is shown as an empty box.
//
// Lengths are thousandths of a point, 2835 to the millimetre, from the upper left corner; the same paper is the same bytes.
package pdf
