package node

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/gif"  // a format whose size is read
	_ "image/jpeg" // a format whose size is read
	_ "image/png"  // a format whose size is read
	"strings"
	"time"

	"github.com/gabriel-vasile/mimetype"
	_ "golang.org/x/image/webp" // a format whose size is read

	"heddle/internal/flow"
)

// Describe returns the row of a new file: a fresh id, the sniffed type, the hash
// and, for png, jpeg, gif and webp, the size in pixels. It refuses an empty file,
// one over [flow.MaxUpload], and an image that claims more than [flow.MaxPixels]
// or cannot be read; pixels are never decoded.
func Describe(name string, data []byte) (flow.Upload, error) {
	if len(data) == 0 {
		return flow.Upload{}, flow.Errorf(flow.Invalid, "The file %q is empty.", name)
	}
	if len(data) > flow.MaxUpload {
		return flow.Upload{}, flow.Errorf(flow.TooLarge, "The file %q is larger than 25 MiB.", name)
	}
	sum := sha256.Sum256(data)
	media, _, _ := strings.Cut(mimetype.Detect(data).String(), ";")
	u := flow.Upload{
		ID: flow.NewID(flow.FilePrefix), Name: name, MediaType: media, Size: int64(len(data)),
		Hash: hex.EncodeToString(sum[:]), CreatedAt: time.Now().UTC(),
	}
	switch media {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		return u, measure(&u, data)
	}
	return u, nil
}

func measure(u *flow.Upload, data []byte) error {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return flow.Errorf(flow.Invalid, "The image %q cannot be read.", u.Name).Because(err)
	}
	if int64(c.Width)*int64(c.Height) > flow.MaxPixels {
		return flow.Errorf(flow.TooLarge, "The image %q has more than 50 megapixels.", u.Name).WithHint("Make it smaller and upload it again.")
	}
	u.Width, u.Height = c.Width, c.Height
	return nil
}
