package nodes

import (
	"bytes"
	"context"
	"image"
	_ "image/gif"  // a format a picture may have
	_ "image/jpeg" // a format a picture may have
	_ "image/png"  // a format a picture may have

	_ "golang.org/x/image/webp" // a format a picture may have

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// Limits of the pictures shown to a model in one question.
const (
	maxPictures     = 16
	maxPictureBytes = 50 << 20 // of all of them together
)

// picture is what the header of an image file says.
type picture struct {
	mediaType     string
	width, height int
}

// inspect reads the header of an image. It is the only judge of what bytes are:
// names and declared types are never believed.
func inspect(data []byte) (picture, error) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return picture{}, flow.Errorf(flow.UnsupportedType, "This is not a picture that can be read.").
			WithHint("Use a PNG, JPEG, GIF or WebP file.").Because(err)
	}
	if int64(cfg.Width)*int64(cfg.Height) > flow.MaxPixels {
		return picture{}, flow.Errorf(flow.TooLarge, "The picture has %d × %d pixels; at most 50 megapixels can be used.", cfg.Width, cfg.Height).
			WithHint("Make it smaller and try again.")
	}
	return picture{"image/" + format, cfg.Width, cfg.Height}, nil
}

// pictures loads what arrived on the port "images", in edge order.
func pictures(ctx context.Context, c node.Call) ([]llm.Image, error) {
	refs, err := pictureRefs(c.Inputs["images"])
	if err != nil {
		return nil, err
	}
	out := make([]llm.Image, 0, len(refs))
	total := 0
	for _, ref := range refs {
		data, err := c.Files.Open(ctx, ref)
		if err != nil {
			return nil, err
		}
		p, err := inspect(data)
		if err != nil {
			return nil, err
		}
		if total += len(data); total > maxPictureBytes {
			return nil, flow.Errorf(flow.TooLarge, "The pictures are larger than 50 MiB together.").
				WithHint("Connect fewer or smaller pictures.")
		}
		out = append(out, llm.Image{MediaType: p.mediaType, Data: data})
	}
	return out, nil
}

func pictureRefs(v flow.Value) ([]flow.FileRef, error) {
	var refs []flow.FileRef
	for _, item := range v.Items() {
		for _, one := range item.Items() { // an edge may bring a whole list
			ref, ok := one.FileRef()
			if !ok {
				return nil, flow.Errorf(flow.Invalid, "A picture was expected, but a %s arrived.", one.Type()).
					WithHint("Connect the output of an Image step.")
			}
			refs = append(refs, ref)
		}
	}
	if len(refs) > maxPictures {
		return nil, flow.Errorf(flow.Invalid, "At most %d pictures can be shown at once; %d arrived.", maxPictures, len(refs)).
			WithHint("Remove some connections, or split the work over several steps.")
	}
	return refs, nil
}
