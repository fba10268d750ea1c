package store

import (
	"context"
	"errors"
	"sync"

	"heddle/internal/flow"
)

// write is a piece of a transaction that waits for its commit. It may be done
// twice, when the first transaction fails, so it sets what it finds anew each time.
type write struct {
	do  func(ctx context.Context, tx *Tx) error
	err chan error
}

// maxBatch is the most writes that one transaction gathers.
const maxBatch = 256

// errClosed answers writes that come after Close.
var errClosed = errors.New("the database is closed")

// together does a small write in one transaction with whatever else is waiting,
// and returns when it is durable: many callers share one sync of the disk. A ctx
// that ends before the write was taken withdraws it; after that the outcome is told.
//
// [flow.ErrFenced] from do means that it wrote nothing and harms no other write.
func (s *Store) together(ctx context.Context, do func(ctx context.Context, tx *Tx) error) error {
	w := &write{do: do, err: make(chan error, 1)}
	select {
	case s.writes <- w:
	case <-s.quit:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-w.err:
		return err
	case <-s.done:
		select {
		case err := <-w.err:
			return err
		default:
			return errClosed
		}
	}
}

// committers is how many goroutines commit on PostgreSQL, where each statement waits
// for the network. SQLite has one writer.
const committers = 8

func (s *Store) startCommits() {
	var all sync.WaitGroup
	n := committers
	if s.pool == nil {
		n = 1
	}
	for range n {
		all.Go(s.commitWrites)
	}
	go func() { all.Wait(); close(s.done) }()
}

// commitWrites takes what waits, commits it, and takes what gathered meanwhile.
func (s *Store) commitWrites() {
	for {
		select {
		case w := <-s.writes:
			s.commit(s.gather(w))
		case <-s.quit:
			for {
				select {
				case w := <-s.writes:
					s.commit(s.gather(w))
				default:
					return
				}
			}
		}
	}
}

func (s *Store) gather(first *write) []*write {
	batch := []*write{first}
	for len(batch) < maxBatch {
		select {
		case w := <-s.writes:
			batch = append(batch, w)
		default:
			return batch
		}
	}
	return batch
}

// commit does a batch in one transaction. When that fails, each write gets a
// transaction of its own, so that one bad write harms no other.
func (s *Store) commit(batch []*write) {
	results := make([]error, len(batch))
	err := s.inTx(context.Background(), func(ctx context.Context, tx *Tx) error {
		for i, w := range batch {
			results[i] = w.do(ctx, tx)
			if results[i] != nil && !errors.Is(results[i], flow.ErrFenced) {
				return results[i]
			}
		}
		return nil
	})
	if err != nil && len(batch) > 1 {
		for _, w := range batch {
			s.commit([]*write{w})
		}
		return
	}
	for i, w := range batch {
		if err != nil {
			results[i] = err
		}
		w.err <- results[i]
	}
}
