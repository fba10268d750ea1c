package store_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// TestEventsOfOneStep writes steps with one, a few and many events, and reads them
// from every number on, in pieces of every size: each event comes once, in order, as
// it was.
func TestEventsOfOneStep(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := accept(t, s, o, nil)
		c, err := s.ClaimRun(t.Context(), id, "w", time.Minute)
		must(t, err)
		at := time.Now().UTC().Truncate(time.Microsecond)
		want := []flow.Event{{}} // the first is the store's own
		for _, n := range []int{1, 2, 3, 70, 1, 150} {
			var events []flow.Event
			for range n {
				seq := int64(len(want) + 1)
				e := flow.Event{RunID: id, Seq: seq, Type: flow.EventLog, At: at.Add(time.Duration(seq) * time.Microsecond), Payload: json.RawMessage(fmt.Sprintf(`{"message":%q}`, strings.Repeat("ü\"x", int(seq)%9)))}
				events, want = append(events, e), append(want, e)
			}
			must(t, s.Append(t.Context(), flow.Step{RunID: id, UserID: flow.ID(o), Token: c.Token, Events: events}))
		}
		for _, limit := range []int{1, 2, 7, 64, 1000} {
			for after := int64(1); after <= int64(len(want)); after += 1 + int64(limit)/2 {
				got, err := s.Events(t.Context(), o, id, after, limit)
				must(t, err)
				if len(got) != min(limit, len(want)-int(after)) {
					t.Fatalf("after %d, at most %d: %d events", after, limit, len(got))
				}
				for i, e := range got {
					w := want[int(after)+i]
					if e.Seq != w.Seq || e.Type != w.Type || !e.At.Equal(w.At) || string(e.Payload) != string(w.Payload) || e.RunID != id {
						t.Fatalf("after %d, at most %d: %+v, want %+v", after, limit, e, w)
					}
				}
			}
		}
	})
}
