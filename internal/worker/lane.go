package worker

import (
	"sync"

	"heddle/internal/flow"
)

// direct is the trigger of a run that the process which accepted it starts by
// itself. The queue's rows were a third of the CPU of a short run.
const direct = "direct"

// laneRoom is how many runs may wait in the lane of a process that has its database
// for itself, as it is on SQLite.
const laneRoom = 10_000

// laneBytes is how much of the waiting runs' graphs and inputs is kept for their
// claims; what is beyond it is read again, so that a long lane costs little memory.
const laneBytes = 16 << 20

// lane holds the runs that this process promised to start (rule E11): committed, in
// memory only by their ids, and on disk as promised to this process, so that its next
// start or another machine's sweep takes them over. Owners take turns, and none has
// more than three quarters of the slots (trust.md N4).
type lane struct {
	mu     sync.Mutex
	slots  int
	share  int // of one owner
	open   bool
	alone  bool // no other process works on the database
	size   int
	bytes  int // of the whole ones
	owners map[flow.ID]*line
	turn   []*line // those with waiting runs, the next first
	ids    map[flow.ID]bool
	news   chan struct{}
}

// line is the runs of one owner.
type line struct {
	owner   flow.ID
	waiting []promised
	running int
}

// promised is a run in the lane, with its row and its graph when bytes is not 0.
type promised struct {
	run   flow.Run
	graph *flow.Graph
	bytes int
}

// weight is about how much memory a run takes.
func weight(r flow.Run) int {
	n := 1024 + 2*(len(r.Nodes)+len(r.Edges))
	for _, v := range r.Inputs {
		n += len(v.Raw())
	}
	return n
}

func newLane(slots int) *lane {
	return &lane{
		slots: slots, share: max(1, slots-max(1, slots/4)), owners: map[flow.ID]*line{}, ids: map[flow.ID]bool{}, news: make(chan struct{}, 1),
	}
}

// takes reports whether a run of the owner may come into the lane. With others on the
// same database only free slots count, so that a run never waits here while another
// machine is idle.
func (l *lane) takes(owner flow.ID, busy int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open || l.alone {
		return l.open && l.size < laneRoom
	}
	most := l.share
	if l.owners[owner] == nil {
		most = l.slots
	}
	return busy+l.size < most
}

// push adds a run; it reports false when the lane is closed.
func (l *lane) push(p promised) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.open {
		return false
	}
	id, owner := p.run.ID, p.run.UserID
	n := l.owners[owner]
	if n == nil {
		n = &line{owner: owner}
		l.owners[owner] = n
	}
	if l.bytes+p.bytes > laneBytes {
		p = promised{run: flow.Run{ID: id, UserID: owner}}
	}
	l.bytes += p.bytes
	if n.waiting = append(n.waiting, p); len(n.waiting) == 1 {
		l.turn = append(l.turn, n)
	}
	l.size++
	l.ids[id] = true
	l.tell()
	return true
}

func (l *lane) tell() {
	select {
	case l.news <- struct{}{}:
	default:
	}
}

// next takes the run whose turn it is, if any may start.
func (l *lane) next() (promised, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range l.turn {
		if n.running >= l.share {
			continue
		}
		p := n.waiting[0]
		n.waiting = n.waiting[1:]
		n.running++
		l.turn = append(l.turn[:i], l.turn[i+1:]...)
		if len(n.waiting) > 0 {
			l.turn = append(l.turn, n)
		} else {
			n.waiting = nil
		}
		l.size--
		l.bytes -= p.bytes
		delete(l.ids, p.run.ID)
		return p, true
	}
	return promised{}, false
}

// may reports whether a run could start, were a slot free.
func (l *lane) may() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.turn {
		if n.running < l.share {
			return true
		}
	}
	return false
}

// ended frees the owner's place.
func (l *lane) ended(owner flow.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.owners[owner]
	if n.running--; n.running == 0 && len(n.waiting) == 0 {
		delete(l.owners, owner)
	}
	l.tell()
}

func (l *lane) has(id flow.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ids[id]
}

func (l *lane) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

// close takes nothing more and returns what waits, in turn.
func (l *lane) close() []flow.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = false
	return l.empty()
}

// shared says whether this process is alone. When it no longer is, it returns what
// waits, for the others to take too.
func (l *lane) shared(alone bool) []flow.ID {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.alone
	l.alone = alone
	if was && !alone {
		return l.empty()
	}
	return nil
}

func (l *lane) empty() []flow.ID {
	var out []flow.ID
	for _, n := range l.turn {
		for _, p := range n.waiting {
			out = append(out, p.run.ID)
		}
		n.waiting = nil
	}
	l.turn, l.size, l.bytes = nil, 0, 0
	clear(l.ids)
	return out
}
