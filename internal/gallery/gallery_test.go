package gallery_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/gallery"
)

func TestOrder(t *testing.T) {
	var slugs []string
	for _, e := range gallery.All() {
		slugs = append(slugs, e.Slug)
	}
	want := []string{"summarise", "describe-picture", "product-marketing", "translate-and-compare", "extract-fields", "compare-models", "critique-and-rewrite", "meeting-notes", "answer-from-document", "check-order", "answer-message"}
	if diff := cmp.Diff(want, slugs); diff != "" {
		t.Errorf("slugs (-want +got):\n%s", diff)
	}
	if gallery.First > len(slugs) {
		t.Errorf("a new account gets %d examples of %d", gallery.First, len(slugs))
	}
}

func TestExamplesAreSoundWorkflows(t *testing.T) {
	names := map[string]bool{}
	for _, e := range gallery.All() {
		t.Run(e.Slug, func(t *testing.T) {
			w := flow.Workflow{Name: e.Name, Description: e.Description, Tags: e.Tags, Nodes: e.Nodes, Edges: e.Edges}
			if err := w.Check(); err != nil {
				t.Error(err)
			}
			if names[e.Name] || e.Description == "" || !slices.Contains(e.Tags, "example") {
				t.Errorf("name taken, no description, or no tag \"example\": %+v", e)
			}
			names[e.Name] = true
			g, err := flow.ParseGraph(e.Nodes, e.Edges)
			if err != nil {
				t.Fatal(err)
			}
			checkNodes(t, g)
			checkEdges(t, g)
		})
	}
}

func checkNodes(t *testing.T, g flow.Graph) {
	t.Helper()
	for i, n := range g.Nodes {
		if n.Label() == n.Type || n.Label() == n.ID {
			t.Errorf("node %s has no label", n.ID)
		}
		var data map[string]json.RawMessage
		if err := json.Unmarshal(n.Data, &data); err != nil {
			t.Errorf("node %s: %v", n.ID, err)
		}
		if data["provider"] != nil || data["model"] != nil {
			t.Errorf("node %s names a provider: a fresh machine has none", n.ID)
		}
		for _, m := range g.Nodes[:i] {
			if m.ID == n.ID {
				t.Errorf("two nodes are called %s", n.ID)
			}
			// A card is 256 wide and up to 260 high.
			if math.Abs(m.Position.X-n.Position.X) < 280 && math.Abs(m.Position.Y-n.Position.Y) < 280 {
				t.Errorf("the cards of %s and %s overlap", m.ID, n.ID)
			}
		}
	}
}

func checkEdges(t *testing.T, g flow.Graph) {
	t.Helper()
	ids := map[string]bool{}
	at := map[string]flow.Position{}
	for _, n := range g.Nodes {
		at[n.ID] = n.Position
	}
	for _, e := range g.Edges {
		source, ok1 := at[e.Source]
		target, ok2 := at[e.Target]
		if ids[e.ID] || e.ID == "" || !ok1 || !ok2 || source.X >= target.X {
			t.Errorf("edge %q: repeated id, a missing end, or it does not run from left to right", e.ID)
		}
		ids[e.ID] = true
	}
}
