package views_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"heddle/internal/gallery"
	"heddle/views"
)

func drawn(t *testing.T, nodes, edges string) string {
	t.Helper()
	return write(t, views.Thumbnail(json.RawMessage(nodes), json.RawMessage(edges)))
}

func TestThumbnail_EveryTemplateIsDrawn(t *testing.T) {
	for _, e := range gallery.All() {
		svg := drawn(t, string(e.Nodes), string(e.Edges))
		if !strings.Contains(svg, `stroke="#8a94a8"`) || strings.Count(svg, `fill="#`) < 2 || len(svg) > 4096 {
			t.Errorf("%s: no connections, no steps, or %d bytes:\n%s", e.Slug, len(svg), svg)
		}
	}
}

func TestThumbnail_FramesAndNotesAreLeftOut(t *testing.T) {
	const a, b = `{"id":"a","type":"text","position":{"x":%d,"y":0}%s,"data":{}}`, `{"id":"b","type":"image","position":{"x":900,"y":0},"data":{}}`
	plain := drawn(t, "["+fmt.Sprintf(a, 300, "")+","+b+"]", "[]")
	framed := drawn(t, `[{"id":"f","type":"group","position":{"x":200,"y":0},"data":{}},{"id":"n","type":"note","position":{"x":0,"y":5000},"data":{}},`+fmt.Sprintf(a, 100, `,"parentId":"f"`)+","+b+"]", "[]")
	if plain != framed {
		t.Errorf("with a frame and a note the picture differs:\n%s\n%s", plain, framed)
	}
}

func TestThumbnail_StaysSmallAndSafe(t *testing.T) {
	var many []string
	for i := range 10_000 {
		many = append(many, fmt.Sprintf(`{"id":"n%d","type":"text","position":{"x":%d,"y":%d},"data":{}}`, i, i%100*340, i/100*280))
	}
	tests := map[string]struct{ nodes, edges string }{
		"10,000 steps":   {"[" + strings.Join(many, ",") + "]", "[]"},
		"hostile names":  {`[{"id":"\"><script>alert(1)</script>","type":"<b>","position":{"x":0,"y":0},"data":{"label":"</svg><script>"}}]`, "[]"},
		"huge places":    {`[{"id":"a","type":"text","position":{"x":1e300,"y":-1e300},"data":{}},{"id":"b","type":"text","position":{"x":0,"y":0},"data":{}}]`, "[]"},
		"one step":       {`[{"id":"a","type":"text","position":{"x":5,"y":5},"data":{}}]`, "[]"},
		"dangling edges": {`[{"id":"a","type":"text","position":{"x":5,"y":5},"data":{}}]`, `[{"id":"e","source":"a","target":"gone"}]`},
		"nothing":        {"[]", "[]"},
		"no graph":       {`{"a":1}`, `7`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			svg := drawn(t, tt.nodes, tt.edges)
			if len(svg) > 8192 || strings.Contains(svg, "script") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") || strings.Count(svg, "<path") == 0 {
				t.Errorf("%d bytes: %.600s", len(svg), svg)
			}
		})
	}
}
