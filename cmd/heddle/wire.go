package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"heddle/internal/egress"
	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/gallery"
	"heddle/internal/hub"
	"heddle/internal/identity"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
	"heddle/internal/sandbox"
	"heddle/internal/store"
	"heddle/internal/studio"
	"heddle/internal/worker"
	"heddle/static"
)

// app is the wired product without its HTTP door.
type app struct {
	conf     Config
	log      *slog.Logger
	store    *store.Store
	hub      *hub.Hub
	worker   *worker.Worker
	identity *identity.Service
	studio   *studio.Service
	setup    string // one-time code for the first account, or ""
}

// open wires the product: database migrated, queue ready, nothing started.
// workers is how many runs this process works on at once; 0 for none.
func open(ctx context.Context, conf Config, log *slog.Logger, workers int) (*app, error) {
	h := hub.New()
	st, err := store.Open(ctx, store.Config{URL: conf.DatabaseURL, Logger: log, Touch: h.Touch})
	if err != nil {
		return nil, err
	}
	a := &app{conf: conf, log: log, store: st, hub: h}
	if err := a.wire(ctx, workers); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return a, nil
}

func (a *app) wire(ctx context.Context, workers int) error {
	if err := migrate(ctx, a.store); err != nil {
		return err
	}
	findOllama(ctx, &a.conf)
	client := modelHTTP(a.conf)
	models := providers(a.conf, client)
	secrets, err := a.secrets(ctx)
	if err != nil {
		return err
	}
	kinds, err := registry(a.conf, models, secrets)
	if err != nil {
		return err
	}
	eng := engine.New(engine.Config{
		Registry: kinds, Journal: a.store, Blobs: a.store, Cache: a.store, Workflows: a.store, Files: studio.NodeFiles(a.store),
		Answerable: true, RunTimeout: a.conf.RunMaxDuration, Logger: a.log,
	})
	if a.worker, err = worker.New(worker.Config{Store: a.store, Engine: eng, Hub: a.hub, Concurrency: workers, Logger: a.log, FirstRuns: a.conf.RunsPerUser, KeepRuns: time.Duration(a.conf.KeepRunsDays) * 24 * time.Hour, KeepBytes: a.conf.keepBytes()}); err != nil {
		return err
	}
	if err := a.wireIdentity(client); err != nil {
		return err
	}
	a.studio = studio.New(studio.Config{
		Store: a.store, Identity: a.identity, Engine: eng, Registry: kinds, Models: models, Secrets: secrets, Hub: a.hub, Queue: a.worker,
		Examples: examples(), Budget: a.conf.budget(), Version: versionText(), Logger: a.log,
	})
	return nil
}

func migrate(ctx context.Context, st *store.Store) error {
	if _, err := st.Migrate(ctx); err != nil {
		return err
	}
	return worker.Migrate(ctx, st)
}

// httpTime is the longest request of a step, the reading of the answer included.
const httpTime = 5 * time.Minute

// registry returns the node kinds, with the given models behind llm and vision. It
// fails when the embedded sandbox module is not the pinned one.
func registry(conf Config, models *llm.Models, secrets nodes.Secrets) (*node.Registry, error) {
	module, err := static.Module()
	if err != nil {
		return nil, err
	}
	// An API may think for minutes before it answers; a picture has a minute of its own.
	client := egress.Client(egress.Config{AllowHostPorts: conf.EgressAllow, HeaderTimeout: httpTime, Timeout: httpTime})
	return node.NewRegistry(nodes.All(nodes.Deps{Models: models, HTTP: client, Secrets: secrets, Code: sandbox.New(module)})...), nil
}

// newAccountExamples is how many of the gallery a new account gets.
const newAccountExamples = 3

func examples() []flow.Workflow {
	var out []flow.Workflow
	for _, e := range gallery.All()[:newAccountExamples] {
		out = append(out, flow.Workflow{Name: e.Name, Description: e.Description, Tags: e.Tags, Nodes: e.Nodes, Edges: e.Edges})
	}
	return out
}

// openTool wires the product for a command that does one thing and ends.
func openTool(c *cobra.Command) (*app, error) {
	conf, err := loadConfig()
	if err != nil {
		return nil, err
	}
	conf.LogLevel = "warn"
	return open(c.Context(), conf, newLogger(c.ErrOrStderr(), conf), 0)
}

func (a *app) close() {
	if err := a.store.Close(); err != nil {
		a.log.Error("database not closed cleanly", slog.Any("error", err))
	}
}

// announceSetup prints the one-time code when the first account is still to be made.
func (a *app) announceSetup(ctx context.Context) error {
	first, err := a.studio.NeedsSetup(ctx)
	if err != nil || !first {
		return err
	}
	if a.setup == "" {
		a.log.Info("no account yet: open the address below and create the first one")
		return nil
	}
	a.log.Warn("no account yet: open /setup and enter this one-time code", slog.String("setup_code", a.setup))
	return nil
}

// setupCode returns a fresh one-time code of 80 random bits, in groups.
func setupCode() string {
	s := rand.Text()[:16]
	return fmt.Sprintf("%s-%s-%s-%s", s[:4], s[4:8], s[8:12], s[12:])
}
