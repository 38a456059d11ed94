package picture

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"slices"
)

// lookJPEG walks the segments in front of the picture: the frame's size, how it is coded, and how the camera was held.
func lookJPEG(b []byte) (f facts, ok bool) {
	f.turn = upright
	direct := false // the colours stand in it as they are, and are copied once more
	for at := 2; at+4 <= len(b); {
		if b[at] != 0xff {
			return f, false
		}
		marker := b[at+1]
		if marker == 0xff { // padding
			at++
			continue
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			at += 2
			continue
		}
		size := int(binary.BigEndian.Uint16(b[at+2:]))
		if size < 2 || at+2+size > len(b) {
			return f, false
		}
		segment := b[at+4 : at+2+size]
		switch {
		case marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")):
			f.turn = exifOrientation(segment[6:])
		case marker == 0xee && len(segment) >= 12 && bytes.HasPrefix(segment, []byte("Adobe")):
			direct = segment[11] == 0
		case marker >= 0xc0 && marker <= 0xc2:
			return jpegFrame(f, segment, marker == 0xc2, direct)
		case marker == 0xd9 || marker == 0xda:
			return f, false // the picture begins and nobody said how large it is
		}
		at += 2 + size
	}
	return f, false
}

// jpegFrame reads a frame's header. The coefficients of a progressive picture are all kept until its end, four bytes
// for each sample.
func jpegFrame(f facts, b []byte, progressive, direct bool) (facts, bool) {
	if len(b) < 6 {
		return f, false
	}
	n := int(b[5])
	f.height, f.width = int(binary.BigEndian.Uint16(b[1:])), int(binary.BigEndian.Uint16(b[3:]))
	if len(b) < 6+3*n || n == 0 || n > 4 {
		return f, false
	}
	samples, most := int64(0), int64(0)
	for i := range n {
		h, v := int64(b[7+3*i]>>4), int64(b[7+3*i]&15)
		if h == 0 || v == 0 || h > 4 || v > 4 {
			return f, false
		}
		samples += h * v
		most = max(most, h*v)
	}
	// Blocks are whole: a narrow picture takes more than its pixels.
	area := int64(f.width+32) * int64(f.height+32)
	f.memory = area * samples / most
	if progressive {
		f.memory *= 5
	}
	if direct || n == 4 || b[6] == 'R' {
		f.memory += 4 * area
	}
	return f, true
}

func lookPNG(b []byte) (f facts, ok bool) {
	c, err := png.DecodeConfig(bytes.NewReader(b))
	if err != nil || len(b) < 29 {
		return f, false
	}
	f.turn, f.width, f.height = upright, c.Width, c.Height
	pixel := int64(4)
	if depth := b[24]; depth == 16 {
		pixel = 8
	}
	f.memory = int64(c.Width) * int64(c.Height) * pixel
	if b[28] == 1 { // interlaced: each pass is decoded by itself, half of the picture at most
		f.memory += f.memory / 2
	}
	// How the camera was held can stand in PNG files too, in a chunk of its own.
	for at := 8; at+12 <= len(b); {
		size := int64(binary.BigEndian.Uint32(b[at:]))
		kind := string(b[at+4 : at+8])
		if int64(at)+12+size > int64(len(b)) || kind == "IEND" {
			break
		}
		if kind == "eXIf" {
			f.turn = exifOrientation(b[at+8 : at+8+int(size)])
		}
		at += 12 + int(size)
	}
	return f, true
}

// lookWebP walks the chunks. The picture's own size counts, and an extended header must agree with it: the decoder
// takes memory for the one and gives out the other. Moving pictures are refused by not having one here.
func lookWebP(b []byte) (f facts, ok bool) {
	f.turn = upright
	canvas := [2]int{}
	for at := 12; at+8 <= len(b); {
		size := int64(binary.LittleEndian.Uint32(b[at+4:]))
		kind := string(b[at : at+4])
		if int64(at)+8+size > int64(len(b)) {
			return f, false
		}
		chunk := b[at+8 : at+8+int(size)]
		w, h := 0, 0
		switch {
		case kind == "VP8X" && len(chunk) >= 10:
			canvas = [2]int{1 + uint24(chunk[4:]), 1 + uint24(chunk[7:])}
		case kind == "VP8 " && len(chunk) >= 10 && slices.Equal(chunk[3:6], []byte{0x9d, 0x01, 0x2a}):
			w, h = int(binary.LittleEndian.Uint16(chunk[6:])&0x3fff), int(binary.LittleEndian.Uint16(chunk[8:])&0x3fff)
		case kind == "VP8L" && len(chunk) >= 5 && chunk[0] == 0x2f:
			bits := binary.LittleEndian.Uint32(chunk[1:])
			w, h = 1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)
		case kind == "EXIF":
			f.turn = exifOrientation(bytes.TrimPrefix(chunk, []byte("Exif\x00\x00")))
		}
		if w > 0 || h > 0 {
			if f.width > 0 || canvas != [2]int{} && canvas != [2]int{w, h} {
				return f, false
			}
			f.width, f.height = w, h
			// The lossless form keeps its pixels twice while it is read.
			f.memory = int64(w) * int64(h) * 8
		}
		at += 8 + int(size) + int(size&1)
	}
	return f, f.width > 0
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// exifOrientation finds the one thing in a picture's notes that changes how it looks.
func exifOrientation(b []byte) orientation {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(b, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(b, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return upright
	}
	if len(b) < 8 {
		return upright
	}
	at := int64(order.Uint32(b[4:]))
	if at+2 > int64(len(b)) {
		return upright
	}
	entries := int64(order.Uint16(b[at:]))
	for i := range entries {
		e := at + 2 + 12*i
		if e+12 > int64(len(b)) {
			break
		}
		if order.Uint16(b[e:]) == 0x0112 {
			if o := orientation(order.Uint16(b[e+8:])); o >= upright && o <= 8 {
				return o
			}
			break
		}
	}
	return upright
}
