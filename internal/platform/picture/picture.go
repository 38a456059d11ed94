package picture

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"time"

	"golang.org/x/image/webp"

	"github.com/haat-market/haat/internal/platform/fault"
)

// Types that come out.
const (
	JPEG = "image/jpeg"
	PNG  = "image/png"
)

const (
	// MaxBytes is how large a picture may be sent.
	MaxBytes = 10 << 20
	// maxPixels of what is sent.
	maxPixels = 40_000_000
	// maxMemory is what decoding one picture may take; pictures above half of it are decoded alone.
	maxMemory = 200 << 20
	// decodesAtOnce is how many pictures are decoded at a time.
	decodesAtOnce = 2
	// minSide keeps out pixels that count visitors, and what cannot be seen.
	minSide = 1
	quality = 85
)

// What a sender may be told.
var (
	ErrNotPicture = fault.New(fault.Invalid, "not_a_picture", "This is not a picture that can be used: send a JPEG, PNG or WebP file.")
	ErrDamaged    = fault.New(fault.Invalid, "picture_damaged", "The picture cannot be read: the file is damaged or incomplete.")
	ErrTooLarge   = fault.New(fault.Invalid, "picture_too_large", "The picture has more than 40 million pixels, or needs too much memory. Send a smaller one.")
	ErrBusy       = fault.New(fault.Unavailable, "pictures_busy", "Many pictures are being worked on. Try again in a moment.")
)

// Faults are all that Make may refuse with, for declarations.
var Faults = []*fault.Error{ErrNotPicture, ErrDamaged, ErrTooLarge, ErrBusy}

// Options say what is made.
type Options struct {
	MaxSide int   // of the picture; a larger one is made smaller. 0: as it is
	Widths  []int // of the smaller ones beside it, where the picture is wider
}

// Product is how pictures of goods and the like are kept.
var Product = Options{MaxSide: 2048, Widths: []int{160, 320, 640, 1280}}

// Image is one picture, painted anew.
type Image struct {
	Width, Height int
	Data          []byte
}

// Picture is what came out: the picture itself, and smaller ones.
type Picture struct {
	Image
	Media string  // JPEG or PNG, for all of them
	Sizes []Image // as the widths that were asked for and are smaller than the picture
}

// slots bound how many pictures are decoded at a time in this process: each takes one, a large one takes all.
var slots = make(chan struct{}, decodesAtOnce)

// turn is held while slots are taken, so that two large pictures do not wait for each other's half.
var turn = make(chan struct{}, 1)

// Make reads a file and paints its picture anew. It waits while others are at work, as long as ctx lasts.
func Make(ctx context.Context, file []byte, o Options) (Picture, error) {
	about, err := look(file)
	if err != nil {
		return Picture{}, err
	}
	n := 1
	if about.memory > maxMemory/decodesAtOnce {
		n = decodesAtOnce
	}
	if err := enter(ctx, n); err != nil {
		return Picture{}, err
	}
	defer leave(n)
	src, err := about.decode(file)
	if err != nil {
		return Picture{}, ErrDamaged.Because(err)
	}
	if b := src.Bounds(); b.Dx() != about.width || b.Dy() != about.height {
		return Picture{}, ErrDamaged
	}
	w, h := fit(about.width, about.height, o.MaxSide)
	main := about.turn.apply(scale(src, w, h))
	out := Picture{Media: JPEG}
	if !main.Opaque() {
		out.Media = PNG
	}
	if out.Image, err = encode(main, out.Media); err != nil {
		return Picture{}, err
	}
	for _, width := range o.Widths {
		if width >= main.Rect.Dx() {
			continue
		}
		height := max(1, (main.Rect.Dy()*width+main.Rect.Dx()/2)/main.Rect.Dx())
		small, err := encode(scale(main, width, height), out.Media)
		if err != nil {
			return Picture{}, err
		}
		out.Sizes = append(out.Sizes, small)
	}
	return out, nil
}

func enter(ctx context.Context, n int) error {
	busy := ErrBusy.Retry(2 * time.Second)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return busy.Because(ctx.Err())
	}
	defer func() { <-turn }()
	for i := range n {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			leave(i)
			return busy.Because(ctx.Err())
		}
	}
	return nil
}

func leave(n int) {
	for range n {
		<-slots
	}
}

// fit is the largest size of the same form with no side above the limit.
func fit(w, h, limit int) (int, int) {
	longest := max(w, h)
	if limit <= 0 || longest <= limit {
		return w, h
	}
	return max(1, (w*limit+longest/2)/longest), max(1, (h*limit+longest/2)/longest)
}

func encode(img *image.RGBA, media string) (Image, error) {
	var buf bytes.Buffer
	var err error
	if media == PNG {
		err = png.Encode(&buf, img)
	} else {
		err = jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality})
	}
	return Image{Width: img.Rect.Dx(), Height: img.Rect.Dy(), Data: buf.Bytes()}, err
}

// facts are what a file says of itself, read without decoding it.
type facts struct {
	decode        func([]byte) (image.Image, error)
	width, height int
	memory        int64
	turn          orientation
}

// look tells what a file is by its first bytes and reads how large it would be.
func look(file []byte) (facts, error) {
	var f facts
	var ok bool
	switch {
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")):
		f, ok = lookJPEG(file)
		f.decode = func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }
	case bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")):
		f, ok = lookPNG(file)
		f.decode = func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }
	case len(file) > 12 && string(file[:4]) == "RIFF" && string(file[8:12]) == "WEBP":
		f, ok = lookWebP(file)
		f.decode = func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }
	default:
		return f, ErrNotPicture
	}
	switch {
	case !ok || f.width < minSide || f.height < minSide:
		return f, ErrDamaged
	case f.width > maxPixels/f.height || f.memory > maxMemory:
		return f, ErrTooLarge
	}
	return f, nil
}
