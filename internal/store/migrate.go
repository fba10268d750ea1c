package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/uptrace/bun/migrate"

	"heddle/migrations"
)

// Migration is one step of the tables' history.
type Migration struct {
	Name      string
	AppliedAt *time.Time // nil: missing here
}

func (s *Store) migrator(ctx context.Context) (*migrate.Migrator, error) {
	files, err := fs.Sub(migrations.Files, s.Dialect())
	if err != nil {
		return nil, err
	}
	set := migrate.NewMigrations()
	if err := set.Discover(files); err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	m := migrate.NewMigrator(s.write, set, migrate.WithMarkAppliedOnSuccess(true))
	if err := m.Init(ctx); err != nil {
		return nil, failed("prepare migrations", err)
	}
	return m, nil
}

// Migrate applies every missing migration, under a lock on PostgreSQL, and returns their names.
func (s *Store) Migrate(ctx context.Context) ([]string, error) {
	m, err := s.migrator(ctx)
	if err != nil {
		return nil, err
	}
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	group, err := m.Migrate(ctx)
	if err != nil {
		return nil, failed("migrate", err)
	}
	names := []string{}
	for _, mg := range group.Migrations {
		names = append(names, mg.Name+"_"+mg.Comment)
	}
	return names, nil
}

// migrationLock is the number of PostgreSQL's advisory lock for migrations.
const migrationLock = 0x68656464 // "hedd"

// lockMigrations lets one process migrate at a time. SQLite's single writer needs no lock.
func (s *Store) lockMigrations(ctx context.Context) (func(), error) {
	if s.pool == nil {
		return func() {}, nil
	}
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, failed("lock migrations", err)
	}
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock($1)", migrationLock); err != nil {
		conn.Release()
		return nil, failed("lock migrations", err)
	}
	return func() {
		_, err := conn.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", migrationLock)
		if err != nil {
			_ = conn.Conn().Close(context.WithoutCancel(ctx)) // ending the session ends the lock
		}
		conn.Release()
	}, nil
}

// MigrateDown takes the newest migration back and returns its name, or "".
func (s *Store) MigrateDown(ctx context.Context) (string, error) {
	m, err := s.migrator(ctx)
	if err != nil {
		return "", err
	}
	group, err := m.Rollback(ctx)
	if err != nil || len(group.Migrations) == 0 {
		return "", failed("take migration back", err)
	}
	mg := group.Migrations[0]
	return mg.Name + "_" + mg.Comment, nil
}

// MigrateStatus lists the migrations, oldest first.
func (s *Store) MigrateStatus(ctx context.Context) ([]Migration, error) {
	m, err := s.migrator(ctx)
	if err != nil {
		return nil, err
	}
	all, err := m.MigrationsWithStatus(ctx)
	if err != nil {
		return nil, failed("read migrations", err)
	}
	out := make([]Migration, 0, len(all))
	for _, mg := range all {
		one := Migration{Name: mg.Name + "_" + mg.Comment}
		if mg.IsApplied() {
			one.AppliedAt = new(mg.MigratedAt)
		}
		out = append(out, one)
	}
	if len(out) == 0 {
		return nil, errors.New("no migrations in this binary")
	}
	return out, nil
}
