package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// Journal keeps what happens in runs.
type Journal interface {
	// Append blocks until all of s is durable, or none of it. It returns
	// [flow.ErrFenced] when the run is held by someone else or is final.
	Append(ctx context.Context, s flow.Step) error
}

// Blobs reads the large values of an owner by their hash.
type Blobs interface {
	// Blob returns the bytes, which must not be changed.
	Blob(ctx context.Context, o flow.Owner, hash string) ([]byte, error)
}

// Workflows finds the workflows that steps call.
type Workflows interface {
	// WorkflowVersion returns a workflow of the owner with the graph of that version;
	// version 0 is the newest.
	WorkflowVersion(ctx context.Context, o flow.Owner, id flow.ID, version int) (flow.Workflow, error)
}

// Config is what an [Engine] is made of. Zero fields get the defaults.
type Config struct {
	Registry    *node.Registry
	Journal     Journal
	Blobs       Blobs
	Cache       Cache     // nil: model calls are never reused
	Workflows   Workflows // nil: no step can call a workflow
	Files       func(flow.Owner) node.Files
	PerRun      int           // nodes of one run in parallel, those of the workflows that it calls included; 16
	PerProcess  int           // nodes of all runs of this engine in parallel; 256
	NodeTimeout time.Duration // of a node without its own; 120 s
	RunTimeout  time.Duration // counted from the run's first start; 600 s
	Answerable  bool          // people can answer nodes that ask, and a run that waits is parked
	Grace       time.Duration // how long a node may take to notice that it was stopped; 2 s
	Logger      *slog.Logger
}

// ErrCancel is the cause with which the context of [Engine.Execute] is canceled
// to end the run as canceled.
var ErrCancel = errors.New("the run was canceled")

// ErrRelease is the cause with which the context of [Engine.Execute] is canceled
// to stop working on the run without ending it: it can be claimed again.
var ErrRelease = errors.New("the run was released")

// Engine executes runs. It is safe for concurrent use.
type Engine struct {
	Config
	slots chan struct{} // one entry per running node of the process
}

// New returns an Engine.
func New(c Config) *Engine {
	c.PerRun = orDefault(c.PerRun, 16)
	c.PerProcess = orDefault(c.PerProcess, 256)
	c.NodeTimeout = orDefault(c.NodeTimeout, 120*time.Second)
	c.RunTimeout = orDefault(c.RunTimeout, 600*time.Second)
	c.Grace = orDefault(c.Grace, 2*time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Files == nil {
		c.Files = func(flow.Owner) node.Files { return noFiles{} }
	}
	return &Engine{Config: c, slots: make(chan struct{}, c.PerProcess)}
}

func orDefault[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Execute works on a claimed run until it is final and returns its status, after
// that status is durable. It blocks; it starts where the claim's results end.
//
// When ctx ends with cause [ErrCancel] the run ends canceled. When ctx ends with
// cause [ErrRelease], or without a cause of ours, what is done is written and
// [ErrRelease] returned: the run stays unfinished and can be claimed again. When
// ctx ends with cause [flow.ErrFenced], or the journal returns it, nothing more is
// written and it is returned. Any other error of the journal is returned too: the
// run stays as the journal has it.
func (e *Engine) Execute(ctx context.Context, c flow.Claim) (flow.RunStatus, error) {
	if c.Run.Status.Final() {
		return c.Run.Status, nil
	}
	return newRun(ctx, e, c).execute()
}

// noFiles is for engines without a file store.
type noFiles struct{}

func (noFiles) Open(context.Context, flow.FileRef) ([]byte, error) {
	return nil, flow.Errorf(flow.Unavailable, "There are no files here.")
}

func (noFiles) Save(context.Context, string, []byte) (flow.FileRef, error) {
	return flow.FileRef{}, flow.Errorf(flow.Unavailable, "Files cannot be kept here.")
}
