package offline_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"heddle/internal/llm"
)

// flag is an image with a blue left three quarters and a white rest.
func flag(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.NRGBA{20, 40, 200, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(w*3/4, 0, w, h), image.White, image.Point{}, draw.Src)
	return img
}

func bluePNG(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, flag(80, 40)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// photo is a JPEG with an EXIF block of a camera held upright.
func photo(t *testing.T, order binary.ByteOrder) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, flag(80, 40), nil); err != nil {
		t.Fatal(err)
	}
	mark := map[bool]string{true: "MM\x00*", false: "II*\x00"}[order == binary.BigEndian]
	x := append([]byte(mark), 0, 0, 0, 0)
	order.PutUint32(x[4:], 8)
	entry := func(tag, kind uint16, n, v uint32) {
		e := make([]byte, 12)
		order.PutUint16(e, tag)
		order.PutUint16(e[2:], kind)
		order.PutUint32(e[4:], n)
		if kind == 3 {
			order.PutUint16(e[8:], uint16(v))
		} else {
			order.PutUint32(e[8:], v)
		}
		x = append(x, e...)
	}
	count := func(n uint16) {
		x = append(x, 0, 0)
		order.PutUint16(x[len(x)-2:], n)
	}
	const texts = 8 + 2 + 4*12 + 4 + 2 + 12 + 4
	count(4)
	entry(0x010f, 2, 6, texts)
	entry(0x0110, 2, 10, texts+6)
	entry(0x0112, 3, 1, 6)
	entry(0x8769, 4, 1, 8+2+4*12+4)
	x = append(x, 0, 0, 0, 0)
	count(1)
	entry(0x9003, 2, 20, texts+16)
	x = append(x, 0, 0, 0, 0)
	x = append(x, "Canon\x00Canon R5\x00\x002024:05:03 14:07:00\x00"...)
	block := append([]byte("Exif\x00\x00"), x...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(block)+2))
	out := append([]byte{0xff, 0xd8}, append(head, block...)...)
	return append(out, b.Bytes()[2:]...)
}

func TestPictureFacts(t *testing.T) {
	var g bytes.Buffer
	if err := gif.Encode(&g, flag(40, 40), nil); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"png":              {bluePNG(t), []string{"A PNG image of 80 by 40 pixels, landscape", "blue (75 %), white (25 %)"}},
		"gif":              {g.Bytes(), []string{"A GIF image of 40 by 40 pixels, square"}},
		"jpeg with EXIF":   {photo(t, binary.BigEndian), []string{"A JPEG image of 40 by 80 pixels, portrait", "blue", "white", "Camera: Canon R5.", "Taken: 2024-05-03 14:07:00."}},
		"other byte order": {photo(t, binary.LittleEndian), []string{"portrait", "Camera: Canon R5.", "Taken: 2024-05-03 14:07:00."}},
	} {
		a, err := ask(t, llm.Request{Prompt: "What is it?", Images: []llm.Image{{Data: c.data}}})
		for _, w := range c.want {
			if err != nil || !strings.Contains(a.Text, w) {
				t.Errorf("%s: %q, %v, want %q", name, a.Text, err, w)
			}
		}
	}
	a, err := ask(t, llm.Request{Images: []llm.Image{{Data: g.Bytes()}, {Data: bluePNG(t)}}})
	if err != nil || !strings.Contains(a.Text, "Image 1: A GIF") || !strings.Contains(a.Text, "Image 2: A PNG") {
		t.Errorf("two images: %q, %v", a.Text, err)
	}
}

func TestColourNames(t *testing.T) {
	for want, c := range map[string]color.NRGBA{
		"red": {200, 20, 20, 255}, "green": {30, 160, 60, 255}, "yellow": {240, 220, 40, 255}, "orange": {250, 140, 20, 255},
		"black": {5, 5, 5, 255}, "white": {255, 255, 255, 255}, "grey": {128, 128, 128, 255}, "brown": {110, 70, 30, 255},
		"purple": {120, 40, 200, 255}, "pink": {255, 150, 200, 255}, "turquoise": {40, 200, 200, 255}, "transparent": {255, 0, 0, 0},
	} {
		img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		draw.Draw(img, img.Bounds(), image.NewUniform(c), image.Point{}, draw.Src)
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		if a, err := ask(t, llm.Request{Images: []llm.Image{{Data: b.Bytes()}}}); err != nil || !strings.Contains(a.Text, want+" (100 %)") {
			t.Errorf("%q, %v, want %s", a.Text, err, want)
		}
	}
}

func TestPictureFactsBySchema(t *testing.T) {
	const schema = `{"type":"object","required":["width","dominantColors","camera"],"properties":{"width":{"type":"integer"},
		"dominantColors":{"type":"array","items":{"type":"string"}},"camera":{"type":"string"},"orientation":{"enum":["landscape","portrait"]}}}`
	a, err := ask(t, llm.Request{Images: []llm.Image{{Data: photo(t, binary.BigEndian)}}, Schema: []byte(schema)})
	want := `{"camera":"Canon R5","dominantColors":["blue","white"],"orientation":"portrait","width":40}`
	if err != nil || a.Text != want {
		t.Errorf("%s, %v, want %s", a.Text, err, want)
	}
}

func TestImagesThatCannotBeRead(t *testing.T) {
	huge := append([]byte(nil), bluePNG(t)...)
	binary.BigEndian.PutUint32(huge[16:], 60_000)
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"text": {[]byte("hello"), "no PNG"}, "bomb": {huge, "50 megapixels"}, "cut": {bluePNG(t)[:60], "damaged"}, "nothing": {nil, "no PNG"},
	} {
		_, err := ask(t, llm.Request{Images: []llm.Image{{Data: c.data}}})
		e, ok := errors.AsType[*llm.Error](err)
		if !ok || e.Kind != llm.ErrRequest || !strings.Contains(e.Message, c.want) {
			t.Errorf("%s: %v, want a request error with %q", name, err, c.want)
		}
	}
}

// Damaged metadata must not stop the facts, whatever bytes it holds.
func FuzzMetadata(f *testing.F) {
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\xff\xff"))
	f.Add([]byte("II*\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, block []byte) {
		if len(block) > 60_000 {
			return
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, flag(8, 4), nil); err != nil {
			t.Fatal(err)
		}
		block = append([]byte("Exif\x00\x00"), block...)
		head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(block)+2))
		data := append(append(head, block...), b.Bytes()[2:]...)
		if a, err := ask(t, llm.Request{Images: []llm.Image{{Data: data}}}); err != nil || !strings.Contains(a.Text, "A JPEG image") {
			t.Errorf("%q, %v", a.Text, err)
		}
	})
}
