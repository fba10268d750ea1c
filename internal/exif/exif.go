// Package exif reads the little of a picture's metadata that Heddle tells and uses.
package exif

import (
	"bytes"
	"encoding/binary"
	"strings"
	"time"
	"unicode"
)

// Data is what is read. Empty members were not there.
type Data struct {
	Maker, Model string // of the camera
	Taken        string // "2024-05-03 14:07:00", the camera's local time
	Orientation  int    // 1 to 8, EXIF 2.3 tag 0x0112: how the pixels must be turned; 0: not said
}

// Read finds the EXIF block of a JPEG, PNG or WebP file. Damaged metadata is the
// same as none.
func Read(data []byte) Data {
	var e Data
	block := exifBlock(data)
	if len(block) < 8 {
		return e
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(block[:2]) == "MM" {
		order = binary.BigEndian
	}
	t := tiff{block, order}
	t.directory(order.Uint32(block[4:]), &e, 0)
	return e
}

func exifBlock(data []byte) []byte {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xd8}):
		return jpegExif(data[2:])
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return chunk(data[8:], binary.BigEndian, "eXIf")
	case len(data) > 12 && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP":
		return bytes.TrimPrefix(chunk(data[12:], binary.LittleEndian, "EXIF"), []byte("Exif\x00\x00"))
	}
	return nil
}

func jpegExif(d []byte) []byte {
	for len(d) >= 4 && d[0] == 0xff && d[1] != 0xda {
		n := int(binary.BigEndian.Uint16(d[2:])) + 2
		if n < 4 || n > len(d) {
			return nil
		}
		if block, ok := bytes.CutPrefix(d[4:n], []byte("Exif\x00\x00")); ok && d[1] == 0xe1 {
			return block
		}
		d = d[n:]
	}
	return nil
}

// chunk finds a chunk of a PNG (length before name, checksum after) or RIFF file
// (name before length, padded to even).
func chunk(d []byte, order binary.ByteOrder, name string) []byte {
	png := order == binary.BigEndian
	for len(d) >= 8 {
		at, tail := 4, 0
		id := string(d[:4])
		if png {
			at, tail, id = 0, 4, string(d[4:8])
		}
		n := int(order.Uint32(d[at:]))
		if n < 0 || n > len(d)-8 {
			return nil
		}
		if id == name {
			return d[8 : 8+n]
		}
		if !png {
			tail = n & 1
		}
		if 8+n+tail > len(d) {
			return nil
		}
		d = d[8+n+tail:]
	}
	return nil
}

// tiff is a block of image file directories.
type tiff struct {
	data  []byte
	order binary.ByteOrder
}

// directory reads the entries at an offset, and the camera's directory below it.
func (t tiff) directory(offset uint32, e *Data, depth int) {
	if uint64(offset)+2 > uint64(len(t.data)) || depth > 1 {
		return
	}
	n := int(t.order.Uint16(t.data[offset:]))
	for i := range n {
		at := uint64(offset) + 2 + uint64(i)*12
		if at+12 > uint64(len(t.data)) {
			return
		}
		t.entry(t.data[at:at+12], e, depth)
	}
}

func (t tiff) entry(b []byte, e *Data, depth int) {
	switch t.order.Uint16(b) {
	case 0x010f:
		e.Maker = t.text(b)
	case 0x0110:
		e.Model = t.text(b)
	case 0x0112:
		e.Orientation = int(t.order.Uint16(b[8:]))
	case 0x9003:
		if at, err := time.Parse("2006:01:02 15:04:05", t.text(b)); err == nil {
			e.Taken = at.Format(time.DateTime)
		}
	case 0x8769:
		t.directory(t.order.Uint32(b[8:]), e, depth+1)
	}
}

// text reads a text entry; odd characters are dropped.
func (t tiff) text(b []byte) string {
	n := uint64(t.order.Uint32(b[4:]))
	if t.order.Uint16(b[2:]) != 2 || n == 0 || n > 256 {
		return ""
	}
	raw := b[8:]
	if n > 4 {
		at := uint64(t.order.Uint32(b[8:]))
		if at+n > uint64(len(t.data)) {
			return ""
		}
		raw = t.data[at:]
	}
	s, _, _ := strings.Cut(string(raw[:n]), "\x00")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, s))
}
