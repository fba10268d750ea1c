package engine_test

import (
	"strconv"
	"testing"

	"heddle/internal/engine"
	"heddle/internal/node"
)

func chain(n int) *g {
	b := &g{}
	for i := range n {
		b.arg(strconv.Itoa(i), "say", "hello")
		if i > 0 {
			b.edge(strconv.Itoa(i-1), strconv.Itoa(i))
		}
	}
	return b
}

func fan(n int) *g {
	b := (&g{}).arg("root", "say", "hello")
	for i := range n {
		b.arg(strconv.Itoa(i), "say", "hello").edge("root", strconv.Itoa(i))
	}
	return b
}

// benchmark runs b's graph with trivial pure nodes and reports the cost of a node.
func benchmark(b *testing.B, graph *g) {
	w := newWorld(b, engine.Config{}, kind("say", node.Pure, say))
	r := graph.run()
	b.ReportAllocs()
	for b.Loop() {
		m := engine.NewMemory()
		w.engine.Journal, w.engine.Blobs = m, m
		if s, err := w.engine.Execute(b.Context(), m.Claim(r)); err != nil || s != "success" {
			b.Fatal(s, err)
		}
	}
	n := float64(b.N) * float64(len(graph.nodes))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/n, "ns/node")
}

func BenchmarkChain(b *testing.B)  { benchmark(b, chain(1000)) }
func BenchmarkFanOut(b *testing.B) { benchmark(b, fan(1000)) }
func Benchmark10k(b *testing.B)    { benchmark(b, fan(9_999)) }
