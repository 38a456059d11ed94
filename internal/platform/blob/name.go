package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/haat-market/haat/internal/platform/picture"
)

// media are the types that are kept, by the end of their names.
var media = map[string]string{
	".jpg": "image/jpeg", ".png": "image/png", ".pdf": "application/pdf", ".csv": "text/csv; charset=utf-8", ".bin": "application/octet-stream",
}

// Media are all types that Download answers with, for declarations.
var Media = []string{"image/jpeg", "image/png", "application/pdf", "text/csv", "application/octet-stream"}

// everyWidth are the widths that a smaller picture can have.
var everyWidth = picture.Product.Widths

var namePattern = regexp.MustCompile(`^(pub|prv)_([0-9a-f]{64})(?:-([1-9][0-9]{1,4}))?(\.[a-z]{3})$`)

// name is a blob's name taken apart.
type name struct {
	public bool
	hash   string
	width  int // 0 is the file itself
	ext    string
}

func parse(s string) (n name, ok bool) {
	m := namePattern.FindStringSubmatch(s)
	if m == nil || media[m[4]] == "" {
		return n, false
	}
	n = name{public: m[1] == "pub", hash: m[2], ext: m[4]}
	if m[3] != "" {
		n.width, _ = strconv.Atoi(m[3]) // the pattern is digits
	}
	return n, true
}

func nameOf(public bool, data []byte, ext string) name {
	sum := sha256.Sum256(data)
	return name{public: public, hash: hex.EncodeToString(sum[:]), ext: ext}
}

func (n name) prefix() string {
	if n.public {
		return "pub"
	}
	return "prv"
}

// String is the name as it is written down and asked for.
func (n name) String() string {
	if n.width == 0 {
		return n.prefix() + "_" + n.hash + n.ext
	}
	return n.prefix() + "_" + n.hash + "-" + strconv.Itoa(n.width) + n.ext
}

// sized is the name of a smaller picture; 0 is the file itself.
func (n name) sized(width int) name {
	n.width = width
	return n
}

// path is where its bytes lie, below the folder.
func (n name) path() string { return path.Join(n.prefix(), n.hash[:2], n.String()) }

func joinWidths(widths []int) string {
	parts := make([]string, len(widths))
	for i, w := range widths {
		parts[i] = strconv.Itoa(w)
	}
	return strings.Join(parts, ",")
}

func splitWidths(s string) (widths []int) {
	for part := range strings.SplitSeq(s, ",") {
		if w, err := strconv.Atoi(part); err == nil {
			widths = append(widths, w)
		}
	}
	return widths
}
