package worker_test

import (
	"fmt"
	"testing"
	"time"

	"heddle/internal/flow"
)

// TestR28_OneUsersManyRunsHoldUpNobody lets a user enqueue many runs that fill every
// slot they may have; another user's runs start at once all the same.
func TestR28_OneUsersManyRunsHoldUpNobody(t *testing.T) {
	for name, url := range map[string]func(*testing.T) string{"SQLite": sqliteURL, "PostgreSQL": postgresURL} {
		t.Run(name, func(t *testing.T) {
			p := newProof(t, url(t), 400*time.Millisecond, 0)
			p.Hands = 24
			many := times(t, 1000, 10_000)
			p.accepts(t, many)
			p.start(t).wait(t)
			bob := flow.Owner(flow.NewID(flow.UserPrefix))
			if err := p.store.CreateUser(t.Context(), flow.User{ID: flow.ID(bob), Email: "bob@example.com"}, ""); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second) // the first ones of all kinds are at work
			worst := p.waits(t, bob, 5)
			if worst > 2*time.Second {
				t.Errorf("a run waited %s behind %d of another user", worst, many)
			}
			list, err := p.store.Runs(t.Context(), p.Owner, flow.RunQuery{Status: flow.RunQueued, Page: 1, Limit: 1})
			if err != nil || list.Pagination.Total < many/2 {
				t.Fatalf("only %d runs were in the way: nothing was proven (%v)", list.Pagination.Total, err)
			}
			if !t.Failed() {
				fmt.Printf("PROOF R28 5 runs beside %d of another user, %s: started within %s\n", many, name, round(worst))
			}
		})
	}
}

// waits starts runs of the owner, one after the other, and returns the longest time
// from acceptance to start.
func (p *proof) waits(t *testing.T, o flow.Owner, n int) time.Duration {
	t.Helper()
	var worst time.Duration
	mine := p.orders
	mine.Owner = o
	for range n {
		id, err := mine.accept(t.Context(), p.process)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for {
			r, err := p.store.Run(t.Context(), o, id)
			if err != nil {
				t.Fatal(err)
			}
			if r.Status != flow.RunQueued {
				break
			}
			if time.Since(began) > 20*time.Second {
				t.Fatal("a run has not started in 20 s")
			}
			time.Sleep(5 * time.Millisecond)
		}
		worst = max(worst, time.Since(began))
	}
	return worst
}

// TestWorker_OneRunAtOnce holds although a user's many runs wait in two queues.
func TestWorker_OneRunAtOnce(t *testing.T) {
	s := newSite(t)
	p := s.process(1)
	for range 14 {
		s.accept(p)
	}
	s.start(p)
	defer s.stop(p)
	s.wait(s.gate.entered)
	select {
	case <-s.gate.entered:
		t.Error("a second run began beside the first")
	case <-time.After(time.Second):
	}
	close(s.gate.open)
	for range 13 {
		s.wait(s.gate.entered)
	}
}
