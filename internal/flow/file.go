package flow

import "time"

// Limits of uploads, product.md section 9.
const (
	MaxUpload = 25 << 20   // bytes
	MaxPixels = 50_000_000 // of an image, checked before decoding
)

// Upload is a stored file: its row, without its bytes.
type Upload struct {
	ID        ID        `json:"id"`
	UserID    ID        `json:"-"`
	Name      string    `json:"name"`
	MediaType string    `json:"mediaType"` // sniffed, never believed
	Size      int64     `json:"size"`      // bytes
	Width     int       `json:"width,omitzero"`
	Height    int       `json:"height,omitzero"`
	Hash      string    `json:"hash"` // SHA-256 in hex; the bytes lie in the blob table
	CreatedAt time.Time `json:"createdAt"`
}

// Ref returns the value by which nodes speak of the file.
func (u Upload) Ref() FileRef {
	return FileRef{File: u.ID, Name: u.Name, MediaType: u.MediaType, Size: u.Size, Width: u.Width, Height: u.Height}
}
