package store

import (
	"context"
	"strconv"
	"time"
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
