package store

import (
	"context"
	"database/sql"
	"regexp"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"heddle/internal/flow"
)

// How old something must be that nothing names before it is collected.
const (
	blobGrace = time.Hour          // since it was last stored
	fileGrace = 7 * 24 * time.Hour // a picture may wait in an editor that is not saved
	twice     = time.Hour          // between the two looks that must both find it unnamed
)

// Collected counts what was removed.
type Collected struct {
	Files int
	Blobs int
	Bytes int64 // of the blobs
}

// condemned is what the last look found unnamed, and when that was.
type condemned struct {
	mu    sync.Mutex
	at    time.Time
	files map[string]bool
	blobs map[string]bool
}

// Collect removes files and large values that nothing names any more: no workflow
// or version of one, no run, no result, no cached result (rule E19).
//
// It marks and sweeps: one snapshot of the database is read, and what it does not
// name is condemned. What was condemned by the look before, at least an hour ago, and
// is so still, is deleted. A value that is stored again meanwhile gets a new date and
// is left alone; a reference that was on its way during the first look is seen by the
// second. now is the time; the first call never deletes.
func (s *Store) Collect(ctx context.Context, now time.Time) (Collected, error) {
	s.condemned.mu.Lock()
	defer s.condemned.mu.Unlock()
	var out Collected
	found, err := s.unnamed(ctx, now)
	if err != nil {
		return out, err
	}
	last := &s.condemned
	if !last.at.IsZero() && now.Sub(last.at) < twice {
		return out, nil // too soon: the former look counts
	}
	files, blobs := both(found.files, last.files), both(found.blobs, last.blobs)
	last.at, last.files, last.blobs = now, found.files, found.blobs
	if out.Files, _, err = s.sweep(ctx, "DELETE FROM files WHERE id IN (?) AND created_at < ? RETURNING size", files, now.Add(-fileGrace)); err != nil {
		return out, err
	}
	out.Blobs, out.Bytes, err = s.sweep(ctx, "DELETE FROM blobs WHERE hash IN (?) AND created_at < ? AND NOT EXISTS (SELECT 1 FROM files WHERE files.hash = blobs.hash) RETURNING size", blobs, now.Add(-blobGrace))
	return out, err
}

func both(a, b map[string]bool) []string {
	var out []string
	for k := range a {
		if b[k] {
			out = append(out, k)
		}
	}
	return out
}

// sweep deletes in small transactions and returns how many rows went, and their size.
func (s *Store) sweep(ctx context.Context, query string, names []string, before time.Time) (n int, bytes int64, err error) {
	const atOnce = 100
	for len(names) > 0 && err == nil {
		part := names[:min(atOnce, len(names))]
		names = names[len(part):]
		var sizes []int64
		err = s.write.NewRaw(query, bun.List(part), micros(before)).Scan(ctx, &sizes)
		n += len(sizes)
		for _, size := range sizes {
			bytes += size
		}
	}
	return n, bytes, failed("collect", err)
}

// naming lists every place that can name a file or a large value.
func naming() []string {
	return []string{
		"SELECT nodes, '' FROM workflows WHERE nodes LIKE '%file\\_%' ESCAPE '\\'",
		"SELECT nodes, '' FROM workflow_versions WHERE nodes LIKE '%file\\_%' ESCAPE '\\'",
		"SELECT nodes, inputs FROM runs WHERE nodes LIKE '%file\\_%' ESCAPE '\\' OR inputs LIKE '%file\\_%' ESCAPE '\\' OR inputs LIKE '%$blob%'",
		"SELECT inputs, output FROM node_results WHERE inputs LIKE '%file\\_%' ESCAPE '\\' OR output LIKE '%file\\_%' ESCAPE '\\' OR inputs LIKE '%$blob%' OR output LIKE '%$blob%'",
		"SELECT output, '' FROM cached_results WHERE output LIKE '%file\\_%' ESCAPE '\\' OR output LIKE '%$blob%'",
	}
}

// names finds ids of files and hashes in JSON, wherever they stand: what only looks
// like one keeps something alive, which does no harm.
var names = regexp.MustCompile(string(flow.FilePrefix) + `_[0-9a-z]{20,30}|[0-9a-f]{64}`)

// unnamed returns the files and blobs that are old enough and that nothing names.
func (s *Store) unnamed(ctx context.Context, now time.Time) (*condemned, error) {
	found := &condemned{files: map[string]bool{}, blobs: map[string]bool{}}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return nil, failed("begin a look", err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := candidates(ctx, tx, "SELECT id FROM files WHERE created_at < ?", now.Add(-fileGrace), found.files); err != nil {
		return nil, err
	}
	if err := candidates(ctx, tx, "SELECT hash FROM blobs WHERE created_at < ? AND NOT EXISTS (SELECT 1 FROM files WHERE files.hash = blobs.hash)", now.Add(-blobGrace), found.blobs); err != nil {
		return nil, err
	}
	for _, query := range naming() {
		if len(found.files)+len(found.blobs) == 0 {
			break
		}
		err := each(ctx, tx, query, func(text string) {
			for _, name := range names.FindAllString(text, -1) {
				delete(found.files, name)
				delete(found.blobs, name)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

func candidates(ctx context.Context, tx bun.Tx, query string, before time.Time, into map[string]bool) error {
	var list []string
	err := tx.NewRaw(query, micros(before)).Scan(ctx, &list)
	for _, name := range list {
		into[name] = true
	}
	return failed("find what is old", err)
}

// each calls do with every text of a query that gives two columns.
func each(ctx context.Context, tx bun.Tx, query string, do func(text string)) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return failed("read names", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a, b sql.RawBytes
		if err := rows.Scan(&a, &b); err != nil {
			return failed("read names", err)
		}
		do(string(a))
		do(string(b))
	}
	return failed("read names", rows.Err())
}
