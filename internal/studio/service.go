package studio

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/hub"
	"heddle/internal/identity"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/store"
)

// Queue hands accepted runs to the workers.
type Queue interface {
	// Accept says, in the transaction that stores a new run, how it will be started.
	Accept(ctx context.Context, tx *store.Tx, r flow.Run) (store.Trigger, error)
	// Accepted starts a run, or wakes a worker, after that transaction was committed.
	// The graph is the run's, and is not changed.
	Accepted(r flow.Run, g flow.Graph)
	// Enqueue adds a job for a run that goes on to the transaction and returns its id.
	Enqueue(ctx context.Context, tx *store.Tx, run flow.ID) (string, error)
	// Wake tells idle workers that a job was committed.
	Wake()
	// Check reports whether the queue works.
	Check(ctx context.Context) error
}

// Config is what a Service is made of.
type Config struct {
	Store    *store.Store
	Identity *identity.Service
	Engine   *engine.Engine // finishes queued runs that are cancelled
	Registry *node.Registry
	Models   *llm.Models
	Secrets  Secrets
	Hub      *hub.Hub
	Queue    Queue
	Examples []flow.Workflow // given to every new account
	Budget   flow.Budget     // the most that a run may use
	Version  string
	Logger   *slog.Logger
}

// Service is the product without a door.
type Service struct {
	store    *store.Store
	identity *identity.Service
	engine   *engine.Engine
	registry *node.Registry
	models   *llm.Models
	secrets  Secrets
	hub      *hub.Hub
	queue    Queue
	examples []flow.Workflow
	budget   flow.Budget
	version  string
	log      *slog.Logger
	draining atomic.Bool
}

// New returns a Service.
func New(c Config) *Service {
	return &Service{
		store: c.Store, identity: c.Identity, engine: c.Engine, registry: c.Registry, models: c.Models, secrets: c.Secrets,
		hub: c.Hub, queue: c.Queue, examples: c.Examples, budget: c.Budget, version: c.Version, log: c.Logger,
	}
}

// ByID names one object by the id in the path.
type ByID struct {
	ID flow.ID `path:"id" doc:"The object's id." maxLength:"64"`
}

// Done is the answer of a use case that has nothing to tell.
type Done struct{}

// Health says whether the parts of the server work.
type Health struct {
	Status    string            `json:"status" enum:"ok,error"`
	Timestamp time.Time         `json:"timestamp"`
	Version   string            `json:"version"`
	Checks    map[string]string `json:"checks"`
	Error     string            `json:"error,omitempty"`
}

// Health checks the database and the queue, each within 2 seconds.
func (s *Service) Health(ctx context.Context) Health {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	h := Health{Status: "ok", Timestamp: time.Now().UTC(), Version: s.version, Checks: map[string]string{}}
	s.check(&h, "database", s.store.Ping(ctx))
	s.check(&h, "queue", s.queue.Check(ctx))
	return h
}

func (s *Service) check(h *Health, part string, err error) {
	if err == nil {
		h.Checks[part] = "ok"
		return
	}
	s.log.Error("health check failed", slog.String("part", part), slog.Any("error", err))
	h.Checks[part] = "error"
	h.Status = "error"
	if h.Error != "" {
		h.Error += " "
	}
	h.Error += "The " + part + " does not answer."
}

// Drain makes Ready false: the server is about to stop.
func (s *Service) Drain() { s.draining.Store(true) }

// Ready reports whether new work is welcome.
func (s *Service) Ready(ctx context.Context) bool {
	return !s.draining.Load() && s.Health(ctx).Status == "ok"
}
