package nodes_test

import (
	"slices"
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/gallery"
	"heddle/internal/llm"
	"heddle/internal/llm/offline"
	"heddle/internal/node"
)

// The examples are the first thing a new user runs: every edge must fit, every
// required port must be fed.
func TestGalleryFitsTheKinds(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	for _, e := range gallery.All() {
		t.Run(e.Slug, func(t *testing.T) {
			g, err := flow.ParseGraph(e.Nodes, e.Edges)
			if err != nil {
				t.Fatal(err)
			}
			fed := map[string][]string{}
			for _, edge := range g.Edges {
				source, from := nodeOf(t, reg, g, edge.Source)
				target, to := nodeOf(t, reg, g, edge.Target)
				out, ok1 := source.Output(edge.SourceHandle)
				in, ok2 := target.InputFor(to.Data, edge.TargetHandle)
				if !ok1 || !ok2 || !in.Type.Accepts(out.Type) || (slices.Contains(fed[to.ID], in.Name) && !in.Multiple) {
					t.Errorf("edge %s does not fit: %s.%s to %s.%s", edge.ID, from.ID, out.Name, to.ID, in.Name)
				}
				fed[to.ID] = append(fed[to.ID], in.Name)
			}
			for _, n := range g.Nodes {
				kind, _ := nodeOf(t, reg, g, n.ID)
				for _, p := range kind.InputsFor(n.Data) {
					if p.Required && !slices.Contains(fed[n.ID], p.Name) {
						t.Errorf("node %s: nothing feeds %s", n.ID, p.Name)
					}
				}
			}
		})
	}
}

func nodeOf(t *testing.T, reg *node.Registry, g flow.Graph, id string) (node.Kind, flow.Node) {
	t.Helper()
	i := slices.IndexFunc(g.Nodes, func(n flow.Node) bool { return n.ID == id })
	if i < 0 {
		t.Fatalf("there is no node %s", id)
	}
	k, ok := reg.Kind(g.Nodes[i].Type)
	if !ok {
		t.Fatalf("there is no kind %s", g.Nodes[i].Type)
	}
	return k, g.Nodes[i]
}

// A fresh machine has no key and no network: every example must still end with
// something to read, and say that no AI model was used.
func TestGalleryRunsOffline(t *testing.T) {
	reg := registryOf(t, llm.Provider{ID: "offline", Name: "Offline", Configured: true, Model: offline.New(offline.Config{}), Default: "extractive", NoAI: true})
	for _, e := range gallery.All() {
		t.Run(e.Slug, func(t *testing.T) {
			g, err := flow.ParseGraph(e.Nodes, e.Edges)
			if err != nil {
				t.Fatal(err)
			}
			for id, res := range runAll(t, reg, g) {
				switch kind, n := nodeOf(t, reg, g, id); kind.Type {
				case "debug":
					if len(res.Outputs["out"].String()) < 40 {
						t.Errorf("%s shows only %q", n.Label(), res.Outputs["out"])
					}
					t.Logf("%s: %s", n.Label(), res.Outputs["out"])
				case "llm", "vision":
					if !strings.Contains(res.Meta["notice"], "no AI model") || res.Usage.CostUSD == nil || *res.Usage.CostUSD != 0 {
						t.Errorf("%s: meta %v, usage %+v", n.Label(), res.Meta, res.Usage)
					}
				}
			}
		})
	}
}

// runAll executes the nodes of g from left to right, which is the order of its edges.
func runAll(t *testing.T, reg *node.Registry, g flow.Graph) map[string]node.Result {
	t.Helper()
	results := map[string]node.Result{}
	files := memory{}
	nodes := slices.SortedFunc(slices.Values(g.Nodes), func(a, b flow.Node) int { return int(a.Position.X - b.Position.X) })
	for _, n := range nodes {
		kind, _ := nodeOf(t, reg, g, n.ID)
		in := flow.Values{}
		for _, e := range g.Edges {
			if e.Target != n.ID {
				continue
			}
			v := results[e.Source].Outputs[e.SourceHandle]
			if p, _ := kind.InputFor(n.Data, e.TargetHandle); p.Multiple {
				v = flow.List(append(in[e.TargetHandle].Items(), v)...)
			}
			in[e.TargetHandle] = v
		}
		res, err := kind.Run(t.Context(), n.Data, node.Call{Inputs: in, Files: files, Emit: func(string) {}, Log: func(flow.Level, string) {}})
		if err != nil {
			t.Fatalf("%s: %v", n.Label(), err)
		}
		results[n.ID] = res
	}
	return results
}
