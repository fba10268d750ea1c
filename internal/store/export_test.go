package store

import (
	"context"
	"time"

	"heddle/internal/flow"
)

// ShiftClock makes this process's clock wrong.
func (s *Store) ShiftClock(d time.Duration) { s.now = func() time.Time { return time.Now().Add(d) } }

// Age lets time pass for a run: its lease and its trigger become older.
func (s *Store) Age(ctx context.Context, run flow.ID, d time.Duration) error {
	_, err := s.write.NewRaw("UPDATE runs SET lease_until = CASE WHEN lease_until > 0 THEN lease_until - ? ELSE 0 END, triggered_at = triggered_at - ? WHERE id = ?", d.Microseconds(), d.Microseconds(), run).Exec(ctx)
	return err
}

// Exec runs a statement as somebody with the database in hand would.
func (s *Store) Exec(ctx context.Context, statement string) error {
	_, err := s.write.NewRaw(statement).Exec(ctx)
	return err
}
