package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func audit(t *testing.T, s *store.Store, user flow.Owner, at time.Time, target string) {
	t.Helper()
	e := flow.NewAuditEntry(t.Context(), flow.ID(user), flow.AuditTokenCreated, target)
	e.At = at.UTC().Truncate(time.Microsecond)
	must(t, s.Audit(t.Context(), e))
}

// TestS6_AuditChain changes, removes and cuts the log in every way and sees that the
// check names the first entry that is wrong.
func TestS6_AuditChain(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"untouched":         {"", ""},
		"one is gone":       {"DELETE FROM audit WHERE seq = 3", "entry 3 is gone"},
		"the first is gone": {"DELETE FROM audit WHERE seq = 1", "entry 1 is gone"},
		"the last is gone":  {"DELETE FROM audit WHERE seq = 6", "entry 6 and those after it are gone"},
		"all are gone":      {"DELETE FROM audit", "entry 1 and those after it are gone"},
		"another action":    {"UPDATE audit SET action = 'x' WHERE seq = 4", "entry 4 was changed"},
		"another account":   {"UPDATE audit SET user_id = 'usr_x' WHERE seq = 4", "entry 4 was changed"},
		"another time":      {"UPDATE audit SET at = at + 1 WHERE seq = 2", "entry 2 was changed"},
		"moved words":       {"UPDATE audit SET target = target || ip, ip = '' WHERE seq = 5", "entry 5 was changed"},
		"another hash":      {"UPDATE audit SET hash = 'aa' WHERE seq = 6", "entry 6 was changed"},
		"an older end":      {"UPDATE audit_head SET last_seq = 5", "entry 5 is not the one that was written"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sqlitePath(t))
			ctx := flow.WithClientIP(flow.WithRequestID(t.Context(), "req_1"), "192.0.2.7")
			for i := range 6 {
				must(t, s.Audit(ctx, flow.NewAuditEntry(ctx, "usr_a", flow.AuditSignIn, strings.Repeat("x", i))))
			}
			if c.sql != "" {
				must(t, s.Exec(t.Context(), c.sql))
			}
			n, err := s.CheckAudit(t.Context(), nil)
			if c.want == "" && (err != nil || n != 6) || c.want != "" && (!errors.Is(err, store.ErrAudit) || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%d entries, %v; want %q", n, err, c.want)
			}
		})
	}
}

// TestS6_AuditByMany writes from many sides at once: the numbers have no gap and the
// chain holds, also after the oldest entries were removed in time.
func TestS6_AuditByMany(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		old := time.Now().Add(-400 * 24 * time.Hour)
		for range 5 {
			audit(t, s, ann, old, "old")
		}
		var writers sync.WaitGroup
		for i := range 4 {
			writers.Go(func() {
				for range 10 {
					if err := s.Audit(context.Background(), flow.NewAuditEntry(context.Background(), flow.ID([]flow.Owner{ann, bob}[i%2]), flow.AuditSignIn, "")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writers.Wait()
		if n, err := s.CheckAudit(t.Context(), nil); err != nil || n != 45 {
			t.Fatalf("%d entries, %v", n, err)
		}
		if n, err := s.TrimAudit(t.Context(), time.Now().Add(-365*24*time.Hour)); err != nil || n != 5 {
			t.Fatalf("removed %d, %v", n, err)
		}
		if n, err := s.TrimAudit(t.Context(), time.Now().Add(-365*24*time.Hour)); err != nil || n != 0 {
			t.Fatalf("removed %d more, %v", n, err)
		}
		audit(t, s, ann, time.Now(), "new")
		var last int64
		n, err := s.CheckAudit(t.Context(), func(e flow.AuditEntry) error { last = e.Seq; return nil })
		if err != nil || n != 41 || last != 46 {
			t.Fatalf("%d entries, the last is %d, %v", n, last, err)
		}
		l, err := s.AuditEntries(t.Context(), ann, 1, 5)
		if err != nil || len(l.Entries) != 5 || l.Pagination.Total != 21 || l.Entries[0].Seq != 46 || l.Entries[0].Target != "new" {
			t.Errorf("%+v %v", l, err)
		}
		for _, e := range l.Entries {
			if e.UserID != flow.ID(ann) {
				t.Errorf("an entry of another account: %+v", e)
			}
		}
	})
}
