package store

import (
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"
)

// clock is a moment near now as a statement's argument. On PostgreSQL it counts
// from the database's clock, not from this machine's: leases of many machines are
// compared by one clock.
func (s *Store) clock(t time.Time) any {
	if s.pool == nil {
		return micros(t)
	}
	return moment{t.Sub(s.now()).Microseconds()}
}

// moment is some microseconds after now by the database's clock.
type moment struct{ after int64 }

// AppendQuery writes the moment into a statement's text.
func (m moment) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	return bun.SafeQuery("(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) + ?)", m.after).AppendQuery(gen, b)
}

// micros is how a time is stored: microseconds since 1970 in UTC.
func micros(t time.Time) int64 { return t.UnixMicro() }

func microsOf(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	return new(t.UnixMicro())
}

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

func timeOf(n *int64) *time.Time {
	if n == nil {
		return nil
	}
	return new(fromMicros(*n))
}
