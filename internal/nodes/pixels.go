package nodes

import (
	"context"
	"image"

	"golang.org/x/image/draw"
)

// orientation returns the EXIF orientation (1 to 8) that turning by the degrees is.
func orientation(degrees float64) int {
	return map[float64]int{90: 6, 180: 3, 270: 8}[degrees]
}

// mirror returns the EXIF orientation that a choice of mirroring is.
func mirror(flip string) int {
	return map[string]int{"horizontal": 2, "vertical": 4}[flip]
}

// turned returns the picture with an EXIF orientation applied; 0 and 1 change nothing.
func turned(src *image.RGBA, orientation int) *image.RGBA {
	if orientation < 2 || orientation > 8 {
		return src
	}
	size := src.Bounds().Size()
	out := image.NewRGBA(image.Rect(0, 0, size.X, size.Y))
	if orientation >= 5 {
		out = image.NewRGBA(image.Rect(0, 0, size.Y, size.X))
	}
	for y := range size.Y {
		for x := range size.X {
			to := spot(orientation, image.Pt(x, y), size)
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], src.Pix[src.PixOffset(src.Rect.Min.X+x, src.Rect.Min.Y+y):][:4])
		}
	}
	return out
}

// spot returns where a pixel of a picture of the given size goes, when the picture is
// set upright.
func spot(orientation int, p, size image.Point) image.Point {
	right, low := size.X-1-p.X, size.Y-1-p.Y
	switch orientation {
	case 2:
		return image.Pt(right, p.Y)
	case 3:
		return image.Pt(right, low)
	case 4:
		return image.Pt(p.X, low)
	case 5:
		return image.Pt(p.Y, p.X)
	case 6:
		return image.Pt(low, p.X)
	case 7:
		return image.Pt(low, right)
	case 8:
		return image.Pt(p.Y, right)
	}
	return p
}

// stored returns the part of a picture as it is stored that is the given part of the
// picture set upright.
func stored(part image.Rectangle, orientation int, upright image.Point) image.Rectangle {
	back := map[int]int{6: 8, 8: 6}[orientation] // the others undo themselves
	if back == 0 {
		back = orientation
	}
	a, b := spot(back, part.Min, upright), spot(back, part.Max.Sub(image.Pt(1, 1)), upright)
	return image.Rectangle{
		Min: image.Pt(min(a.X, b.X), min(a.Y, b.Y)),
		Max: image.Pt(max(a.X, b.X)+1, max(a.Y, b.Y)+1),
	}
}

// finePixels is how many values the finest scaling may hold between its two passes,
// of 32 bytes each.
const finePixels = 1 << 20

// scale returns a part of the picture in another size. A much smaller one is first
// averaged over whole pixels, so that nothing flickers and little memory is needed.
func scale(ctx context.Context, src image.Image, part image.Rectangle, size image.Point) (*image.RGBA, error) {
	part = part.Add(src.Bounds().Min)
	var err error
	if k := min(part.Dx()/size.X, part.Dy()/size.Y); k >= 2 {
		if src, err = shrink(ctx, src, part, k); err != nil {
			return nil, err
		}
		part = src.Bounds()
	}
	out := image.NewRGBA(image.Rectangle{Max: size})
	switch {
	case part.Size() == size:
		draw.Draw(out, out.Rect, src, part.Min, draw.Src)
	case size.X*part.Dy() <= finePixels:
		draw.CatmullRom.Scale(out, out.Rect, src, part, draw.Src, nil)
	default:
		draw.ApproxBiLinear.Scale(out, out.Rect, src, part, draw.Src, nil)
	}
	return out, context.Cause(ctx)
}

// shrink averages squares of k by k pixels.
func shrink(ctx context.Context, src image.Image, part image.Rectangle, k int) (*image.RGBA, error) {
	out := image.NewRGBA(image.Rect(0, 0, (part.Dx()+k-1)/k, (part.Dy()+k-1)/k))
	strip := image.NewRGBA(image.Rect(0, 0, part.Dx(), k))
	for y := range out.Rect.Dy() {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		rows := min(k, part.Dy()-y*k)
		draw.Draw(strip, image.Rect(0, 0, part.Dx(), rows), src, part.Min.Add(image.Pt(0, y*k)), draw.Src)
		for x := range out.Rect.Dx() {
			average(out.Pix[out.PixOffset(x, y):][:4], strip, image.Rect(x*k, 0, min((x+1)*k, part.Dx()), rows))
		}
	}
	return out, nil
}

// average writes the mean of a square of the strip.
func average(to []byte, strip *image.RGBA, square image.Rectangle) {
	var sum [4]uint32
	for y := square.Min.Y; y < square.Max.Y; y++ {
		row := strip.Pix[strip.PixOffset(square.Min.X, y) : strip.PixOffset(square.Max.X-1, y)+4]
		for i, v := range row {
			sum[i&3] += uint32(v)
		}
	}
	n := uint32(square.Dx() * square.Dy()) //nolint:gosec // at most 50 million
	for i := range to {
		to[i] = byte((sum[i] + n/2) / n) //nolint:gosec // a mean of bytes is one
	}
}
