package nodes

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/image/draw"

	"heddle/internal/exif"
	"heddle/internal/flow"
	"heddle/internal/node"
)

type editParams struct {
	Unit       string   `json:"unit"`
	X          float64  `json:"x"`
	Y          float64  `json:"y"`
	Width      *float64 `json:"width"`
	Height     *float64 `json:"height"`
	MaxWidth   *float64 `json:"maxWidth"`
	MaxHeight  *float64 `json:"maxHeight"`
	Fit        string   `json:"fit"`
	Enlarge    bool     `json:"enlarge"`
	Rotate     float64  `json:"rotate"`
	Flip       string   `json:"flip"`
	Format     string   `json:"format"`
	Quality    float64  `json:"quality"`
	Background string   `json:"background"`
}

// Choices of a picture's edit.
const (
	unitPercent = "percent"
	fitContain  = "contain"
	fitCover    = "cover"
	fitStretch  = "stretch"
	flipNone    = "none"
	formatKeep  = "keep"
	formatPNG   = "png"
	formatJPEG  = "jpeg"
)

const (
	maxSide    = 16_384 // pixels of a side that a step makes
	atOnce     = 2      // pictures that are open at the same time: each can take 200 MB
	dflQuality = 85.0
)

func imageEditKind() node.Kind {
	e := editor{make(chan struct{}, atOnce)}
	k := node.Define(node.Spec{
		Type:    "image-edit",
		Version: 1,
		Title:   "Edit picture",
		Summary: "Crops, resizes, turns or converts a picture.",
		Docs: "The settings are applied in their order: crop, resize, turn, convert; what is not set is left as it is. A picture that a camera marked as turned is set upright first. " +
			"Every number is also an input, so that another step can compute it. Pictures have 50 megapixels at most; of an animation the first frame is used. PNG and JPEG are made.",
		Category: "Images",
		Icon:     "image-edit",
		Color:    string(flow.TypeImage),
		Purity:   node.Pure,
		Inputs:   editInputs(),
		Outputs: []node.Port{
			{Name: "image", Label: "Image", Type: flow.TypeImage, Help: "The picture as it is now."},
			{Name: "width", Label: "Width", Type: flow.TypeNumber, Help: "In pixels."},
			{Name: "height", Label: "Height", Type: flow.TypeNumber, Help: "In pixels."},
		},
		Fields:  editFields(),
		Preview: "image",
	}, e.run)
	return node.WithCheck(k, editParams.problems)
}

func editInputs() []node.Port {
	ports := []node.Port{{Name: "image", Label: "Image", Type: flow.TypeImage, Required: true, Help: "The picture to edit."}}
	for _, f := range editFields() {
		if f.Widget == node.WidgetNumber {
			ports = append(ports, node.Port{Name: f.Key, Label: f.Label, Type: flow.TypeNumber, Help: "Takes the place of the number written in the step."})
		}
	}
	return ports
}

func editFields() []node.Field {
	side := func(key, label, help string) node.Field {
		return node.Field{Key: key, Label: label, Widget: node.WidgetNumber, Min: new(0.0), Max: new(float64(maxSide)), Help: help}
	}
	choice := func(key, label, def, help string, options ...node.Option) node.Field {
		return node.Field{Key: key, Label: label, Widget: node.WidgetSelect, Default: def, Help: help, Options: options}
	}
	left, top := side("x", "Crop from the left", "What is cut off at the left."), side("y", "Crop from the top", "What is cut off at the top.")
	left.Default, top.Default = 0, 0
	return []node.Field{
		choice("unit", "Crop in", unitPercent, "Of what the four numbers of the crop are.", node.Option{Value: unitPercent, Label: "Percent of the picture"}, node.Option{Value: "pixels", Label: "Pixels"}),
		left, top,
		side("width", "Crop to a width of", "Empty: up to the right edge."),
		side("height", "Crop to a height of", "Empty: up to the lower edge."),
		side("maxWidth", "Resize to a width of", "In pixels. Empty: as the height asks for."),
		side("maxHeight", "Resize to a height of", "In pixels. Empty: as the width asks for."),
		choice("fit", "How it fits", fitContain, "When width and height are set.",
			node.Option{Value: fitContain, Label: "All of it, within both"}, node.Option{Value: fitCover, Label: "Fill both, cut off what is over"}, node.Option{Value: fitStretch, Label: "Stretch to both"}),
		{Key: "enlarge", Label: "Make small pictures larger", Widget: node.WidgetSwitch, Default: false, Help: "Off: a picture that is smaller stays as it is."},
		{Key: "rotate", Label: "Turn by", Widget: node.WidgetNumber, Default: 0, Min: new(0.0), Max: new(270.0), Step: new(90.0), Help: "Degrees to the right: 0, 90, 180 or 270."},
		choice("flip", "Mirror", flipNone, "After it was turned.",
			node.Option{Value: flipNone, Label: "No"}, node.Option{Value: "horizontal", Label: "Left and right"}, node.Option{Value: "vertical", Label: "Top and bottom"}),
		choice("format", "Format", formatKeep, "Kept means PNG for pictures that are not JPEG.",
			node.Option{Value: formatKeep, Label: "Kept"}, node.Option{Value: formatPNG, Label: "PNG"}, node.Option{Value: formatJPEG, Label: "JPEG"}),
		{Key: "quality", Label: "Quality of a JPEG", Widget: node.WidgetNumber, Default: dflQuality, Min: new(1.0), Max: new(100.0), Step: new(1.0), Help: "85 is hard to tell from the original."},
		{Key: "background", Label: "Background of a JPEG", Widget: node.WidgetText, Default: "#ffffff", Help: "What shows through where the picture is transparent.", Placeholder: "#ffffff"},
	}
}

func (p editParams) problems() []flow.Problem {
	var out []flow.Problem
	if p.Rotate != math.Trunc(p.Rotate) || math.Mod(p.Rotate, 90) != 0 || p.Rotate < 0 || p.Rotate > 270 {
		out = append(out, flow.Problem{Path: "rotate", Message: "A picture can be turned by 0, 90, 180 or 270 degrees."})
	}
	if _, err := hexColor(p.Background); err != nil {
		out = append(out, flow.Problem{Path: "background", Message: "A color is written as in #ffffff."})
	}
	if p.Quality < 1 || p.Quality > 100 {
		out = append(out, flow.Problem{Path: "quality", Message: "The quality lies between 1 and 100."})
	}
	for _, s := range []struct {
		key string
		v   *float64
	}{{"x", &p.X}, {"y", &p.Y}, {"width", p.Width}, {"height", p.Height}, {"maxWidth", p.MaxWidth}, {"maxHeight", p.MaxHeight}} {
		if s.v != nil && (*s.v < 0 || *s.v > maxSide) {
			out = append(out, flow.Problem{Path: s.key, Message: "This number lies between 0 and 16,384."})
		}
	}
	return out
}

// editor edits pictures, few at once.
type editor struct{ seats chan struct{} }

func (e editor) run(ctx context.Context, p editParams, c node.Call) (node.Result, error) {
	if list := p.problems(); len(list) > 0 {
		return node.Result{}, flow.Errorf(flow.Invalid, "%s", list[0].Message).WithHint("Change the setting, or what is connected to it.")
	}
	ref, ok := c.Inputs["image"].FileRef()
	if !ok {
		return node.Result{}, flow.Errorf(flow.Invalid, "No picture arrived.").WithHint("Connect the output of an Image step.")
	}
	select {
	case e.seats <- struct{}{}:
		defer func() { <-e.seats }()
	case <-ctx.Done():
		return node.Result{}, context.Cause(ctx)
	}
	data, err := c.Files.Open(ctx, ref)
	if err != nil {
		return node.Result{}, err
	}
	out, size, err := p.edit(ctx, data)
	if err != nil {
		return node.Result{}, err
	}
	defer sweep(len(data))
	if out != nil {
		if ref, err = c.Files.Save(ctx, editedName(ref.Name, out.ext), out.data); err != nil {
			return node.Result{}, err
		}
	}
	return node.Result{Outputs: flow.Values{
		"image": flow.File(ref), "width": flow.Number(float64(size.X)), "height": flow.Number(float64(size.Y)),
	}, Meta: flow.Meta{"size": strconv.Itoa(size.X) + " × " + strconv.Itoa(size.Y)}}, nil
}

// sweptFrom is how many bytes a picture has that leaves much behind: some tens of
// megabytes of pixels.
const sweptFrom = 1 << 20

// sweep collects what a large picture left, before the next takes its seat: else the
// collector waits until as much again is used. It takes some milliseconds, an edit of
// such a picture some hundreds; a run over 100 of them peaked at 450 MB without it.
func sweep(size int) {
	if size >= sweptFrom {
		runtime.GC()
	}
}

func editedName(name, ext string) string {
	base := strings.TrimSuffix(name, path.Ext(name))
	if base == "" {
		base = "picture"
	}
	return base + ext
}

// encoded is a picture that was made.
type encoded struct {
	data []byte
	ext  string
}

// edit applies the settings to a picture. It returns nil for one that stays as it is.
func (p editParams) edit(ctx context.Context, data []byte) (*encoded, image.Point, error) {
	head, err := inspect(data)
	if err != nil {
		return nil, image.Point{}, err
	}
	turn := exif.Read(data).Orientation
	format := strings.TrimPrefix(head.mediaType, "image/")
	target := p.Format
	if target == formatKeep && format == formatJPEG {
		target = formatJPEG
	} else if target == formatKeep {
		target = formatPNG
	}
	upright := image.Pt(head.width, head.height)
	if turn >= 5 && turn <= 8 {
		upright.X, upright.Y = upright.Y, upright.X
	}
	crop, err := p.crop(upright)
	if err != nil {
		return nil, image.Point{}, err
	}
	part, size := p.resize(crop)
	if size.X > maxSide || size.Y > maxSide || int64(size.X)*int64(size.Y) > flow.MaxPixels {
		return nil, image.Point{}, flow.Errorf(flow.TooLarge, "The picture would have %d × %d pixels; 50 megapixels are the most.", size.X, size.Y).WithHint("Ask for a smaller one.")
	}
	same := turn <= 1 && part == (image.Rectangle{Max: upright}) && size == upright && p.Rotate == 0 && p.Flip == flipNone
	if same && (p.Format == formatKeep || p.Format == format) {
		return nil, size, nil
	}
	src, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, image.Point{}, flow.Errorf(flow.UnsupportedType, "The picture is damaged and cannot be read.").WithHint("Use another file.").Because(err)
	}
	lying := size
	if turn >= 5 && turn <= 8 {
		lying.X, lying.Y = lying.Y, lying.X
	}
	canvas, err := scale(ctx, src, stored(part, turn, upright), lying)
	if err != nil {
		return nil, image.Point{}, err
	}
	canvas = turned(turned(turned(canvas, turn), orientation(p.Rotate)), mirror(p.Flip))
	out, err := p.encode(canvas, target)
	return out, canvas.Bounds().Size(), err
}

// crop returns the part of an upright picture that stays.
func (p editParams) crop(size image.Point) (image.Rectangle, error) {
	pixels := func(v float64, whole int) int {
		if p.Unit == unitPercent {
			v = v / 100 * float64(whole)
		}
		return int(math.Round(v))
	}
	r := image.Rectangle{Min: image.Pt(pixels(p.X, size.X), pixels(p.Y, size.Y)), Max: size}
	if p.Width != nil {
		r.Max.X = min(size.X, r.Min.X+pixels(*p.Width, size.X))
	}
	if p.Height != nil {
		r.Max.Y = min(size.Y, r.Min.Y+pixels(*p.Height, size.Y))
	}
	if r.Dx() < 1 || r.Dy() < 1 {
		return r, flow.Errorf(flow.Invalid, "Nothing of the picture is left: it has %d × %d pixels.", size.X, size.Y).WithHint("Crop less of it.")
	}
	return r, nil
}

// resize returns the size that the part gets, and which of it is used: covering cuts
// off what is over.
func (p editParams) resize(part image.Rectangle) (image.Rectangle, image.Point) {
	w, h := float64(part.Dx()), float64(part.Dy())
	want := func(v *float64) float64 {
		if v == nil {
			return 0
		}
		return *v
	}
	tw, th := want(p.MaxWidth), want(p.MaxHeight)
	switch {
	case tw == 0 && th == 0:
		return part, part.Size()
	case tw == 0:
		tw = w * th / h
	case th == 0:
		th = h * tw / w
	case p.Fit == fitContain:
		f := min(tw/w, th/h)
		tw, th = w*f, h*f
	case p.Fit == fitCover:
		f := min(w/tw, h/th)
		cw, ch := int(math.Round(tw*f)), int(math.Round(th*f))
		part.Min = part.Min.Add(image.Pt((part.Dx()-cw)/2, (part.Dy()-ch)/2))
		part.Max = part.Min.Add(image.Pt(max(cw, 1), max(ch, 1)))
		w, h = float64(cw), float64(ch)
	}
	if !p.Enlarge && (tw > w || th > h) {
		if p.Fit == fitStretch {
			tw, th = min(tw, w), min(th, h)
		} else {
			tw, th = w, h
		}
	}
	return part, image.Pt(max(int(math.Round(tw)), 1), max(int(math.Round(th)), 1))
}

func (p editParams) encode(img *image.RGBA, format string) (*encoded, error) {
	var b bytes.Buffer
	if format == formatPNG {
		err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
		return &encoded{b.Bytes(), ".png"}, err
	}
	if !img.Opaque() {
		ground, err := hexColor(p.Background)
		if err != nil {
			return nil, err
		}
		flat := image.NewRGBA(img.Rect)
		draw.Draw(flat, flat.Rect, image.NewUniform(ground), image.Point{}, draw.Src)
		draw.Draw(flat, flat.Rect, img, img.Rect.Min, draw.Over)
		img = flat
	}
	err := jpeg.Encode(&b, img, &jpeg.Options{Quality: int(p.Quality)})
	return &encoded{b.Bytes(), ".jpg"}, err
}

func hexColor(s string) (color.RGBA, error) {
	s = strings.TrimPrefix(strings.TrimSpace(s), "#")
	if len(s) == 3 {
		s = string(slices.Repeat([]byte(s[:1]), 2)) + string(slices.Repeat([]byte(s[1:2]), 2)) + string(slices.Repeat([]byte(s[2:]), 2))
	}
	n, err := strconv.ParseUint(s, 16, 32)
	if err != nil || len(s) != 6 {
		return color.RGBA{}, flow.Errorf(flow.Invalid, "The color %q cannot be read.", s).WithHint("Write it as in #ffffff.")
	}
	return color.RGBA{uint8(n >> 16), uint8(n >> 8), uint8(n), 255}, nil //nolint:gosec // each is one byte of it
}
