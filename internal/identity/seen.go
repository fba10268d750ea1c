package identity

import (
	"sync"
	"time"

	"heddle/internal/flow"
)

// seen remembers when a session or token was last written as used, so that many
// requests at once write it once.
type seen struct {
	mu   sync.Mutex
	last map[flow.ID]time.Time
}

func newSeen() *seen { return &seen{last: map[flow.ID]time.Time{}} }

const touchEvery = time.Minute

// due reports whether id, written at stored, should be written again, and if so
// notes that the caller does it.
func (s *seen) due(id flow.ID, stored, now time.Time) bool {
	if now.Sub(stored) < touchEvery {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.last[id]
	if known && now.Sub(last) < touchEvery {
		return false
	}
	if !known {
		makeRoom(s.last, func(t time.Time) bool { return now.Sub(t) >= touchEvery })
	}
	s.last[id] = now
	return true
}
