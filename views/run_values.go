package views

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"heddle/internal/flow"
	"heddle/views/ui"
)

// startsOpen opens what people come to see: the failure.
func (s step) startsOpen() bool {
	r := s.Last()
	return r != nil && r.Status == flow.NodeFailed
}

func portNames(v flow.Values) []string { return slices.Sorted(maps.Keys(v)) }

// metaOf returns what the kind told about its work, in order, without what is
// shown elsewhere.
func metaOf(m flow.Meta) [][2]string {
	var out [][2]string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k != "notice" && k != "step" && k != "workflowId" && k != "callTry" && m[k] != "" {
			out = append(out, [2]string{k, m[k]})
		}
	}
	return out
}

// readable returns a value as text: JSON with line breaks, everything else as it is.
func readable(v flow.Value) string {
	switch v.Type() {
	case flow.TypeJSON, flow.TypeList:
		if v.IsZero() {
			return ""
		}
		return pretty(v.Raw())
	case flow.TypeText, flow.TypeNumber, flow.TypeBoolean, flow.TypeImage, flow.TypeFile, flow.TypeAny:
	}
	return v.String()
}

// picturesOf returns the files of a list that holds nothing else.
func picturesOf(v flow.Value) []flow.FileRef {
	if v.Type() != flow.TypeList {
		return nil
	}
	var out []flow.FileRef
	for _, it := range v.Items() {
		f, ok := it.FileRef()
		if !ok {
			return nil
		}
		out = append(out, f)
	}
	return out
}

func sizeOf(f flow.FileRef) templ.OrderedAttributes {
	if f.Width <= 0 || f.Height <= 0 {
		return nil
	}
	return templ.OrderedAttributes{
		{Key: "width", Value: strconv.Itoa(f.Width)},
		{Key: "height", Value: strconv.Itoa(f.Height)},
	}
}

func fileFacts(f flow.FileRef) string {
	parts := []string{f.MediaType}
	if f.Width > 0 && f.Height > 0 {
		parts = append(parts, ui.Number(f.Width)+" × "+ui.Number(f.Height))
	}
	if f.Size > 0 {
		parts = append(parts, ui.Size(f.Size))
	}
	return strings.Join(parts, " · ")
}

// fragment escapes a node id for the part of a URL after "#".
func fragment(nodeID string) string { return url.QueryEscape(nodeID) }

// clipLabel cuts a label to what fits a card in the picture of the graph.
func clipLabel(s string) string {
	const fits = 18
	r := []rune(s)
	if len(r) <= fits {
		return s
	}
	return strings.TrimSpace(string(r[:fits-1])) + "…"
}
