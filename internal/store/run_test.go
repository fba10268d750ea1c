package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func TestCreateFirstUser_OnlyOneOfMany(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		won := make(chan flow.ID, 20)
		for range 20 {
			wg.Go(func() {
				id := flow.NewID(flow.UserPrefix)
				switch err := s.CreateFirstUser(context.Background(), flow.User{ID: id, Email: string(id) + "@example.com"}, "h"); {
				case err == nil:
					won <- id
				case flow.KindOf(err) != flow.Conflict:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n, err := s.CountUsers(t.Context()); err != nil || n != 1 || len(won) != 1 {
			t.Errorf("%d accounts, %d winners, %v", n, len(won), err)
		}
	})
}

func TestCreateRun_OneKeyIsOneRun(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids, fresh := map[flow.ID]bool{}, 0
		for range 20 {
			wg.Go(func() {
				r, first, err := s.CreateRun(context.Background(), o, store.NewRun{Run: newRun(o, nil), Key: "k", Enqueue: noQueue})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[r.ID] = true
				if first {
					fresh++
				}
			})
		}
		wg.Wait()
		list, err := s.Runs(t.Context(), o, flow.RunQuery{Page: 1, Limit: 10})
		if err != nil || len(ids) != 1 || fresh != 1 || list.Pagination.Total != 1 {
			t.Errorf("%d ids, %d fresh, %d stored, %v", len(ids), fresh, list.Pagination.Total, err)
		}
	})
}

func TestCreateRun_AFailedTriggerLeavesNothing(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		broken := errors.New("queue broken")
		_, _, err := s.CreateRun(t.Context(), o, store.NewRun{Run: newRun(o, nil), Enqueue: func(context.Context, *store.Tx) (store.Trigger, error) { return store.Trigger{}, broken }})
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if list, err := s.Runs(t.Context(), o, flow.RunQuery{Page: 1, Limit: 10}); err != nil || list.Pagination.Total != 0 {
			t.Errorf("%+v %v", list.Pagination, err)
		}
	})
}

func TestE11_TheFence(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		ctx := t.Context()
		old, err := s.ClaimRun(ctx, id, "w1", time.Hour)
		if err != nil || old.Token != 1 || old.Seq != 1 || old.Run.Attempt != 1 || old.Run.Inputs["a"].String() != "hi" {
			t.Fatalf("%+v %v", old, err)
		}
		if _, err := s.ClaimRun(ctx, id, "w2", time.Hour); !errors.Is(err, flow.ErrHeld) {
			t.Errorf("a held run: %v", err)
		}
		if ids, err := s.ReleaseDead(ctx, func(w string) bool { return w != "w1" }); err != nil || len(ids) != 1 {
			t.Fatal(ids, err)
		}
		fresh, err := s.ClaimRun(ctx, id, "w2", time.Hour)
		if err != nil || fresh.Token != 2 || fresh.Lost != 1 {
			t.Fatalf("%+v %v", fresh, err)
		}
		step := flow.Step{RunID: id, UserID: flow.ID(o), Token: old.Token, Events: []flow.Event{event(id, 2)}}
		if err := s.Append(ctx, step); !errors.Is(err, flow.ErrFenced) {
			t.Errorf("a late writer: %v", err)
		}
		if _, err := s.BeatRun(ctx, id, old.Token, time.Hour); !errors.Is(err, flow.ErrFenced) {
			t.Errorf("a late heartbeat: %v", err)
		}
		step.Token = fresh.Token
		must(t, s.Append(ctx, step))
		end := flow.Step{RunID: id, UserID: flow.ID(o), Token: fresh.Token, Events: []flow.Event{event(id, 3)}, Run: finalChange(flow.RunSuccess)}
		must(t, s.Append(ctx, end))
		end.Events[0].Seq, end.Run.Status = 4, flow.RunFailed
		if err := s.Append(ctx, end); !errors.Is(err, flow.ErrFenced) {
			t.Errorf("a final run must never change: %v", err)
		}
		_, err = s.ClaimRun(ctx, id, "w3", time.Hour)
		wantKind(t, "claim a final run", err, flow.Conflict)
		_, err = s.RequestCancel(ctx, o, id)
		wantKind(t, "cancel a final run", err, flow.Conflict)
	})
}

func TestClaimRun_OneOfManyWins(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		var wg sync.WaitGroup
		won := make(chan int64, 20)
		for range 20 {
			wg.Go(func() {
				c, err := s.ClaimRun(context.Background(), id, "w", time.Hour)
				if err == nil {
					won <- c.Token
				} else if !errors.Is(err, flow.ErrHeld) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d claims succeeded", len(won))
		}
	})
}

func TestE14_EventsAreGapless(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		c, err := s.ClaimRun(t.Context(), id, "w", time.Hour)
		must(t, err)
		for _, n := range []int64{1, 3} {
			err := s.Append(t.Context(), flow.Step{RunID: id, Token: c.Token, Events: []flow.Event{event(id, n)}})
			if err == nil {
				t.Errorf("event %d after event 1 was taken", n)
			}
		}
		must(t, s.Append(t.Context(), flow.Step{RunID: id, Token: c.Token, Events: []flow.Event{event(id, 2), event(id, 3)}}))
		events, err := s.Events(t.Context(), o, id, 1, 10)
		if err != nil || len(events) != 2 || events[0].Seq != 2 || events[1].Seq != 3 {
			t.Errorf("%+v %v", events, err)
		}
	})
}

// TestAppend_ABadStepHarmsNoOther lets many runs write at once, one of them nonsense.
func TestAppend_ABadStepHarmsNoOther(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		var wg sync.WaitGroup
		for i := range 64 {
			id := accept(t, s, o, nil)
			c, err := s.ClaimRun(t.Context(), id, "w", time.Hour)
			must(t, err)
			wg.Go(func() {
				step := flow.Step{
					RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, 2)},
					Results: []flow.NodeResult{{NodeID: "a", NodeType: "text", Attempt: 1, Status: flow.NodeSuccess, Output: flow.Values{"text": flow.Text("x")}}},
					Logs:    []flow.Log{{Seq: 1, Level: flow.LevelInfo, Message: "m", Timestamp: time.Now()}},
				}
				if i%16 == 3 {
					step.Events = append(step.Events, event(id, 9)) // a gap
				}
				err := s.Append(context.Background(), step)
				if bad := i%16 == 3; (err != nil) != bad {
					t.Errorf("step %d: %v", i, err)
				}
				d, err := s.RunDetail(context.Background(), o, id, 5)
				if bad := i%16 == 3; err != nil || (len(d.NodeResults) == 0) != bad || (len(d.Logs) == 0) != bad {
					t.Errorf("step %d left %d results, %d lines, %v", i, len(d.NodeResults), len(d.Logs), err)
				}
			})
		}
		wg.Wait()
	})
}

func TestStranded_ReleaseAndRequeue(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil) // made a minute ago
		ctx := t.Context()
		if ids, err := s.Stranded(ctx, time.Now(), "me", 10); err != nil || len(ids) != 1 || ids[0] != id {
			t.Fatalf("%v %v", ids, err)
		}
		must(t, s.Requeue(ctx, id, noJob))
		if ids, err := s.Stranded(ctx, time.Now(), "me", 10); err != nil || len(ids) != 0 {
			t.Fatalf("a run that was just requeued is not stranded: %v %v", ids, err)
		}
		c, err := s.ClaimRun(ctx, id, "w", time.Hour)
		must(t, err)
		if ids, err := s.Stranded(ctx, time.Now().Add(30*time.Minute), "me", 10); err != nil || len(ids) != 0 {
			t.Fatalf("a held run is not stranded: %v %v", ids, err)
		}
		must(t, s.ReleaseRun(ctx, id, c.Token))
		again, err := s.ClaimRun(ctx, id, "w", time.Hour)
		if err != nil || again.Lost != 0 {
			t.Errorf("a release is no loss: %+v %v", again, err)
		}
	})
}

func TestRequestCancel_ReachesTheBeat(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		c, err := s.ClaimRun(t.Context(), id, "w", time.Hour)
		must(t, err)
		if b, err := s.BeatRun(t.Context(), id, c.Token, time.Hour); err != nil || b.Cancel {
			t.Fatal(b, err)
		}
		_, err = s.RequestCancel(t.Context(), o, id)
		must(t, err)
		if b, err := s.BeatRun(t.Context(), id, c.Token, time.Hour); err != nil || !b.Cancel {
			t.Fatal(b, err)
		}
	})
}

func TestRuns_Filters(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		w := workflow(t, s, o, "One")
		first, other := accept(t, s, o, &w), accept(t, s, o, nil)
		c, err := s.ClaimRun(t.Context(), other, "w", time.Hour)
		must(t, err)
		must(t, s.Append(t.Context(), flow.Step{RunID: other, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(other, 2)}, Run: finalChange(flow.RunSuccess)}))
		for name, tt := range map[string]struct {
			q    flow.RunQuery
			want int
		}{
			"all": {flow.RunQuery{}, 2}, "workflow": {flow.RunQuery{WorkflowID: w}, 1}, "status": {flow.RunQuery{Status: flow.RunSuccess}, 1},
			"source": {flow.RunQuery{Source: flow.SourceCLI}, 0}, "from": {flow.RunQuery{From: time.Now()}, 0}, "to": {flow.RunQuery{To: time.Now()}, 2},
		} {
			tt.q.Page, tt.q.Limit = 1, 10
			list, err := s.Runs(t.Context(), o, tt.q)
			if err != nil || list.Pagination.Total != tt.want || len(list.Runs) != tt.want {
				t.Errorf("%s: %d of %d, %v", name, len(list.Runs), list.Pagination.Total, err)
			}
		}
		if ids, err := s.ActiveRuns(t.Context(), o, w); err != nil || len(ids) != 1 || ids[0] != first {
			t.Errorf("%v %v", ids, err)
		}
	})
}

func TestE16_AcceptedRunKeepsWhatItTakesOver(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann := user(t, s, "ann@example.com")
		run := newRun(ann, nil)
		run.Scope, run.NodeIDs = flow.ScopePartial, []string{"b"}
		reused := flow.NodeResult{RunID: run.ID, NodeID: "a", NodeType: "text", Attempt: 1, Status: flow.NodeSuccess, Cached: true, Output: flow.Values{"text": flow.Text("old")}, Reason: "Taken over."}
		_, fresh, err := s.CreateRun(t.Context(), ann, store.NewRun{Run: run, Reused: []flow.NodeResult{reused}, Enqueue: noQueue})
		if err != nil || !fresh {
			t.Fatal(fresh, err)
		}
		c, err := s.ClaimRun(t.Context(), run.ID, "w", time.Minute)
		must(t, err)
		if len(c.Results) != 1 || !c.Results[0].Cached || c.Results[0].Output["text"].String() != "old" || c.Results[0].Reason != "Taken over." {
			t.Errorf("the claim brings %+v", c.Results)
		}
	})
}

// BenchmarkRunList reads the first page of the run list, as the page of all runs and
// as that of one workflow, with 100,000 runs stored.
func BenchmarkRunList(b *testing.B) {
	s := open(b, "file:"+filepath.Join(b.TempDir(), "heddle.db"))
	o := user(b, s, "ann@example.com")
	first := accept(b, s, o, nil)
	_, err := s.Writer().ExecContext(b.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO runs (id, user_id, workflow_name, status, scope, nodes, edges, total_nodes, source, created_at, completed_at)
		SELECT 'run_' || printf('%026d', i), user_id, workflow_name, CASE i % 10 WHEN 0 THEN 'failed' ELSE 'success' END, scope, nodes, edges, 5, source, created_at - i * 1000000, created_at - i * 1000000 + 1000 FROM n, runs WHERE id = ?`, first)
	must(b, err)
	for name, q := range map[string]flow.RunQuery{
		"first page": {Page: 1, Limit: 10}, "page 5000": {Page: 5000, Limit: 10}, "failed": {Page: 1, Limit: 10, Status: flow.RunFailed},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Runs(b.Context(), o, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
