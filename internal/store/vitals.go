package store

import (
	"context"
	"os"
	"time"
)

// Vitals is what tells whether a database is well.
type Vitals struct {
	Version   string        // of SQLite or PostgreSQL
	Missing   []string      // migrations that are not applied
	Bytes     int64         // size of the database
	Free      int64         // bytes of it that hold nothing any more; SQLite only
	Log       int64         // size of the write-ahead log; SQLite only
	Ahead     time.Duration // how far the database's clock is before ours; PostgreSQL only
	Open      int           // runs that have not ended
	Abandoned int           // runs at work whose worker has been silent for a minute
	Waiting   time.Duration // how long the oldest run has been waiting for a worker
}

// silent is when a lease has been over for so long that every sweep should have seen it.
const silent = time.Minute

// Vitals looks at the database. Without its tables it returns what it can, and
// everything as missing.
func (s *Store) Vitals(ctx context.Context) (Vitals, error) {
	var v Vitals
	if err := s.sizes(ctx, &v); err != nil {
		return v, err
	}
	list, err := s.MigrateStatus(ctx)
	if err != nil {
		return v, err
	}
	for _, m := range list {
		if m.AppliedAt == nil {
			v.Missing = append(v.Missing, m.Name)
		}
	}
	if len(v.Missing) > 0 {
		return v, nil
	}
	now := time.Now()
	var oldest int64
	err = s.read.NewRaw(`SELECT (SELECT count(*) FROM runs WHERE completed_at IS NULL),
		(SELECT count(*) FROM runs WHERE status = 'running' AND lease_until > 0 AND lease_until < ?),
		(SELECT coalesce(min(created_at), 0) FROM runs WHERE status = 'queued')`, s.clock(s.now().Add(-silent))).Scan(ctx, &v.Open, &v.Abandoned, &oldest)
	if oldest > 0 {
		v.Waiting = now.Sub(fromMicros(oldest))
	}
	return v, failed("look at the runs", err)
}

func (s *Store) sizes(ctx context.Context, v *Vitals) error {
	if s.pool != nil {
		var theirs int64
		before := time.Now()
		err := s.read.NewRaw("SELECT current_setting('server_version'), pg_database_size(current_database()), CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)").
			Scan(ctx, &v.Version, &v.Bytes, &theirs)
		ours := before.Add(time.Since(before) / 2)
		v.Ahead = fromMicros(theirs).Sub(ours)
		return failed("look at the database", err)
	}
	if err := s.read.NewRaw("SELECT sqlite_version()").Scan(ctx, &v.Version); err != nil {
		return failed("look at the database", err)
	}
	var size, pages, free int64
	for name, to := range map[string]*int64{"page_size": &size, "page_count": &pages, "freelist_count": &free} {
		if err := s.read.NewRaw("PRAGMA "+name).Scan(ctx, to); err != nil {
			return failed("look at the database", err)
		}
	}
	v.Bytes, v.Free = pages*size, free*size
	if info, err := os.Stat(s.file + "-wal"); err == nil {
		v.Log = info.Size()
	}
	return nil
}
