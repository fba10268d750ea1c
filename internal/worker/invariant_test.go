package worker_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// ledger is what is known from outside of a database that was put to a proof.
type ledger struct {
	store   *store.Store
	owner   flow.Owner
	acks    []flow.ID      // runs that were acknowledged
	effects map[string]int // by "run node"
}

// settled waits until no run is open and returns how many there are by status.
func (l ledger) settled(t *testing.T, within time.Duration) map[flow.RunStatus]int {
	t.Helper()
	late := time.After(within)
	for {
		open := 0
		for _, status := range []flow.RunStatus{flow.RunQueued, flow.RunRunning} {
			open += l.count(t, status)
		}
		if open == 0 {
			break
		}
		select {
		case <-late:
			t.Fatalf("I2: %d runs are stuck after %s", open, within)
		case <-time.After(50 * time.Millisecond):
		}
	}
	out := map[flow.RunStatus]int{}
	for _, status := range []flow.RunStatus{flow.RunSuccess, flow.RunPartial, flow.RunFailed, flow.RunCanceled} {
		if n := l.count(t, status); n > 0 {
			out[status] = n
		}
	}
	return out
}

func (l ledger) count(t *testing.T, status flow.RunStatus) int {
	t.Helper()
	list, err := l.store.Runs(t.Context(), l.owner, flow.RunQuery{Status: status, Page: 1, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	return list.Pagination.Total
}

// check holds the invariants I1 to I5 and I7 of trust.md against the database.
func (l ledger) check(t *testing.T) {
	t.Helper()
	for _, id := range l.acks {
		r, err := l.store.Run(t.Context(), l.owner, id)
		if err != nil {
			t.Errorf("I1: acknowledged, but %v", err)
			continue
		}
		events, err := l.store.Events(t.Context(), l.owner, id, 0, 10_000)
		if err != nil {
			t.Fatal(err)
		}
		if err := inspect(r, events, l.effects); err != nil {
			t.Errorf("run %s (%s): %v", id, r.Status, err)
		}
	}
	l.whole(t)
}

// inspect holds I2 to I5 against one run that has ended.
func inspect(r flow.Run, events []flow.Event, effects map[string]int) error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !r.Status.Final() {
		bad("I2: not final")
	}
	attempts, done, final := map[string][]int{}, map[string]bool{}, 0
	for i, e := range events {
		if e.Seq != int64(i)+1 {
			bad("I5: event %d has number %d", i+1, e.Seq)
		}
		if final > 0 {
			bad("I2: event %d comes after the end", e.Seq)
		}
		switch e.Type {
		case flow.EventRunStatus:
			var s flow.RunStatusEvent
			errs = append(errs, json.Unmarshal(e.Payload, &s))
			if s.Status.Final() {
				final++
			}
		case flow.EventNodeStatus:
			var s flow.NodeStatusEvent
			errs = append(errs, json.Unmarshal(e.Payload, &s))
			if done[s.NodeID] {
				bad("I4: %s is %s after it was done", s.NodeID, s.Status)
			}
			if s.Status == flow.NodeRunning && !slices.Contains(attempts[s.NodeID], s.Attempt) {
				attempts[s.NodeID] = append(attempts[s.NodeID], s.Attempt)
			}
			done[s.NodeID] = s.Status == flow.NodeSuccess
		case flow.EventNodeDelta, flow.EventLog: // they change no state
		}
	}
	if final != 1 {
		bad("I2: %d ends", final)
	}
	for _, n := range []string{"a", "b", "c"} {
		ran := effects[r.ID.String()+" "+n]
		if ran > len(attempts[n]) {
			bad("I3: %s had %d effects in %d attempts", n, ran, len(attempts[n]))
		}
		if done[n] && ran == 0 {
			bad("I3: %s is done without its effect", n)
		}
	}
	return errors.Join(errs...)
}

// whole holds I7 against the database file; PostgreSQL keeps its own.
func (l ledger) whole(t *testing.T) {
	t.Helper()
	db := l.store.Writer()
	if db == nil {
		return
	}
	var answer string
	if err := db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&answer); err != nil || answer != "ok" {
		t.Errorf("I7: integrity_check says %q %v", answer, err)
	}
	var orphans int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pragma_foreign_key_check").Scan(&orphans); err != nil || orphans != 0 {
		t.Errorf("I7: %d rows without what they refer to %v", orphans, err)
	}
}

// TestInvariants_FindWhatIsWrong shows that the checker can fail.
func TestInvariants_FindWhatIsWrong(t *testing.T) {
	id := flow.NewID(flow.RunPrefix)
	run := flow.Run{ID: id, Status: flow.RunSuccess}
	event := func(n int64, typ flow.EventType, payload string) flow.Event {
		return flow.Event{RunID: id, Seq: n, Type: typ, Payload: json.RawMessage(payload)}
	}
	begun := event(1, flow.EventNodeStatus, `{"nodeId":"a","status":"running","attempt":1}`)
	success := event(2, flow.EventNodeStatus, `{"nodeId":"a","status":"success","attempt":1}`)
	end := event(3, flow.EventRunStatus, `{"status":"success"}`)
	once := map[string]int{id.String() + " a": 1}
	if err := inspect(run, []flow.Event{begun, success, end}, once); err != nil {
		t.Errorf("a sound run: %v", err)
	}
	for name, c := range map[string]struct {
		run     flow.Run
		events  []flow.Event
		effects map[string]int
	}{
		"not final":       {flow.Run{ID: id, Status: flow.RunRunning}, []flow.Event{begun, success, end}, once},
		"no end":          {run, []flow.Event{begun, success}, once},
		"two ends":        {run, []flow.Event{begun, success, end, event(4, flow.EventRunStatus, `{"status":"failed"}`)}, once},
		"a gap":           {run, []flow.Event{begun, end}, once},
		"started again":   {run, []flow.Event{begun, success, event(3, flow.EventNodeStatus, `{"nodeId":"a","status":"running","attempt":2}`), event(4, flow.EventRunStatus, `{"status":"success"}`)}, once},
		"two effects":     {run, []flow.Event{begun, success, end}, map[string]int{id.String() + " a": 2}},
		"effect was lost": {run, []flow.Event{begun, success, end}, nil},
	} {
		if inspect(c.run, c.events, c.effects) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}
