package store_test

import (
	"context"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// heard collects the topics that a store was touched for.
type heard chan string

func (h heard) touch(topic string) { h <- topic }

// wait fails unless the topic comes within d.
func (h heard) wait(t *testing.T, topic string, d time.Duration) {
	t.Helper()
	if !h.hears(topic, d) {
		t.Fatalf("%s was not heard of within %s", topic, d)
	}
}

// hears reports whether the topic comes within d; other topics are passed over.
func (h heard) hears(topic string, d time.Duration) bool {
	late := time.After(d)
	for {
		select {
		case got := <-h:
			if got == topic {
				return true
			}
		case <-late:
			return false
		}
	}
}

// until repeats a try until it succeeds, for ten seconds.
func until(t *testing.T, what string, try func() bool) {
	t.Helper()
	late := time.After(10 * time.Second)
	for !try() {
		select {
		case <-late:
			t.Fatalf("waited 10 s until %s", what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func listeners(t *testing.T, s *store.Store, query string) int {
	t.Helper()
	var n int
	must(t, s.Pool().QueryRow(t.Context(), "SELECT count("+query+") FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN heddle_topics'").Scan(&n))
	return n
}

// TestHints_ReachOtherProcesses also cuts the connections that listen: they come back.
func TestHints_ReachOtherProcesses(t *testing.T) {
	url := freshPostgres(t)
	here, there := make(heard, 1000), make(heard, 1000)
	a := openHeard(t, url, here)
	_ = openHeard(t, url, there)
	o := user(t, a, "ann@example.com")
	until(t, "both listen", func() bool { return listeners(t, a, "*") == 2 })
	id := accept(t, a, o, nil)
	there.wait(t, flow.RunTopic(id), time.Second)
	if n := listeners(t, a, "pg_terminate_backend(pid)"); n != 2 {
		t.Fatalf("%d connections cut", n)
	}
	// The cut connections are listed for a moment still, so the hint itself is the proof.
	until(t, "hints come again", func() bool {
		_, err := a.RequestCancel(t.Context(), o, id)
		must(t, err)
		return there.hears(flow.CancelTopic(id), 200*time.Millisecond)
	})
}

func openHeard(t *testing.T, url string, h heard) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Config{URL: url, Touch: h.touch})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	_, err = s.Migrate(t.Context())
	must(t, err)
	return s
}
