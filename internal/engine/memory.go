package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// Memory is a [Journal], [Blobs] and file store in RAM, for runs without a
// server and for benchmarks. It refuses what the database would refuse. It is
// safe for concurrent use.
type Memory struct {
	observe func(flow.Event)
	order   sync.Mutex // keeps observers in the order of the journal

	mu    sync.Mutex
	runs  map[flow.ID]*remembered
	blobs map[blobKey][]byte
	files map[blobKey]memoryFile
	cache map[blobKey]flow.NodeResult
}

type blobKey struct {
	owner flow.Owner
	name  string
}

type memoryFile struct {
	upload flow.Upload
	data   []byte
}

// remembered is the journal of one run.
type remembered struct {
	owner   flow.Owner
	token   int64
	row     flow.RunChange
	events  []flow.Event
	results []flow.NodeResult
	at      map[attemptKey]int // index of results
	logs    []flow.Log
}

type attemptKey struct {
	node, iteration string
	attempt         int
}

// NewMemory returns an empty Memory. Each observer is told every event once, in
// order, after it is kept; it must not call Append.
func NewMemory(observe ...func(flow.Event)) *Memory {
	return &Memory{
		runs: map[flow.ID]*remembered{}, blobs: map[blobKey][]byte{}, files: map[blobKey]memoryFile{}, cache: map[blobKey]flow.NodeResult{},
		observe: func(e flow.Event) {
			for _, f := range observe {
				f(e)
			}
		},
	}
}

// Append adds a step to its run's journal. It returns [flow.ErrFenced] when a
// later token was seen or the run is final, and an error when an event or log
// number is not the next one.
func (m *Memory) Append(_ context.Context, s flow.Step) error {
	m.order.Lock()
	defer m.order.Unlock()
	if err := m.append(s); err != nil {
		return err
	}
	for _, e := range s.Events {
		m.observe(e)
	}
	return nil
}

func (m *Memory) append(s flow.Step) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.run(s.RunID)
	if s.Token < r.token || r.row.Status.Final() {
		return flow.ErrFenced
	}
	if err := r.contiguous(s); err != nil {
		return err
	}
	r.token, r.owner = s.Token, flow.Owner(s.UserID)
	r.events = append(r.events, s.Events...)
	r.logs = append(r.logs, s.Logs...)
	for _, res := range s.Results {
		r.put(res)
		if res.Status == flow.NodeSuccess && res.CacheKey != "" && !res.Cached {
			m.cache[blobKey{flow.Owner(s.UserID), res.CacheKey}] = res
		}
	}
	for _, b := range s.Blobs {
		m.blobs[blobKey{flow.Owner(s.UserID), b.Hash}] = b.Data
	}
	if s.Run != nil {
		r.row = *s.Run
	}
	return nil
}

// Cached returns the newest result with a key.
func (m *Memory) Cached(_ context.Context, o flow.Owner, key string) (flow.NodeResult, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cache[blobKey{o, key}], nil
}

func (m *Memory) run(id flow.ID) *remembered {
	r, ok := m.runs[id]
	if !ok {
		r = &remembered{at: map[attemptKey]int{}}
		m.runs[id] = r
	}
	return r
}

func (r *remembered) contiguous(s flow.Step) error {
	for i, e := range s.Events {
		if want := int64(len(r.events) + i + 1); e.Seq != want {
			return fmt.Errorf("run %s: event %d where %d is next", s.RunID, e.Seq, want)
		}
	}
	for i, l := range s.Logs {
		if want := int64(len(r.logs) + i + 1); l.Seq != want {
			return fmt.Errorf("run %s: log line %d where %d is next", s.RunID, l.Seq, want)
		}
	}
	return nil
}

func (r *remembered) put(res flow.NodeResult) {
	k := attemptKey{res.NodeID, res.Iteration, res.Attempt}
	if i, ok := r.at[k]; ok {
		r.results[i] = res
		return
	}
	r.at[k] = len(r.results)
	r.results = append(r.results, res)
}

// Claim returns the right to go on with a run, with everything kept of it. Holders
// of earlier claims are fenced off. run brings the graph and the inputs.
func (m *Memory) Claim(run flow.Run) flow.Claim {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.run(run.ID)
	r.token++
	if c := r.row; c.Status != "" {
		run.Status, run.Error, run.Counts, run.Usage = c.Status, c.Error, c.Counts, c.Usage
		run.StartedAt, run.CompletedAt, run.Duration = c.StartedAt, c.CompletedAt, c.Duration
	}
	run.Attempt++
	return flow.Claim{
		Run: run, Token: r.token, Seq: int64(len(r.events)), LogSeq: int64(len(r.logs)), Results: slices.Clone(r.results),
	}
}

// Results returns what every attempt of a run came to, in the order of their
// first record. Large outputs are inline.
func (m *Memory) Results(id flow.ID) []flow.NodeResult {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.run(id)
	out := slices.Clone(r.results)
	for i := range out {
		whole := make(flow.Values, len(out[i].Output))
		for port, v := range out[i].Output {
			if ref, ok := v.BlobRef(); ok {
				v = flow.RawValue(m.blobs[blobKey{r.owner, ref.Hash}])
			}
			whole[port] = v
		}
		out[i].Output = whole
	}
	return out
}

// Events returns a run's events in order.
func (m *Memory) Events(id flow.ID) []flow.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.run(id).events)
}

// Logs returns a run's log in order.
func (m *Memory) Logs(id flow.ID) []flow.Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.run(id).logs)
}

// Row returns the run's row as the last step left it.
func (m *Memory) Row(id flow.ID) flow.RunChange {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.run(id).row
}

// Blob returns a large value.
func (m *Memory) Blob(_ context.Context, o flow.Owner, hash string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[blobKey{o, hash}]
	if !ok {
		return nil, flow.Errorf(flow.NotFound, "There is no such value.")
	}
	return b, nil
}

// Files returns the files of an owner.
func (m *Memory) Files(o flow.Owner) node.Files { return memoryFiles{m, o} }

type memoryFiles struct {
	memory *Memory
	owner  flow.Owner
}

// Open returns the bytes of a file of the owner.
func (f memoryFiles) Open(_ context.Context, ref flow.FileRef) ([]byte, error) {
	f.memory.mu.Lock()
	defer f.memory.mu.Unlock()
	file, ok := f.memory.files[blobKey{f.owner, string(ref.File)}]
	if !ok {
		return nil, flow.Errorf(flow.NotFound, "There is no file %s.", ref.File)
	}
	return file.data, nil
}

// Save keeps a copy of data and returns its reference.
func (f memoryFiles) Save(_ context.Context, name string, data []byte) (flow.FileRef, error) {
	u, err := node.Describe(name, data)
	if err != nil {
		return flow.FileRef{}, err
	}
	f.memory.mu.Lock()
	defer f.memory.mu.Unlock()
	f.memory.files[blobKey{f.owner, string(u.ID)}] = memoryFile{u, slices.Clone(data)}
	return u.Ref(), nil
}
