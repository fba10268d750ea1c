package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"heddle/internal/flow"
)

// failed wraps a database error with what was attempted; known ones become flow
// errors by the driver's code.
func failed(what string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w", what, err)
	}
	if _, ok := errors.AsType[*flow.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return busy.Because(err)
		case sqlite3.SQLITE_FULL:
			return flow.Errorf(flow.Unavailable, "The disk is full.").WithHint("Free some space on the server's disk and try again.").Because(err)
		case sqlite3.SQLITE_READONLY:
			return flow.Errorf(flow.Unavailable, "The database file may not be written.").Because(err)
		}
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "53100": // disk_full
			return flow.Errorf(flow.Unavailable, "The database's disk is full.").Because(err)
		case "40001", "40P01", "55P03": // serialization, deadlock, lock not available
			return busy.Because(err)
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

var busy = &flow.Error{Kind: flow.Unavailable, Message: "The database is busy.", Hint: "Try again in a moment.", RetryAfter: time.Second}

// isUnique reports whether err says that a unique value is taken.
func isUnique(err error) bool {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code == "23505"
	}
	return false
}

func isNone(err error) bool { return errors.Is(err, sql.ErrNoRows) }

// missing tells apart what does not exist and what is someone else's.
func missing(exists bool, noun string, id flow.ID) error {
	if exists {
		return flow.Errorf(flow.Forbidden, "This %s belongs to someone else.", noun)
	}
	return flow.Errorf(flow.NotFound, "There is no %s %s.", noun, id)
}
