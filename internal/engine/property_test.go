package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// bubble lets rapid run inside synctest, where the deadline of a test is not known.
type bubble struct{ testing.TB }

// spy is a set of kinds that record when their nodes start and end.
type spy struct {
	mu      sync.Mutex
	started map[string]int
	sources map[string][]string
}

func (s *spy) run(ctx context.Context, c node.Call, arg string) (node.Result, error) {
	s.mu.Lock()
	s.started[c.NodeID]++
	s.mu.Unlock()
	switch arg[0] {
	case 'f':
		return node.Result{}, flow.Errorf(flow.Invalid, "no")
	case 'p':
		panic("ouch")
	case 's':
		c.Emit("text")
		c.Log(flow.LevelInfo, "line")
	case 'n':
		return node.Result{}, nil
	}
	d := time.Duration(len(arg)) * 30 * time.Millisecond
	select {
	case <-time.After(d):
	case <-ctx.Done():
		return node.Result{}, ctx.Err()
	}
	return out(flow.Text(c.NodeID)), nil
}

// drawGraph draws an acyclic graph of the spy's kinds.
func drawGraph(rt *rapid.T) (*g, *spy) {
	s := &spy{started: map[string]int{}, sources: map[string][]string{}}
	b := &g{}
	n := rapid.IntRange(1, 12).Draw(rt, "nodes")
	for i := range n {
		id := strconv.Itoa(i)
		typ := rapid.SampledFrom([]string{"pure", "model", "effect", "need"}).Draw(rt, "type")
		data := map[string]any{"arg": rapid.SampledFrom([]string{"o", "ok", "oooo", "fail", "panic", "stream", "none"}).Draw(rt, "arg")}
		if rapid.IntRange(0, 5).Draw(rt, "onError") == 0 {
			data["onError"] = "port"
		}
		feeds := 0
		for j := range i {
			if rapid.IntRange(0, 3).Draw(rt, "edge") == 0 {
				b.wire(strconv.Itoa(j), "out", id, "in")
				s.sources[id] = append(s.sources[id], strconv.Itoa(j))
				feeds++
			}
		}
		if feeds == 0 && typ == "need" {
			typ = "pure"
		}
		b.node(id, typ, data)
	}
	return b, s
}

func (s *spy) kinds() []node.Kind {
	need := node.Define(node.Spec{
		Type: "need", Purity: node.Effect,
		Inputs:  []node.Port{{Name: "in", Type: flow.TypeAny, Multiple: true, Required: true}},
		Outputs: []node.Port{{Name: "out", Type: flow.TypeAny}},
		Fields:  []node.Field{{Key: "arg", Label: "Arg"}},
	}, func(ctx context.Context, p argParams, c node.Call) (node.Result, error) { return s.run(ctx, c, p.Arg) })
	return []node.Kind{kind("pure", node.Pure, s.run), kind("model", node.Model, s.run), kind("effect", node.Effect, s.run), need}
}

// checkJournal holds a finished run against the rules that every run keeps.
func checkJournal(rt *rapid.T, m *engine.Memory, b *g, s *spy, status flow.RunStatus) {
	final := map[string]int{}
	ended := false
	for i, e := range m.Events("run_1") {
		if e.Seq != int64(i+1) {
			rt.Fatalf("event %d has number %d (E14)", i+1, e.Seq)
		}
		if ended {
			rt.Fatalf("event %s after the run's end", e.Type)
		}
		var p flow.NodeStatusEvent
		if err := json.Unmarshal(e.Payload, &p); err != nil {
			rt.Fatal(err)
		}
		if p.StartedAt != nil && e.Type == flow.EventNodeStatus {
			for _, src := range s.sources[p.NodeID] {
				if final[src] == 0 {
					rt.Fatalf("node %s started before %s was settled (E1)", p.NodeID, src)
				}
			}
		}
		switch {
		case e.Type == flow.EventRunStatus && flow.RunStatus(p.Status).Final():
			ended = true
		case e.Type == flow.EventNodeStatus && p.Status.Final():
			final[p.NodeID]++
		case (e.Type == flow.EventNodeStatus || e.Type == flow.EventNodeDelta) && final[p.NodeID] > 0:
			rt.Fatalf("node %s goes on after its end", p.NodeID)
		}
	}
	for _, n := range b.nodes {
		if id := n["id"].(string); final[id] != 1 {
			rt.Fatalf("node %s ended %d times", id, final[id])
		}
	}
	row := m.Row("run_1")
	if !ended || row.Status != status || !status.Final() {
		rt.Fatalf("run %s, row %s, ended %v", status, row.Status, ended)
	}
	c := row.Counts
	if sum := c.SuccessNodes + c.FailedNodes + c.SkippedNodes; status != flow.RunCanceled && sum != c.TotalNodes || c.TotalNodes != len(b.nodes) {
		rt.Fatalf("counts %+v of %d nodes", c, len(b.nodes))
	}
}

func TestE1_E14_EveryGraphEndsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(rt *rapid.T) {
			b, s := drawGraph(rt)
			conf := engine.Config{PerRun: rapid.IntRange(1, 5).Draw(rt, "parallel")}
			m := engine.NewMemory()
			conf.Journal = &tape{next: m, left: -1, delay: time.Duration(rapid.IntRange(0, 40).Draw(rt, "journal")) * time.Millisecond}
			w := newWorld(bubble{t}, conf, s.kinds()...)
			w.memory, w.engine.Blobs = m, m
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			if after := rapid.IntRange(0, 400).Draw(rt, "cancel"); after > 200 {
				defer time.AfterFunc(time.Duration(after-200)*time.Millisecond, func() { stop(engine.ErrCancel) }).Stop()
			}
			status, err := w.engine.Execute(ctx, m.Claim(b.run()))
			if err != nil {
				rt.Fatal(err)
			}
			checkJournal(rt, m, b, s, status)
		})
	})
}

// TestE12_CrashAnywhereLosesNothing cuts the journal after any step, in several
// ways, and lets the next worker go on, until one gets through.
func TestE12_CrashAnywhereLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(rt *rapid.T) {
			b, s := drawGraph(rt)
			m := engine.NewMemory()
			w := newWorld(bubble{t}, engine.Config{PerRun: 3, RunTimeout: time.Hour}, s.kinds()...)
			w.memory, w.engine.Blobs = m, m
			done := map[string]bool{}
			var status flow.RunStatus
			for try := 0; ; try++ {
				if try == 50 {
					rt.Fatal("it never ends")
				}
				before := copyCounts(s.started)
				j := &tape{next: m, left: -1, death: rapid.SampledFrom([]error{flow.ErrFenced, errors.New("gone")}).Draw(rt, "death")}
				if try < 4 {
					j.left = rapid.IntRange(0, 12).Draw(rt, "steps")
				}
				w.engine.Journal = j
				ctx, stop := context.WithCancelCause(t.Context())
				if try < 4 && rapid.Bool().Draw(rt, "release") {
					time.AfterFunc(time.Duration(rapid.IntRange(0, 300).Draw(rt, "after"))*time.Millisecond, func() { stop(engine.ErrRelease) })
				}
				var err error
				status, err = w.engine.Execute(ctx, m.Claim(b.run()))
				stop(nil)
				for id := range done {
					if s.started[id] > before[id] {
						rt.Fatalf("node %s was done and ran again", id)
					}
				}
				attempts := map[string]int{}
				for _, r := range m.Results("run_1") {
					if r.Status == flow.NodeSuccess || r.Status == flow.NodeFailed {
						done[r.NodeID] = true
					}
					attempts[r.NodeID] = max(attempts[r.NodeID], r.Attempt)
				}
				for _, n := range b.nodes {
					id := n["id"].(string)
					if n["type"] != "pure" && s.started[id] > attempts[id] {
						rt.Fatalf("node %s started %d times, %d are recorded", id, s.started[id], attempts[id])
					}
				}
				if err == nil {
					break
				}
			}
			checkJournal(rt, m, b, s, status)
			for _, r := range m.Results("run_1") {
				if !r.Status.Final() {
					rt.Fatalf("attempt %d of %s stays %s", r.Attempt, r.NodeID, r.Status)
				}
			}
		})
	})
}

func copyCounts(m map[string]int) map[string]int {
	out := map[string]int{}
	maps.Copy(out, m)
	return out
}
