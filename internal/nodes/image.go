package nodes

import (
	"context"
	"encoding/json"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type imageParams struct {
	File json.RawMessage `json:"file"`
	URL  string          `json:"url"`
}

func imageKind(d Deps) node.Kind {
	return node.Define(node.Spec{
		Type:    "image",
		Version: 1,
		Title:   "Image",
		Summary: "A picture: uploaded, or fetched from an address.",
		Docs: "Gives a picture to the steps after it. Upload a PNG, JPEG, GIF or WebP file of at most 25 MiB and 50 megapixels, " +
			"or give an address that begins with https:// or data:image/. When both are set the address is used.",
		Category: "Inputs",
		Icon:     "image",
		Color:    string(flow.TypeImage),
		Purity:   node.Model, // an address costs time to fetch, and the same picture is wanted again
		Inputs:   []node.Port{},
		Outputs:  []node.Port{{Name: "image", Label: "Image", Type: flow.TypeImage, Help: "The picture."}},
		Fields: []node.Field{
			{Key: "file", Label: "File", Widget: node.WidgetImage, Help: "PNG, JPEG, GIF or WebP, at most 25 MiB."},
			{
				Key: "url", Label: "Address", Widget: node.WidgetText,
				Help: "Instead of a file: https://… or data:image/…", Placeholder: "https://example.com/picture.jpg",
			},
		},
		Input:   "url",
		Preview: "image",
	}, func(ctx context.Context, p imageParams, c node.Call) (node.Result, error) {
		ref, err := d.loadImage(ctx, p, c)
		if err != nil {
			return node.Result{}, err
		}
		return node.Result{Outputs: flow.Values{"image": flow.File(ref)}}, nil
	})
}

func (d Deps) loadImage(ctx context.Context, p imageParams, c node.Call) (flow.FileRef, error) {
	ref, uploaded, err := uploadedFile(p.File)
	if err != nil {
		return flow.FileRef{}, err
	}
	address := strings.TrimSpace(p.URL)
	switch {
	case address != "":
		if uploaded {
			c.Log(flow.LevelWarn, "Both a file and an address are set; the address is used.")
		}
		return d.saveImage(ctx, address, c.Files)
	case uploaded:
		return openImage(ctx, ref, c.Files)
	}
	return flow.FileRef{}, flow.Errorf(flow.Invalid, "No picture is chosen.").WithHint("Upload a file, or give its address.")
}

// uploadedFile reads the field "file": a file reference, or the bare id of an upload.
func uploadedFile(raw json.RawMessage) (ref flow.FileRef, ok bool, err error) {
	v := flow.RawValue(raw)
	if ref, ok = v.FileRef(); ok {
		return ref, true, nil
	}
	if id := flow.ID(v.String()); id.Is(flow.FilePrefix) {
		return flow.FileRef{File: id, Name: string(id)}, true, nil
	}
	switch v.String() {
	case "", "null", "{}":
		return flow.FileRef{}, false, nil
	}
	return flow.FileRef{}, false, flow.Errorf(flow.Invalid, "The setting File does not name an uploaded file.").
		WithHint(`Choose the file again, or give its id, as in "file_…".`)
}

// openImage checks an uploaded file and returns its reference as its bytes say,
// not as the graph says.
func openImage(ctx context.Context, ref flow.FileRef, files node.Files) (flow.FileRef, error) {
	data, err := files.Open(ctx, ref)
	if err != nil {
		return flow.FileRef{}, err
	}
	pic, err := inspect(data)
	if err != nil {
		return flow.FileRef{}, err
	}
	return described(ref, pic, len(data)), nil
}

// saveImage fetches the address and keeps the picture as a file of the run's owner.
func (d Deps) saveImage(ctx context.Context, address string, files node.Files) (flow.FileRef, error) {
	name, data, err := d.fetch(ctx, address)
	if err != nil {
		return flow.FileRef{}, err
	}
	pic, err := inspect(data)
	if err != nil {
		return flow.FileRef{}, err
	}
	ref, err := files.Save(ctx, named(name, pic), data)
	if err != nil {
		return flow.FileRef{}, err
	}
	return described(ref, pic, len(data)), nil
}

func described(ref flow.FileRef, p picture, size int) flow.FileRef {
	ref.MediaType, ref.Width, ref.Height, ref.Size = p.mediaType, p.width, p.height, int64(size)
	return ref
}

// named returns name with the extension of its format if it has none.
func named(name string, p picture) string {
	if strings.Contains(name, ".") {
		return name
	}
	return name + "." + strings.TrimPrefix(p.mediaType, "image/")
}
