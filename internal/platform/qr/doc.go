// Package qr draws QR codes as PNG and as SVG.
//
// It owns how a code looks: its error correction, the quiet zone around it, the size of a module. It does not know what
// the text means; whoever asks bounds and builds it.
//
// What always holds:
//   - The text is printable ASCII: QR has no way to say that bytes are UTF-8 that readers agree on. What else there is
//     has to be percent-encoded.
//   - At least four empty modules stand around the code, as the standard asks; without them cameras do not find it.
//   - An SVG has no script, no style and no reference to anything outside it.
package qr
