package store_test

import (
	"context"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// parkedRun returns a run that waits at the node "a"; its worker knew of some answers.
func parkedRun(t *testing.T, s *store.Store, o flow.Owner, wake *time.Time) flow.ID {
	t.Helper()
	id := accept(t, s, o, nil)
	c, err := s.ClaimRun(t.Context(), id, "w", time.Minute)
	must(t, err)
	must(t, s.Append(t.Context(), flow.Step{
		RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, c.Seq+1)},
		Results: []flow.NodeResult{{RunID: id, NodeID: "a", NodeType: "approval", Attempt: 1, Status: flow.NodeWaiting}},
		Run:     &flow.RunChange{Status: flow.RunWaiting, StartedAt: new(time.Now()), WakeAt: wake},
	}))
	return id
}

func TestE23_AnAnswerWakesAParkedRun(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		id := parkedRun(t, s, ann, nil)
		a := flow.Answer{NodeID: "a", Approved: true, Comment: "Fine.", By: flow.ID(ann), At: time.Now().UTC()}
		triggers := 0
		enqueue := func(context.Context, *store.Tx) (string, error) {
			triggers++
			return "job", nil
		}
		wantKind(t, "another user", s.Answer(t.Context(), bob, id, a, enqueue), flow.Forbidden)
		wantKind(t, "another step", s.Answer(t.Context(), ann, id, flow.Answer{NodeID: "b", At: a.At}, enqueue), flow.Conflict)
		must(t, s.Answer(t.Context(), ann, id, a, enqueue))
		wantKind(t, "a second answer", s.Answer(t.Context(), ann, id, a, enqueue), flow.Conflict)
		if triggers != 1 {
			t.Errorf("%d triggers, want 1", triggers)
		}
		c, err := s.ClaimRun(t.Context(), id, "w2", time.Minute)
		must(t, err)
		if len(c.Answers) != 1 || c.Answers[0].NodeID != "a" || !c.Answers[0].Approved || c.Answers[0].Comment != "Fine." || c.Lost != 0 {
			t.Errorf("claim %+v lost %d", c.Answers, c.Lost)
		}
		must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(ann), Token: c.Token, Events: []flow.Event{event(id, c.Seq+1)}, Run: &flow.RunChange{Status: flow.RunRunning}}))
		must(t, s.ReleaseRun(t.Context(), id, c.Token))
		if c, err = s.ClaimRun(t.Context(), id, "w3", time.Minute); err != nil || c.Run.ResumedAt == nil {
			t.Errorf("it is not known when the run went on: %v", err)
		}
	})
}

func TestE23_StrandedAreThoseWhoseTimeHasCome(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		now := time.Now()
		asks, soon := parkedRun(t, s, o, nil), parkedRun(t, s, o, new(now.Add(time.Hour)))
		for _, c := range []struct {
			at   time.Time
			want []flow.ID
		}{{now.Add(30 * time.Minute), nil}, {now.Add(61 * time.Minute), []flow.ID{soon}}} {
			got, err := s.Stranded(t.Context(), c.at, "me", 10)
			must(t, err)
			if len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
				t.Errorf("at %s: %v, want %v (waiting for an answer: %s)", c.at, got, c.want, asks)
			}
		}
	})
}

func TestE23_AnAnswerBeforeParkingIsNotLost(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		c, err := s.ClaimRun(t.Context(), id, "w", time.Minute)
		must(t, err)
		row := flow.NodeResult{RunID: id, NodeID: "a", NodeType: "approval", Attempt: 1, Status: flow.NodeWaiting}
		must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, c.Seq+1)}, Results: []flow.NodeResult{row}, Run: &flow.RunChange{Status: flow.RunRunning}}))
		must(t, s.Answer(t.Context(), o, id, flow.Answer{NodeID: "a", At: time.Now()}, noJob))
		if b, err := s.BeatRun(t.Context(), id, c.Token, time.Minute); err != nil || b.Answered != 1 {
			t.Errorf("beat %+v, %v", b, err)
		}
		must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(o), Token: c.Token, Events: []flow.Event{event(id, c.Seq+2)}, Run: &flow.RunChange{Status: flow.RunWaiting}}))
		if got, err := s.Stranded(t.Context(), time.Now().Add(time.Minute), "me", 10); err != nil || len(got) != 1 {
			t.Errorf("stranded %v, %v: the worker parked without knowing of the answer", got, err)
		}
	})
}
