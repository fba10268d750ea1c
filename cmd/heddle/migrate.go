package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"heddle/internal/store"
	"heddle/internal/worker"
)

func migrateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database's tables up to date, or back.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		&cobra.Command{Use: "up", Short: "Apply every migration that is missing.", Args: cobra.NoArgs, RunE: withStore(migrateUp)},
		&cobra.Command{Use: "down", Short: "Take back the newest migration. Data in its tables is lost.", Args: cobra.NoArgs, RunE: withStore(migrateDown)},
		&cobra.Command{Use: "status", Short: "List the migrations and when each was applied.", Args: cobra.NoArgs, RunE: withStore(migrateStatus)},
	)
	return c
}

// withStore opens the configured database for a command.
func withStore(do func(context.Context, *cobra.Command, *store.Store) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		conf, err := loadConfig()
		if err != nil {
			return err
		}
		st, err := store.Open(c.Context(), store.Config{URL: conf.DatabaseURL, Logger: newLogger(c.ErrOrStderr(), conf)})
		if err != nil {
			return err
		}
		defer st.Close()
		return do(c.Context(), c, st)
	}
}

func migrateUp(ctx context.Context, c *cobra.Command, st *store.Store) error {
	names, err := st.Migrate(ctx)
	if err != nil {
		return err
	}
	if err := worker.Migrate(ctx, st); err != nil {
		return err
	}
	for _, n := range names {
		fmt.Fprintln(c.OutOrStdout(), "applied "+n)
	}
	if len(names) == 0 {
		fmt.Fprintln(c.OutOrStdout(), "up to date")
	}
	return nil
}

func migrateDown(ctx context.Context, c *cobra.Command, st *store.Store) error {
	name, err := st.MigrateDown(ctx)
	if err != nil {
		return err
	}
	if name == "" {
		fmt.Fprintln(c.OutOrStdout(), "nothing to take back")
		return nil
	}
	fmt.Fprintln(c.OutOrStdout(), "took back "+name)
	return nil
}

func migrateStatus(ctx context.Context, c *cobra.Command, st *store.Store) error {
	list, err := st.MigrateStatus(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		at := "missing"
		if m.AppliedAt != nil {
			at = m.AppliedAt.UTC().Format(time.RFC3339)
		}
		fmt.Fprintf(c.OutOrStdout(), "%-40s %s\n", m.Name, at)
	}
	return nil
}
