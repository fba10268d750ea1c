package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// FilePath is the path of the SQLite database; "" on PostgreSQL.
func (s *Store) FilePath() string { return s.file }

// Backup writes a copy of an SQLite database to a file that does not exist yet: as the
// database was at one moment, while others go on to read and write. It is what
// SQLite's VACUUM INTO makes, checked, on the disk, and for its owner alone. On
// PostgreSQL pg_dump does this.
func (s *Store) Backup(ctx context.Context, path string) error {
	if s.file == "" {
		return errors.New("only an SQLite database is copied into a file")
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names it
	if err != nil {
		return fmt.Errorf("make the backup: %w", err)
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := errors.Join(s.copyInto(ctx, path), syncFile(path)); err != nil {
		return errors.Join(fmt.Errorf("make the backup: %w", err), os.Remove(path))
	}
	if _, err := Verify(ctx, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// copyInto copies over a connection of its own: the writer's is never held up.
func (s *Store) copyInto(ctx context.Context, path string) error {
	db := sql.OpenDB(openFile(s.file, "_pragma=busy_timeout(10000)"))
	defer db.Close()
	_, err := db.ExecContext(ctx, "VACUUM INTO ?", path) // an empty file counts as none
	return err
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) //nolint:gosec // as above
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Contents says what a database file holds.
type Contents struct {
	Bytes                              int64
	Users, Workflows, Runs, Migrations int
	Newest                             time.Time // when the newest run was made; zero without runs
}

// Verify checks an SQLite file from end to end, its foreign keys too, and returns what
// it holds.
func Verify(ctx context.Context, path string) (Contents, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Contents{}, err
	}
	c := Contents{Bytes: info.Size()}
	db := sql.OpenDB(openFile(path, "mode=ro&_pragma=query_only(1)"))
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return c, fmt.Errorf("%s is no database that can be read: %w", path, err)
	}
	if said != "ok" {
		return c, fmt.Errorf("%s is damaged: %s", path, said)
	}
	var loose int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check").Scan(&loose); err != nil || loose > 0 {
		return c, errors.Join(fmt.Errorf("%s is damaged: %d rows belong to nothing", path, loose), err)
	}
	var newest int64
	err = db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM workflows), (SELECT count(*) FROM runs),
		(SELECT count(*) FROM bun_migrations), (SELECT coalesce(max(created_at), 0) FROM runs)`).Scan(&c.Users, &c.Workflows, &c.Runs, &c.Migrations, &newest)
	if err != nil {
		return c, fmt.Errorf("%s is no database of Heddle: %w", path, err)
	}
	if newest > 0 {
		c.Newest = fromMicros(newest)
	}
	return c, nil
}
