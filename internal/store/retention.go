package store

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/uptrace/bun"
)

// DeleteRuns deletes runs that ended before a time, with all that belongs to them,
// at most limit of them, the oldest first. It returns how many.
func (s *Store) DeleteRuns(ctx context.Context, before time.Time, limit int) (int, error) {
	res, err := s.write.NewRaw("DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE completed_at < ? ORDER BY completed_at LIMIT ?)", micros(before), limit).Exec(ctx)
	if err != nil {
		return 0, failed("delete old runs", err)
	}
	n, err := res.RowsAffected()
	return int(n), failed("delete old runs", err)
}

// TrimKeys forgets the idempotency keys whose life is over, and returns how many.
func (s *Store) TrimKeys(ctx context.Context, now time.Time) (int, error) {
	res, err := s.write.NewRaw("DELETE FROM idempotency_keys WHERE ends_at <= ?", micros(now)).Exec(ctx)
	if err != nil {
		return 0, failed("forget old keys", err)
	}
	n, err := res.RowsAffected()
	return int(n), failed("forget old keys", err)
}

// InUse returns how many bytes of an SQLite file hold something, without the large
// values and files that nothing names any more: those are on their way out.
func (s *Store) InUse(ctx context.Context, now time.Time) (int64, error) {
	var v Vitals
	if err := s.sizes(ctx, &v); err != nil {
		return 0, err
	}
	found, err := s.unnamed(ctx, now.Add(fileGrace)) // young ones too: a run just deleted may have named them
	if err != nil {
		return 0, err
	}
	used := v.Bytes - v.Free
	hashes := slices.Collect(maps.Keys(found.blobs))
	for part := range slices.Chunk(hashes, 500) {
		var bytes int64
		if err := s.read.NewRaw("SELECT coalesce(sum(size), 0) FROM blobs WHERE hash IN (?)", bun.List(part)).Scan(ctx, &bytes); err != nil {
			return 0, failed("size of what nothing names", err)
		}
		used -= bytes
	}
	return used, nil
}

// EndedRuns counts the runs that have ended, of all users.
func (s *Store) EndedRuns(ctx context.Context) (int, error) {
	var n int
	err := s.read.NewRaw("SELECT count(*) FROM runs WHERE completed_at IS NOT NULL").Scan(ctx, &n)
	return n, failed("count runs", err)
}

// reclaimPages is how many pages of 4 KiB are given back before other writers get
// their turn.
const reclaimPages = 500

// Reclaim gives free pages of an SQLite file back to the disk, a little at a time, and
// returns how many bytes. PostgreSQL does that by itself.
func (s *Store) Reclaim(ctx context.Context) (int64, error) {
	if s.pool != nil {
		return 0, nil
	}
	before, err := s.pragma(ctx, "freelist_count")
	if err != nil || before == 0 {
		return 0, err
	}
	free := before
	for free > 0 {
		if err := s.vacuum(ctx); err != nil {
			return 0, failed("reclaim", err)
		}
		left, err := s.pragma(ctx, "freelist_count")
		if err != nil {
			return 0, err
		}
		if left >= free {
			break // the file was made without the setting
		}
		free = left
	}
	if _, err := s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return 0, failed("reclaim", err)
	}
	size, err := s.pragma(ctx, "page_size")
	return (before - free) * size, err
}

func (s *Store) pragma(ctx context.Context, name string) (int64, error) {
	var n int64
	err := s.write.NewRaw("PRAGMA "+name).Scan(ctx, &n)
	return n, failed("reclaim", err)
}

// vacuum gives some pages back.
func (s *Store) vacuum(ctx context.Context) error {
	rows, err := s.write.QueryContext(ctx, "PRAGMA incremental_vacuum("+strconv.Itoa(reclaimPages)+")")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() { // each step frees a page
	}
	return rows.Err()
}
