// Package store holds all SQL. Rows go in and out as flow values; errors of the
// database become flow errors by their code, never by their text. Every query on
// a user's data names the owner.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"heddle/internal/flow"
)

// Config is what a Store is opened with.
type Config struct {
	URL    string                    // file:heddle.db or postgres://...
	Logger *slog.Logger              // nil: no log
	Touch  func(topic string)        // called after commits with hub topics; nil: nobody watches
	SQLite func(name string) *sql.DB // opens a pool on an SQLite file; nil: the product's driver. The proofs give one whose disk fails
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	write *bun.DB // SQLite: one connection, immediate transactions; PostgreSQL: the pool
	read  *bun.DB // SQLite: read-only connections; PostgreSQL: the pool
	pool  *pgxpool.Pool
	log   *slog.Logger
	touch func(string)
	hints *hints // nil on SQLite, which one process has

	condemned condemned // of the last look, see [Store.Collect]

	writes chan *write
	done   chan struct{}
	quit   chan struct{}
	now    func() time.Time
	name   string // of this process among PostgreSQL's connections
	file   string // of SQLite; "" on PostgreSQL
}

// Open opens the database; it applies no migration. The caller closes the Store.
func Open(ctx context.Context, c Config) (*Store, error) {
	s := &Store{now: time.Now, log: c.Logger, touch: c.Touch, writes: make(chan *write, 1024), done: make(chan struct{}), quit: make(chan struct{})}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.touch == nil {
		s.touch = func(string) {}
	}
	if c.SQLite == nil {
		c.SQLite = openCached
	}
	open := func(ctx context.Context, raw string) error { return s.openSQLite(ctx, raw, c.SQLite) }
	if strings.HasPrefix(c.URL, "postgres://") || strings.HasPrefix(c.URL, "postgresql://") {
		open = s.openPostgres
	}
	if err := open(ctx, c.URL); err != nil {
		return nil, err
	}
	s.startCommits()
	return s, nil
}

// writerPragmas are the settings of stack.md: durable, one writer, space given back.
const writerPragmas = "_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=auto_vacuum(INCREMENTAL)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=temp_store(2)&_pragma=cache_size(-16000)&_pragma=journal_size_limit(67108864)&_pragma=trusted_schema(0)&_pragma=mmap_size(0)"

const readerPragmas = "_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=temp_store(2)&_pragma=cache_size(-16000)&_pragma=trusted_schema(0)&_pragma=mmap_size(0)"

func (s *Store) openSQLite(ctx context.Context, raw string, open func(name string) *sql.DB) error {
	path := strings.TrimPrefix(raw, "file:")
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	s.file = path
	if err := makePrivate(path); err != nil {
		return fmt.Errorf("open database file %s (does its folder exist, and may this user write there?): %w", path, err)
	}
	name := fileName(path)
	writer := open(name + "?" + writerPragmas)
	writer.SetMaxOpenConns(1)
	writer.SetConnMaxLifetime(0)
	reader := open(name + "?" + readerPragmas)
	n := max(4, runtime.NumCPU())
	reader.SetMaxOpenConns(n)
	reader.SetMaxIdleConns(n)
	s.write, s.read = bun.NewDB(writer, sqlitedialect.New()), bun.NewDB(reader, sqlitedialect.New())
	if err := s.write.PingContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("open database file %s (does its folder exist, and may this user write there?): %w", path, err), s.write.Close(), s.read.Close())
	}
	return nil
}

// makePrivate makes a database file that only its owner may read, if there is none.
// SQLite gives the files it puts beside it the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return err
	}
	return f.Close()
}

// fileName is how SQLite is told of a file, whatever signs its path has.
func fileName(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

func (s *Store) openPostgres(ctx context.Context, raw string) error {
	conf, err := pgxpool.ParseConfig(raw)
	if err != nil {
		return fmt.Errorf("DATABASE_URL is not a PostgreSQL address: %w", err)
	}
	conf.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	s.name = processMark + rand.Text()
	conf.ConnConfig.RuntimeParams["application_name"] = s.name
	pool, err := pgxpool.NewWithConfig(ctx, conf)
	if err != nil {
		return fmt.Errorf("open PostgreSQL: %w", err)
	}
	ping, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := pool.Ping(ping); err != nil {
		pool.Close()
		return fmt.Errorf("reach PostgreSQL at %s: %w", conf.ConnConfig.Host, err)
	}
	s.pool = pool
	s.hints = newHints(pool, s.log, s.touch)
	s.touch = s.hints.give
	s.write = bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New())
	s.read = s.write
	return nil
}

// processMark begins the name that a process gives to its connections.
const processMark = "heddle/"

// Alone reports whether no other process of Heddle is connected to the database. On
// SQLite that is taken for granted.
func (s *Store) Alone(ctx context.Context) (bool, error) {
	if s.pool == nil {
		return true, nil
	}
	var others int
	err := s.read.NewRaw("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE ? AND application_name <> ?", processMark+"%", s.name).Scan(ctx, &others)
	return others == 0, failed("look for other processes", err)
}

// Join tells the other processes on the database that this one begins to work.
func (s *Store) Join() { s.touch(flow.ProcessesTopic) }

// Close commits what waits, and closes the database.
func (s *Store) Close() error {
	close(s.quit)
	<-s.done
	if s.hints != nil {
		s.hints.stop()
	}
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	if s.pool != nil {
		s.pool.Close()
	}
	return err
}

// Ping reads from the database.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return failed("ping", s.read.NewRaw("SELECT 1").Scan(ctx, &one))
}

// Dialect is "sqlite" or "postgres".
func (s *Store) Dialect() string {
	if s.pool != nil {
		return "postgres"
	}
	return "sqlite"
}

// Writer is SQLite's single-connection write pool, for the queue; nil on PostgreSQL.
func (s *Store) Writer() *sql.DB {
	if s.pool != nil {
		return nil
	}
	return s.write.DB
}

// Pool is PostgreSQL's pool, for the queue; nil on SQLite.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Tx is a transaction in which the queue may write too.
type Tx struct {
	bun.IDB
	owner  flow.Owner // whose run is being enqueued
	driver any
}

// Open counts the unfinished runs of the owner whose run is being enqueued, up to 200.
func (t *Tx) Open(ctx context.Context) (int, error) {
	var n int
	err := t.NewRaw("SELECT count(*) FROM (SELECT 1 FROM runs WHERE user_id = ? AND completed_at IS NULL LIMIT 200) AS n", t.owner).Scan(ctx, &n)
	return n, err
}

// exec runs a statement of a hot path with its arguments apart from the text, so
// that the connection can keep it compiled.
func (t *Tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	switch tx := t.driver.(type) {
	case *sql.Tx:
		return tx.ExecContext(ctx, query, args...)
	case pgx.Tx:
		if text, args, ok := prepared(query, args); ok {
			tag, err := tx.Exec(ctx, text, args...)
			return driver.RowsAffected(tag.RowsAffected()), err
		}
	}
	return t.NewRaw(query, args...).Exec(ctx)
}

// Driver is *sql.Tx on SQLite and pgx.Tx on PostgreSQL.
func (t *Tx) Driver() any { return t.driver }

// inTx runs do in one transaction: all of it happens, or nothing.
func (s *Store) inTx(ctx context.Context, do func(context.Context, *Tx) error) error {
	if s.pool == nil {
		return s.write.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
			return do(ctx, &Tx{IDB: tx, driver: tx.Tx})
		})
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return fmt.Errorf("take connection: %w", err)
	}
	defer conn.Close()
	var session *pgx.Conn
	err = conn.Raw(func(raw any) error {
		std, ok := raw.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connection is a %T", raw)
		}
		session = std.Conn()
		return nil
	})
	if err != nil {
		return err
	}
	tx, err := session.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	if err := do(ctx, &Tx{IDB: conn, driver: tx}); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
