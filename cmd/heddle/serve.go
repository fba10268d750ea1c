package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"

	"heddle/internal/web"
	"heddle/static"
)

// drainTime is how long requests, viewers and runs may take to end after a stop
// was asked for.
const drainTime = 20 * time.Second

func serveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "serve", Short: "Serve the pages and the API, and work on runs.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := loadConfig()
			if err != nil {
				return err
			}
			return serve(c.Context(), conf, newLogger(os.Stderr, conf))
		},
	}
}

// serve runs until ctx ends, then drains and returns nil.
func serve(ctx context.Context, conf Config, log *slog.Logger) error {
	started := time.Now()
	a, err := open(ctx, conf, log, conf.Workers)
	if err != nil {
		return err
	}
	defer a.close()
	if keys := conf.unused(); len(keys) > 0 {
		log.Warn("these settings have no effect in this version", slog.Any("keys", keys))
	}
	shared, err := newRedisRates(conf.RedisURL.Reveal())
	if err != nil {
		return err
	}
	if shared != nil {
		defer shared.close()
	}
	door, err := a.door(shared)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", conf.Addr)
	if err != nil {
		return fmt.Errorf("listen on HEDDLE_ADDR %s: %w", conf.Addr, err)
	}
	if err := a.worker.Start(ctx); err != nil {
		return err
	}
	if err := a.announceSetup(ctx); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- door.Serve(listener) }()
	log.Info("heddle is ready", slog.String("address", conf.BaseURL), slog.String("listens", listener.Addr().String()), slog.String("version", versionText()), slog.Duration("after", time.Since(started).Round(time.Millisecond)))
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	return a.shutdown(ctx, door)
}

// door wires the HTTP server; shared may be nil.
func (a *app) door(shared *redisRates) (*web.Server, error) {
	assets, err := static.Load()
	if err != nil {
		return nil, err
	}
	c := web.Config{
		Studio: a.studio, Assets: assets, Logger: a.log, Version: versionText(), Env: a.conf.Env, BaseURL: a.conf.BaseURL,
		TrustedProxies: a.conf.TrustedProxies, RateAPI: a.conf.RateAPI, RateRuns: a.conf.RateRuns, RateHooks: a.conf.RateHooks,
		SignupOpen: a.conf.Signup == "open", SetupCode: a.setup != "",
	}
	if shared != nil {
		c.Shared = shared
	}
	return web.New(c), nil
}

// shutdown stops in the order that loses nothing: not ready, no new work, viewers
// and requests end, runs finish or are given back, the database closes.
func (a *app) shutdown(ctx context.Context, door *web.Server) error {
	a.log.Info("stopping: a second signal ends at once")
	a.studio.Drain()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := errors.Join(door.Shutdown(ctx), a.worker.Stop(ctx))
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	a.log.Info("stopped")
	return nil
}

func workerCommand() *cobra.Command {
	var concurrency int
	c := &cobra.Command{
		Use: "worker", Short: "Work on runs without serving pages, beside a heddle serve on the same database.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conf, err := loadConfig()
			if err != nil {
				return err
			}
			if !c.Flags().Changed("concurrency") {
				concurrency = conf.Workers
			}
			if concurrency < 1 {
				return &exitError{exitUsage, errors.New("--concurrency must be at least 1")}
			}
			return work(c.Context(), conf, concurrency)
		},
	}
	c.Flags().IntVar(&concurrency, "concurrency", 0, "runs at once (default: HEDDLE_WORKERS)")
	return c
}

func work(ctx context.Context, conf Config, concurrency int) error {
	log := newLogger(os.Stderr, conf)
	a, err := open(ctx, conf, log, concurrency)
	if err != nil {
		return err
	}
	defer a.close()
	if err := a.worker.Start(ctx); err != nil {
		return err
	}
	log.Info("worker is ready", slog.Int("concurrency", concurrency))
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return a.worker.Stop(stop)
}
