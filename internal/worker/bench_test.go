package worker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// BenchmarkRuns measures runs of five trivial nodes from acceptance to their end
// on SQLite, 64 at a time, history kept: one operation is one run.
func BenchmarkRuns(b *testing.B) {
	for name, g := range map[string]graph{"5": fiveNodes(b), "100": rowOf(100)} {
		b.Run(name, func(b *testing.B) { benchmarkRuns(b, g) })
	}
}

// rowOf is a graph of n steps in a row.
func rowOf(n int) graph {
	var nodes, edges []string
	for i := range n {
		nodes = append(nodes, fmt.Sprintf(`{"id":"n%d","type":"echo"}`, i))
		if i > 0 {
			edges = append(edges, fmt.Sprintf(`{"id":"e%d","source":"n%d","target":"n%d"}`, i, i-1, i))
		}
	}
	return graph{json.RawMessage("[" + strings.Join(nodes, ",") + "]"), json.RawMessage("[" + strings.Join(edges, ",") + "]")}
}

func benchmarkRuns(b *testing.B, g graph) {
	s := newSite(b)
	p := s.process(32)
	s.start(p)
	defer s.stop(p)
	before, began := cpuTime(), time.Now()
	slots := make(chan struct{}, 64)
	var last atomic.Value
	for b.Loop() {
		slots <- struct{}{}
		go func() {
			last.Store(s.acceptGraph(p, g))
			<-slots
		}()
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
	s.drained(p)
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "runs/s")
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(b.N)/1000, "cpu-ms/run")
}

// graph is a document in two parts.
type graph struct{ nodes, edges json.RawMessage }

func fiveNodes(tb testing.TB) graph {
	tb.Helper()
	return graph{
		nodes: json.RawMessage(`[{"id":"a","type":"echo"},{"id":"b","type":"echo"},{"id":"c","type":"echo"},{"id":"d","type":"echo"},{"id":"e","type":"echo"}]`),
		edges: json.RawMessage(`[{"id":"1","source":"a","target":"b"},{"id":"2","source":"b","target":"c"},{"id":"3","source":"c","target":"d"},{"id":"4","source":"d","target":"e"}]`),
	}
}

func (s *site) acceptGraph(p *process, g graph) flow.ID {
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(s.owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 5},
		Nodes: g.nodes, Edges: g.edges, Source: flow.SourceAPI, CreatedAt: time.Now(),
	}
	r, _, err := p.store.CreateRun(s.t.Context(), s.owner, store.NewRun{Run: r, Enqueue: func(ctx context.Context, tx *store.Tx) (store.Trigger, error) {
		return p.worker.Accept(ctx, tx, r)
	}})
	if err != nil {
		s.t.Error(err)
	}
	p.worker.Accepted(r, graphOf(r))
	return r.ID
}

// drained waits until every accepted run has ended.
func (s *site) drained(p *process) {
	s.t.Helper()
	for _, status := range []flow.RunStatus{flow.RunQueued, flow.RunRunning} {
		for {
			list, err := p.store.Runs(s.t.Context(), s.owner, flow.RunQuery{Status: status, Page: 1, Limit: 1})
			if err != nil {
				s.t.Fatal(err)
			}
			if list.Pagination.Total == 0 {
				break
			}
			time.Sleep(200 * time.Millisecond) // so that looking costs nothing beside the runs
		}
	}
}
