package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/schema"
	"modernc.org/sqlite"
)

// openCached opens an SQLite pool whose connections keep their compiled
// statements. Parsing SQL was a third of the CPU of a run; the queue's and the
// journal's statements come again and again with other arguments.
func openCached(name string) *sql.DB {
	return sql.OpenDB(connector{name: name, driver: &sqlite.Driver{}})
}

type connector struct {
	name   string
	driver *sqlite.Driver
}

// Connect opens one connection.
func (c connector) Connect(context.Context) (driver.Conn, error) {
	raw, err := c.driver.Open(c.name)
	if err != nil {
		return nil, err
	}
	inner, ok := raw.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("SQLite's connection is a %T", raw), raw.Close())
	}
	return &conn{sqliteConn: inner, kept: map[string]*kept{}}, nil
}

// openFile opens an SQLite file of any path with these parameters.
func openFile(path, params string) driver.Connector {
	return connector{name: fileName(path) + "?" + params, driver: &sqlite.Driver{}}
}

// Driver returns SQLite's driver.
func (c connector) Driver() driver.Driver { return c.driver }

// sqliteConn is what SQLite's connections can do and database/sql asks for.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// maxKept is how many compiled statements a connection keeps.
const maxKept = 128

// conn is a connection that keeps the statements which take arguments. What has
// none is text with its values in it, and seldom comes twice.
type conn struct {
	sqliteConn
	kept map[string]*kept
	turn int
}

// kept is a compiled statement; busy while its rows are being read.
type kept struct {
	stmt sqliteStmt
	busy bool
	turn int // when it was last used
}

type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext runs a statement that gives no rows.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.statement(ctx, query, args)
	if err != nil || k == nil {
		if err != nil {
			return nil, err
		}
		return c.sqliteConn.ExecContext(ctx, query, args)
	}
	return k.stmt.ExecContext(ctx, args)
}

// QueryContext runs a statement that gives rows.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.statement(ctx, query, args)
	if err != nil || k == nil {
		if err != nil {
			return nil, err
		}
		return c.sqliteConn.QueryContext(ctx, query, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &keptRows{Rows: rows, kept: k}, nil
}

// statement returns the kept statement for a query, compiled when it is new; nil
// when the query is not worth keeping or its statement is being read.
func (c *conn) statement(ctx context.Context, query string, args []driver.NamedValue) (*kept, error) {
	if len(args) == 0 {
		return nil, nil
	}
	c.turn++
	if k := c.kept[query]; k != nil {
		if k.busy {
			return nil, nil
		}
		k.turn = c.turn
		return k, nil
	}
	raw, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := raw.(sqliteStmt)
	if !ok {
		return nil, errors.Join(fmt.Errorf("SQLite's statement is a %T", raw), raw.Close())
	}
	if len(c.kept) >= maxKept {
		c.dropOldest()
	}
	k := &kept{stmt: s, turn: c.turn}
	c.kept[query] = k
	return k, nil
}

func (c *conn) dropOldest() {
	oldest := ""
	for q, k := range c.kept {
		if !k.busy && (oldest == "" || k.turn < c.kept[oldest].turn) {
			oldest = q
		}
	}
	if k := c.kept[oldest]; k != nil {
		_ = k.stmt.Close()
		delete(c.kept, oldest)
	}
}

// Close frees the statements and the connection.
func (c *conn) Close() error {
	var err error
	for _, k := range c.kept {
		err = errors.Join(err, k.stmt.Close())
	}
	return errors.Join(err, c.sqliteConn.Close())
}

// keptRows gives its statement back when it is closed.
type keptRows struct {
	driver.Rows
	kept *kept
}

// Close ends the reading.
func (r *keptRows) Close() error {
	r.kept.busy = false
	return r.Rows.Close()
}

// one reads the one row of a query of a hot path; none is [sql.ErrNoRows].
func (s *Store) one(ctx context.Context, to any, query string, args ...any) error {
	rows, err := s.rows(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return s.read.ScanRow(ctx, rows, to)
}

// many reads the rows of a query of a hot path into a slice.
func (s *Store) many(ctx context.Context, to any, query string, args ...any) error {
	rows, err := s.rows(ctx, query, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := s.read.ScanRows(ctx, rows, to); err != nil {
		return err
	}
	return rows.Err()
}

// rows runs a query of a hot path whose text is always the same.
func (s *Store) rows(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if s.pool != nil {
		if text, all, ok := prepared(query, args); ok {
			return s.read.DB.QueryContext(ctx, text, all...)
		}
		return s.read.QueryContext(ctx, query, args...)
	}
	return s.read.DB.QueryContext(ctx, query, args...)
}

// prepared writes a statement as PostgreSQL reads it, to be prepared once on each
// connection: $1 for ?, and moments by the database's clock. It is false when bun has
// to write an argument into the text.
func prepared(query string, args []any) (text string, all []any, ok bool) {
	all = make([]any, 0, len(args)+1)
	all = append(all, pgx.QueryExecModeCacheStatement)
	b := make([]byte, 0, len(query)+3*len(args))
	for i := range len(query) {
		if query[i] != '?' {
			b = append(b, query[i])
			continue
		}
		n := len(all) // of this argument, from 1
		if n > len(args) {
			return "", nil, false
		}
		arg := args[n-1]
		switch v := arg.(type) {
		case moment:
			b, arg = append(b, "(CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) + "...), v.after
		case schema.QueryAppender:
			return "", nil, false
		}
		b = strconv.AppendInt(append(b, '$'), int64(n), 10)
		if _, is := args[n-1].(moment); is {
			b = append(b, ')')
		}
		all = append(all, arg)
	}
	return string(b), all, len(all) == len(args)+1
}
