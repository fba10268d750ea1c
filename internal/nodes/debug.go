package nodes

import (
	"context"
	"fmt"
	"strconv"
	"unicode/utf8"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type debugParams struct{}

func debugKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "debug",
		Version: 1,
		Title:   "Debug",
		Summary: "Shows whatever arrives and passes it on.",
		Docs: "Connect any output to see its value on the canvas and in the Output tab, with its type and size. " +
			"The value is passed on unchanged, so a Debug step can sit in the middle of a flow as well as at its end.",
		Category: "Output",
		Icon:     "debug",
		Color:    string(flow.TypeAny),
		Purity:   node.Pure,
		Inputs:   []node.Port{{Name: "in", Label: "Value", Type: flow.TypeAny, Required: true, Help: "Anything: a text, a picture, a list, a document."}},
		Outputs:  []node.Port{{Name: "out", Label: "Value", Type: flow.TypeAny, Help: "The same value, unchanged."}},
		Fields:   []node.Field{},
		Preview:  "out",
	}, runDebug)
}

func runDebug(_ context.Context, _ debugParams, c node.Call) (node.Result, error) {
	v := c.Inputs["in"]
	if v.IsZero() {
		return node.Result{}, flow.Errorf(flow.Invalid, "Nothing arrived to show.").
			WithHint("Connect an output to this step.")
	}
	return node.Result{
		Outputs: flow.Values{"out": v},
		Meta:    flow.Meta{"type": string(v.Type()), "size": size(v)},
	}, nil
}

// size says how large v is in the unit people think in for its type.
func size(v flow.Value) string {
	if f, ok := v.FileRef(); ok {
		if f.Width > 0 {
			return fmt.Sprintf("%d × %d, %d bytes", f.Width, f.Height, f.Size)
		}
		return count(int(f.Size), "byte")
	}
	if b, ok := v.BlobRef(); ok {
		return count(int(b.Size), "byte")
	}
	switch v.Type() {
	case flow.TypeText:
		return count(utf8.RuneCountInString(v.String()), "character")
	case flow.TypeList:
		return count(len(v.Items()), "item")
	case flow.TypeNumber, flow.TypeBoolean, flow.TypeImage, flow.TypeFile, flow.TypeJSON, flow.TypeAny:
	}
	return count(len(v.Raw()), "byte")
}

// count returns "1 byte" or "3 bytes".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
