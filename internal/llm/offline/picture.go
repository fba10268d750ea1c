package offline

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"slices"
	"strings"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"

	"heddle/internal/exif"
)

// maxPixels is the largest picture that is decoded.
const maxPixels = 50_000_000

// picture is what the pixels and the metadata of an image say.
type picture struct {
	format        string
	bytes         int
	width, height int // as shown, so after turning by the EXIF orientation
	colours       []share
	exif          exif.Data
}

// share is a named colour and the part of the pixels that have it.
type share struct {
	name    string
	percent int
}

// facts reads an image. Its size is checked before it is decoded.
func facts(data []byte) (picture, error) {
	conf, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return picture{}, errors.New("it is no PNG, JPEG, GIF, WebP, BMP or TIFF image")
	}
	if conf.Width <= 0 || conf.Height <= 0 || conf.Width > maxPixels/conf.Height {
		return picture{}, fmt.Errorf("it has %d by %d pixels; the limit is 50 megapixels", conf.Width, conf.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return picture{}, errors.New("its data is damaged")
	}
	p := picture{
		format: format, bytes: len(data), width: conf.Width, height: conf.Height,
		colours: dominant(img), exif: exif.Read(data),
	}
	if p.exif.Orientation >= 5 && p.exif.Orientation <= 8 {
		p.width, p.height = p.height, p.width
	}
	return p, nil
}

// dominant names the colours of at most 40,000 pixels on an even grid, the most
// frequent first; colours below 5 % are left out.
func dominant(img image.Image) []share {
	b := img.Bounds()
	step := 1
	for b.Dx()/step*(b.Dy()/step) > 40_000 {
		step++
	}
	count, total := map[string]int{}, 0
	for y := b.Min.Y; y < b.Max.Y; y += step {
		for x := b.Min.X; x < b.Max.X; x += step {
			count[colourName(img.At(x, y))]++
			total++
		}
	}
	var all []share
	for name, n := range count {
		if percent := (n*200 + total) / (2 * total); percent >= 5 {
			all = append(all, share{name, percent})
		}
	}
	slices.SortFunc(all, func(a, b share) int {
		return cmp.Or(cmp.Compare(b.percent, a.percent), strings.Compare(a.name, b.name))
	})
	return all[:min(len(all), 4)]
}

func (p picture) formatName() string {
	return map[string]string{"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WebP", "bmp": "BMP", "tiff": "TIFF"}[p.format]
}

func (p picture) orientation() string {
	switch {
	case p.width > p.height:
		return "landscape"
	case p.width < p.height:
		return "portrait"
	}
	return "square"
}

func (p picture) megapixels() float64 {
	return float64(p.width*p.height/10_000) / 100
}

// camera joins maker and model, which often repeat each other.
func (p picture) camera() string {
	if strings.HasPrefix(strings.ToLower(p.exif.Model), strings.ToLower(p.exif.Maker)) {
		return p.exif.Model
	}
	return strings.TrimSpace(p.exif.Maker + " " + p.exif.Model)
}

// String says the facts in sentences.
func (p picture) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A %s image of %d by %d pixels, %s, %d bytes.", p.formatName(), p.width, p.height, p.orientation(), p.bytes)
	var named []string
	for _, c := range p.colours {
		named = append(named, fmt.Sprintf("%s (%d %%)", c.name, c.percent))
	}
	if len(named) > 0 {
		fmt.Fprintf(&b, " Main colours: %s.", strings.Join(named, ", "))
	}
	if c := p.camera(); c != "" {
		fmt.Fprintf(&b, " Camera: %s.", c)
	}
	if p.exif.Taken != "" {
		fmt.Fprintf(&b, " Taken: %s.", p.exif.Taken)
	}
	return b.String()
}

// known gives the facts the names a schema may ask for.
func (p picture) known() map[string]any {
	names := []string{}
	for _, c := range p.colours {
		names = append(names, c.name)
	}
	k := map[string]any{
		"format": p.formatName(), "filetype": p.formatName(), "type": p.formatName(),
		"width": float64(p.width), "height": float64(p.height), "orientation": p.orientation(),
		"bytes": float64(p.bytes), "filesize": float64(p.bytes), "size": fmt.Sprintf("%dx%d", p.width, p.height),
		"megapixels": p.megapixels(), "colors": names, "colours": names, "dominantcolors": names, "dominantcolours": names,
		"description": p.String(), "answer": p.String(), "caption": p.String(),
		"make": p.exif.Maker, "model": p.exif.Model, "camera": p.camera(), "taken": p.exif.Taken, "date": p.exif.Taken, "takenat": p.exif.Taken,
	}
	if len(names) > 0 {
		k["color"], k["colour"], k["dominantcolor"], k["dominantcolour"], k["maincolor"] = names[0], names[0], names[0], names[0], names[0]
	}
	return k
}
