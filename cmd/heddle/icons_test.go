package main

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"heddle/internal/llm"
	"heddle/internal/nodes"
	"heddle/views/ui"
)

// Pages and the canvas draw the icons of the kinds from tables of their own.
func TestEveryKindHasItsIconOnPagesAndCanvas(t *testing.T) {
	canvas, err := os.ReadFile("../../static/src/canvas/icons.ts")
	if err != nil {
		t.Fatal(err)
	}
	draw := func(name string) string {
		var b strings.Builder
		if err := ui.Icon(name).Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	seen := map[string]string{}
	for _, k := range nodes.All(nodes.Deps{Models: llm.NewModels(), HTTP: &http.Client{}}) {
		icon := draw(k.Icon)
		if icon == draw("node") || !regexp.MustCompile(`\n  '?`+k.Icon+`'?: '`).Match(canvas) {
			t.Errorf("the icon %s of the kind %s is not drawn everywhere", k.Icon, k.Type)
		}
		if other := seen[icon]; other != "" {
			t.Errorf("the kinds %s and %s look the same", other, k.Type)
		}
		seen[icon] = k.Type
	}
}
