package nodes_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"heddle/internal/engine"
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
				out, ok1 := source.OutputFor(from.Data, edge.SourceHandle)
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
			for id, res := range runAll(t, reg, e) {
				switch kind, n := nodeOf(t, reg, g, id); kind.Type {
				case "debug", "output":
					port := kind.Outputs[0].Name
					if len(res.Output[port].String()) < 40 {
						t.Errorf("%s shows only %q", n.Label(), res.Output[port])
					}
					t.Logf("%s: %s", n.Label(), res.Output[port])
				case "llm", "vision":
					if res.Status == flow.NodeSkipped {
						continue // another way was taken
					}
					if !strings.Contains(res.Meta["notice"], "no AI model") || res.CostUSD == nil || *res.CostUSD != 0 {
						t.Errorf("%s: meta %v, usage %+v", n.Label(), res.Meta, res.Usage)
					}
				}
			}
		})
	}
}

// runAll runs a graph as the engine does and returns the results by node.
func runAll(t *testing.T, reg *node.Registry, e gallery.Example) map[string]flow.NodeResult {
	t.Helper()
	m := engine.NewMemory()
	eng := engine.New(engine.Config{Registry: reg, Journal: m, Blobs: m, Files: m.Files, Logger: slog.New(slog.DiscardHandler)})
	run := flow.Run{ID: "run_1", UserID: "usr_1", Status: flow.RunQueued, Scope: flow.ScopeFull, Nodes: e.Nodes, Edges: e.Edges, CreatedAt: time.Now()}
	if status, err := eng.Execute(t.Context(), m.Claim(run)); err != nil || status != flow.RunSuccess {
		t.Errorf("the run ended %s: %v", status, err)
	}
	results := map[string]flow.NodeResult{}
	for _, r := range m.Results(run.ID) {
		if results[r.NodeID] = r; r.Error != "" {
			t.Errorf("%s: %s", r.NodeID, r.Error)
		}
	}
	return results
}
