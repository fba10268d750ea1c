package nodes_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// The four quarters of the test's picture.
var (
	red   = color.RGBA{220, 20, 20, 255}
	green = color.RGBA{20, 200, 20, 255}
	blue  = color.RGBA{20, 20, 220, 255}
	clear = color.RGBA{}
)

// quarters is a picture of 80 by 40: red and green above, blue and transparent below.
func quarters() *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, 80, 40))
	for y := range 40 {
		for x := range 80 {
			img.Set(x, y, [2][2]color.Color{{red, green}, {blue, clear}}[y/20][x/40])
		}
	}
	return img
}

func pngOf(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// turnedJPEG is a JPEG whose metadata has an orientation.
func turnedJPEG(t *testing.T, img image.Image, orientation uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	block := []byte("Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00")
	block = binary.LittleEndian.AppendUint16(block, orientation)
	block = append(block, 0, 0, 0, 0, 0, 0)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(block)+2))
	return append(append(head, block...), b.Bytes()[2:]...)
}

// edited runs the step on a picture and returns what it made, decoded.
func edited(t *testing.T, data []byte, settings string) (image.Image, string) {
	t.Helper()
	k, _ := registry(t, &scripted{}, nil).Kind("image-edit")
	files := memory{"file_1": data}
	in := flow.Values{"image": flow.File(flow.FileRef{File: "file_1", Name: "a.png", MediaType: "image/png"})}
	res, err := k.Run(t.Context(), json.RawMessage(settings), node.Call{Inputs: in, Files: files})
	if err != nil {
		t.Fatalf("%s: %v", settings, err)
	}
	ref, _ := res.Outputs["image"].FileRef()
	img, format, err := image.Decode(bytes.NewReader(files[ref.File]))
	if err != nil {
		t.Fatalf("%s: %v", settings, err)
	}
	w, _ := res.Outputs["width"].Float()
	h, _ := res.Outputs["height"].Float()
	if img.Bounds().Dx() != int(w) || img.Bounds().Dy() != int(h) {
		t.Errorf("%s: %v, told as %v × %v", settings, img.Bounds(), w, h)
	}
	return img, format
}

// near reports whether two colours are the same but for what a JPEG loses.
func near(a color.Color, b color.RGBA) bool {
	r, g, bl, al := a.RGBA()
	for _, d := range []int{int(r>>8) - int(b.R), int(g>>8) - int(b.G), int(bl>>8) - int(b.B), int(al>>8) - int(b.A)} {
		if d > 12 || d < -12 {
			return false
		}
	}
	return true
}

func TestImageEdit(t *testing.T) {
	white := color.RGBA{255, 255, 255, 255}
	black := color.RGBA{0, 0, 0, 255}
	for name, c := range map[string]struct {
		settings string
		w, h     int
		corners  [4]color.RGBA // top left, top right, bottom left, bottom right
		format   string
	}{
		"crop in percent":   {`{"x":50,"height":50}`, 40, 20, [4]color.RGBA{green, green, green, green}, "png"},
		"crop in pixels":    {`{"unit":"pixels","x":30,"y":10,"width":20,"height":20}`, 20, 20, [4]color.RGBA{red, green, blue, clear}, "png"},
		"contain":           {`{"maxWidth":20,"maxHeight":20}`, 20, 10, [4]color.RGBA{red, green, blue, clear}, "png"},
		"cover":             {`{"maxWidth":20,"maxHeight":20,"fit":"cover"}`, 20, 20, [4]color.RGBA{red, green, blue, clear}, "png"},
		"stretch":           {`{"maxWidth":10,"maxHeight":30,"fit":"stretch"}`, 10, 30, [4]color.RGBA{red, green, blue, clear}, "png"},
		"by its height":     {`{"maxHeight":10}`, 20, 10, [4]color.RGBA{red, green, blue, clear}, "png"},
		"stays small":       {`{"maxWidth":200,"rotate":180}`, 80, 40, [4]color.RGBA{clear, blue, green, red}, "png"},
		"enlarge":           {`{"maxWidth":200,"enlarge":true}`, 200, 100, [4]color.RGBA{red, green, blue, clear}, "png"},
		"turn right":        {`{"rotate":90}`, 40, 80, [4]color.RGBA{blue, red, clear, green}, "png"},
		"turn left":         {`{"rotate":270}`, 40, 80, [4]color.RGBA{green, clear, red, blue}, "png"},
		"mirror":            {`{"flip":"horizontal"}`, 80, 40, [4]color.RGBA{green, red, clear, blue}, "png"},
		"mirror, vertical":  {`{"flip":"vertical"}`, 80, 40, [4]color.RGBA{blue, clear, red, green}, "png"},
		"jpeg on white":     {`{"format":"jpeg"}`, 80, 40, [4]color.RGBA{red, green, blue, white}, "jpeg"},
		"jpeg on black":     {`{"format":"jpeg","background":"#000"}`, 80, 40, [4]color.RGBA{red, green, blue, black}, "jpeg"},
		"all of it":         {`{"width":50,"maxWidth":20,"rotate":90,"flip":"vertical","format":"jpeg"}`, 20, 20, [4]color.RGBA{blue, red, blue, red}, "jpeg"},
		"a hundredth of it": {`{"maxWidth":8}`, 8, 4, [4]color.RGBA{red, green, blue, clear}, "png"},
	} {
		img, format := edited(t, pngOf(t, quarters()), c.settings)
		b := img.Bounds()
		if b.Dx() != c.w || b.Dy() != c.h || format != c.format {
			t.Errorf("%s: %d × %d %s", name, b.Dx(), b.Dy(), format)
			continue
		}
		for i, at := range []image.Point{{0, 0}, {b.Dx() - 1, 0}, {0, b.Dy() - 1}, {b.Dx() - 1, b.Dy() - 1}} {
			if got := img.At(at.X, at.Y); !near(got, c.corners[i]) {
				t.Errorf("%s: corner %d is %v, want %v", name, i, got, c.corners[i])
			}
		}
	}
}

// A picture that its camera marked as turned is set upright before anything else.
func TestImageEdit_OrientationIsObeyed(t *testing.T) {
	white := color.RGBA{255, 255, 255, 255}
	flat := quarters()
	for y := 20; y < 40; y++ {
		for x := 40; x < 80; x++ {
			flat.Set(x, y, white)
		}
	}
	upright := map[uint16][4]color.RGBA{
		1: {red, green, blue, white}, 2: {green, red, white, blue}, 3: {white, blue, green, red}, 4: {blue, white, red, green},
		5: {red, blue, green, white}, 6: {blue, red, white, green}, 7: {white, green, blue, red}, 8: {green, white, red, blue},
	}
	for orientation, corners := range upright {
		data := turnedJPEG(t, flat, orientation)
		whole, _ := edited(t, data, `{"format":"png"}`)
		b := whole.Bounds()
		if wide := b.Dx() > b.Dy(); wide != (orientation < 5) {
			t.Errorf("%d: %v", orientation, b)
		}
		for i, at := range []image.Point{{2, 2}, {b.Dx() - 3, 2}, {2, b.Dy() - 3}, {b.Dx() - 3, b.Dy() - 3}} {
			if got := whole.At(at.X, at.Y); !near(got, corners[i]) {
				t.Errorf("%d: corner %d is %v, want %v", orientation, i, got, corners[i])
			}
		}
		quarter, _ := edited(t, data, `{"x":50,"y":50,"maxWidth":6,"format":"png"}`)
		if got := quarter.At(3, 2); !near(got, corners[3]) {
			t.Errorf("%d: the lower right quarter is %v, want %v", orientation, got, corners[3])
		}
	}
}

func TestImageEdit_HostileFiles(t *testing.T) {
	k, _ := registry(t, &scripted{}, nil).Kind("image-edit")
	whole := pngOf(t, quarters())
	bomb := bytes.Clone(whole)
	binary.BigEndian.PutUint32(bomb[16:], 60_000)
	binary.BigEndian.PutUint32(bomb[20:], 60_000)
	for name, data := range map[string][]byte{"cut": whole[:len(whole)/2], "bomb": bomb, "text": []byte("hello"), "empty": nil} {
		in := flow.Values{"image": flow.File(flow.FileRef{File: "file_1", MediaType: "image/png"})}
		_, err := k.Run(t.Context(), json.RawMessage(`{"rotate":90}`), node.Call{Inputs: in, Files: memory{"file_1": data}})
		if kind := flow.KindOf(err); err == nil || kind != flow.UnsupportedType && kind != flow.TooLarge {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func BenchmarkImageEdit(b *testing.B) {
	k, _ := registry(b, &scripted{}, nil).Kind("image-edit")
	img := image.NewYCbCr(image.Rect(0, 0, 6000, 4000), image.YCbCrSubsampleRatio420)
	var data bytes.Buffer
	if err := jpeg.Encode(&data, img, nil); err != nil {
		b.Fatal(err)
	}
	in := flow.Values{"image": flow.File(flow.FileRef{File: "file_1", MediaType: "image/jpeg"})}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Run(b.Context(), json.RawMessage(`{"maxWidth":1024}`), node.Call{Inputs: in, Files: memory{"file_1": data.Bytes()}}); err != nil {
			b.Fatal(err)
		}
	}
}
