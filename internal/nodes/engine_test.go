package nodes_test

import (
	"testing"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/gallery"
)

// Rule E4: what a new account is given must be accepted as it is.
func TestGalleryPassesTheEnginesCheck(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	for _, e := range gallery.All() {
		g, err := flow.ParseGraph(e.Nodes, e.Edges)
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.Check(reg, g, engine.CheckOptions{}); err != nil {
			t.Errorf("%s: %v", e.Slug, err)
		}
	}
}
