package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// tape is a journal that records every step, can be slow, and can die.
type tape struct {
	next  engine.Journal
	delay time.Duration
	left  int   // steps until it dies; negative: never
	death error // what it returns then

	mu     sync.Mutex
	flying bool
	steps  []flow.Step
}

func (j *tape) Append(ctx context.Context, s flow.Step) error {
	j.mu.Lock()
	if j.flying {
		panic("two appends in flight")
	}
	if j.left == 0 {
		j.mu.Unlock()
		return j.death
	}
	j.left--
	j.flying = true
	j.mu.Unlock()
	if j.delay > 0 {
		select {
		case <-time.After(j.delay):
		case <-ctx.Done():
		}
	}
	err := ctx.Err()
	if err == nil {
		err = j.next.Append(ctx, s)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flying = false
	if err == nil {
		j.steps = append(j.steps, s)
	}
	return err
}

func (j *tape) has(id string, status flow.NodeStatus) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, s := range j.steps {
		for _, r := range s.Results {
			if r.NodeID == id && r.Status == status {
				return true
			}
		}
	}
	return false
}

func TestE10_EffectsWaitForTheJournalAndPureNodesDoNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := engine.NewMemory()
		j := &tape{next: m, delay: time.Second, left: -1}
		started := map[string]time.Duration{}
		began := time.Now()
		note := func(_ context.Context, c node.Call, _ string) (node.Result, error) {
			if c.NodeID == "effect" {
				for _, dep := range []string{"p1", "p2"} {
					if !j.has(dep, flow.NodeSuccess) {
						t.Errorf("the effect runs before the result of %s is durable", dep)
					}
				}
				if !j.has("effect", flow.NodeRunning) {
					t.Error("the effect runs before its start is durable")
				}
			}
			started[c.NodeID] = time.Since(began)
			return out(flow.Text(c.NodeID)), nil
		}
		w := newWorld(t, engine.Config{Journal: j}, kind("pure", node.Pure, note), kind("effect", node.Effect, note))
		w.memory = m
		w.engine.Blobs = m
		b := (&g{}).arg("p1", "pure", "").arg("p2", "pure", "").arg("effect", "effect", "").edge("p1", "p2").edge("p2", "effect")
		if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
			t.Fatal(s)
		}
		// The run's start takes 1 s; the pure nodes do not wait for it; the results and
		// the effect's start share the next step.
		want := map[string]time.Duration{"p1": 0, "p2": 0, "effect": 2 * time.Second}
		if d := cmp.Diff(want, started); d != "" {
			t.Error(d)
		}
		if len(j.steps) != 3 {
			t.Errorf("%d steps, want 3: start; results and start of the effect; the rest", len(j.steps))
		}
		if got := len(w.nodeEvents("p1")); got != 1 {
			t.Errorf("a quick pure node has %d events, want its final one", got)
		}
		last := j.steps[len(j.steps)-1]
		if last.Run == nil || last.Run.Status != flow.RunSuccess {
			t.Error("the last results and the run's end are not in one step")
		}
	})
}

func TestE10_FirstStepTellsThatTheRunRuns(t *testing.T) {
	m := engine.NewMemory()
	j := &tape{next: m, left: -1}
	w := newWorld(t, engine.Config{Journal: j}, kind("say", node.Effect, say))
	w.execute(t.Context(), (&g{}).arg("a", "say", "").run())
	first := j.steps[0]
	if first.Run == nil || first.Run.Status != flow.RunRunning || first.Run.StartedAt == nil || first.Events[0].Type != flow.EventRunStatus {
		t.Errorf("first step: %+v", first)
	}
	end := m.Events("run_1")[len(m.Events("run_1"))-1]
	if end.Type != flow.EventRunStatus || !bytes.Contains(end.Payload, []byte(`"success"`)) {
		t.Errorf("the last event is %s %s", end.Type, end.Payload)
	}
}

func TestE11_FencedRunStopsQuietly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := engine.NewMemory()
		w := newWorld(t, engine.Config{Journal: m}, kind("doze", node.Effect, doze))
		w.memory = m
		r := (&g{}).arg("a", "doze", "10s").arg("b", "doze", "1s").edge("a", "b").run()
		c := m.Claim(r)
		time.AfterFunc(5*time.Second, func() { m.Claim(r) })
		s, err := w.engine.Execute(t.Context(), c)
		if !errors.Is(err, flow.ErrFenced) || s != "" {
			t.Fatal(s, err)
		}
		if st := w.result("a").Status; st != flow.NodeRunning {
			t.Errorf("a late result was written: %s", st)
		}
	})
}

func TestE11_LostLeaseStopsTheNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{}, kind("doze", node.Effect, doze))
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { stop(flow.ErrFenced) })
		began := time.Now()
		_, err := w.engine.Execute(ctx, w.memory.Claim((&g{}).arg("a", "doze", "1h").run()))
		if !errors.Is(err, flow.ErrFenced) || time.Since(began) != time.Second {
			t.Error(err, time.Since(began))
		}
	})
}

func TestE12_CutNodeRunsAgainAsTheNextAttempt(t *testing.T) {
	calls := map[string][]string{}
	note := func(_ context.Context, c node.Call, arg string) (node.Result, error) {
		calls[c.NodeID] = append(calls[c.NodeID], c.Key)
		return join(t.Context(), c, arg)
	}
	w := newWorld(t, engine.Config{PerRun: 1}, kind("mark", node.Effect, note))
	r := (&g{}).arg("a", "mark", "A").arg("b", "mark", "B").arg("c", "mark", "C").edge("a", "b").edge("b", "c").run()
	j := &tape{next: w.memory, left: 2, death: errors.New("disk on fire")}
	w.engine.Journal = j
	if _, err := w.engine.Execute(t.Context(), w.memory.Claim(r)); !errors.Is(err, j.death) {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]flow.NodeStatus{"a": "success", "b": "running"}, w.statuses()); d != "" {
		t.Fatal(d)
	}
	w.engine.Journal = w.memory
	if s := w.execute(t.Context(), r); s != flow.RunSuccess {
		t.Fatal(s)
	}
	if d := cmp.Diff(map[string][]string{"a": {"run_1:a"}, "b": {"run_1:b", "run_1:b"}, "c": {"run_1:c"}}, calls); d != "" {
		t.Error(d)
	}
	if got := w.result("c").Output["out"].String(); got != "A B C" {
		t.Errorf("c gave %q", got)
	}
	var attempts []string
	for _, res := range w.memory.Results("run_1") {
		if res.NodeID == "b" {
			attempts = append(attempts, string(res.Status)+": "+res.Reason)
		}
	}
	if d := cmp.Diff([]string{"canceled: because its worker was lost; it ran again", "success: "}, attempts); d != "" {
		t.Error(d)
	}
	if row := w.memory.Row("run_1"); row.Counts.SuccessNodes != 3 {
		t.Errorf("counts %+v", row.Counts)
	}
}

func TestE12_ThirdLostWorkerEndsTheRun(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Effect, func(context.Context, node.Call, string) (node.Result, error) {
		t.Error("it ran once more")
		return node.Result{}, nil
	}))
	c := w.memory.Claim((&g{}).arg("a", "say", "").arg("b", "say", "").edge("a", "b").run())
	c.Lost = 3
	c.Results = []flow.NodeResult{{RunID: "run_1", NodeID: "a", NodeType: "say", Attempt: 3, Status: flow.NodeRunning}}
	s, err := w.engine.Execute(t.Context(), c)
	if s != flow.RunFailed || err != nil {
		t.Fatal(s, err)
	}
	if d := cmp.Diff(map[string]flow.NodeStatus{"a": "failed", "b": "canceled"}, map[string]flow.NodeStatus{"a": w.result("a").Status, "b": w.result("b").Status}); d != "" {
		t.Error(d)
	}
	if row := w.memory.Row("run_1"); !strings.Contains(row.Error, "3 workers were lost") {
		t.Errorf("error %q", row.Error)
	}
}

func TestE13_ReleaseKeepsWhatIsDoneAndFailsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{}, kind("doze", node.Effect, doze))
		r := (&g{}).arg("quick", "doze", "1s").arg("slow", "doze", "20s").arg("end", "doze", "1s").edge("quick", "end").edge("slow", "end").run()
		ctx, stop := context.WithCancelCause(t.Context())
		time.AfterFunc(5*time.Second, func() { stop(engine.ErrRelease) })
		if _, err := w.engine.Execute(ctx, w.memory.Claim(r)); !errors.Is(err, engine.ErrRelease) {
			t.Fatal(err)
		}
		if d := cmp.Diff(map[string]flow.NodeStatus{"quick": "success", "slow": "running"}, w.statuses()); d != "" {
			t.Error(d)
		}
		if st := w.memory.Row("run_1").Status; st != flow.RunRunning {
			t.Errorf("the released run is %s", st)
		}
		if s := w.execute(t.Context(), r); s != flow.RunSuccess {
			t.Error(s)
		}
		if a := w.result("slow").Attempt; a != 2 {
			t.Errorf("attempt %d", a)
		}
	})
}

func TestE14_StreamedTextIsGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream := func(_ context.Context, c node.Call, _ string) (node.Result, error) {
			for range 1000 { // one word each ms
				c.Emit("w ")
				time.Sleep(time.Millisecond)
			}
			c.Log(flow.LevelWarn, "done")
			go func() {
				time.Sleep(time.Second)
				c.Emit("after the end")
				c.Log(flow.LevelInfo, "after the end")
			}()
			return out(flow.Text("all")), nil
		}
		w := newWorld(t, engine.Config{}, kind("stream", node.Model, stream), kind("doze", node.Pure, doze))
		w.execute(t.Context(), (&g{}).arg("s", "stream", "").arg("d", "doze", "3s").run())
		var deltas int
		var whole strings.Builder
		final := false
		for i, e := range w.memory.Events("run_1") {
			if e.Seq != int64(i+1) {
				t.Fatalf("event %d has number %d", i+1, e.Seq)
			}
			var p flow.NodeDeltaEvent
			switch {
			case e.Type == flow.EventNodeDelta && json.Unmarshal(e.Payload, &p) == nil:
				if final {
					t.Error("a delta after the final event")
				}
				deltas++
				whole.WriteString(p.Text)
			case bytes.Contains(e.Payload, []byte(`"nodeId":"s","status":"success"`)):
				final = true
			}
		}
		if deltas > 20 || deltas < 10 {
			t.Errorf("%d deltas in one second", deltas)
		}
		if whole.String() != strings.Repeat("w ", 1000) {
			t.Errorf("%d bytes of text arrived", whole.Len())
		}
		logs := w.memory.Logs("run_1")
		if len(logs) != 1 || logs[0].Seq != 1 || logs[0].Message != "done" || *logs[0].NodeID != "s" {
			t.Errorf("log %+v", logs)
		}
	})
}

func TestE14_NodeTellsWhatItDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{PerRun: 1}, kind("doze", node.Pure, doze), kind("call", node.Model, doze))
		w.execute(t.Context(), (&g{}).arg("a", "call", "1s").arg("b", "doze", "1s").run())
		var got []string
		for _, id := range []string{"a", "b"} {
			for _, e := range w.nodeEvents(id) {
				got = append(got, id+" "+string(e.Status))
			}
		}
		if d := cmp.Diff([]string{"a running", "a success", "b queued", "b running", "b success"}, got); d != "" {
			t.Error(d)
		}
		if r := w.result("b"); r.QueuedAt == nil || r.StartedAt.Sub(*r.QueuedAt) != time.Second || *r.Duration != 1000 {
			t.Errorf("queued %v started %v took %v", r.QueuedAt, r.StartedAt, *r.Duration)
		}
	})
}
