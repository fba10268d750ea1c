package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"heddle/internal/store"
)

func restoreCommand() *cobra.Command {
	var identity string
	c := &cobra.Command{
		Use: "restore FILE [--identity KEYFILE]", Short: "Fill an empty database from a file that heddle backup wrote.",
		Long: "Fill an empty database from a file that heddle backup wrote. DATABASE_URL says which: for SQLite the file must not exist yet, in PostgreSQL the database must be empty. Nothing that exists is ever replaced.\n\nSecrets in it need the master key they were sealed under; the command says when it is another one.",
		Args: exactArgs(1, "give the file to restore from"),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := loadConfig()
			if err != nil {
				return err
			}
			return restore(c.Context(), c, conf, args[0], identity)
		},
	}
	c.Flags().StringVar(&identity, "identity", "", "file with the age key that an encrypted backup is for")
	return c
}

// ageMark begins a file that age encrypted.
const ageMark = "age-encryption.org/v1\n"

func restore(ctx context.Context, c *cobra.Command, conf Config, file, identity string) error {
	plain, done, err := readable(conf, file, identity)
	if err != nil {
		return err
	}
	defer done()
	if path, ok := sqlitePath(conf.DatabaseURL); ok {
		err = restoreSQLite(ctx, plain, path)
	} else {
		err = restorePostgres(ctx, conf, plain)
	}
	if err != nil {
		return err
	}
	return reportRestored(ctx, c, conf)
}

// sqlitePath returns the file of an SQLite database.
func sqlitePath(url string) (string, bool) {
	path, ok := strings.CutPrefix(url, "file:")
	path, _, _ = strings.Cut(path, "?")
	return path, ok
}

// readable returns a file with the backup as it was before it was encrypted, and what
// to do when it is not needed any more.
func readable(conf Config, file, identity string) (string, func(), error) {
	in, err := os.Open(file) //nolint:gosec // the operator names it
	if err != nil {
		return "", nil, &exitError{exitUsage, fmt.Errorf("read the backup: %w", err)}
	}
	defer in.Close()
	r := bufio.NewReader(in)
	if head, _ := r.Peek(len(ageMark)); string(head) != ageMark {
		return file, func() {}, nil
	}
	if identity == "" {
		return "", nil, &exitError{exitUsage, errors.New("the backup is encrypted: give --identity with the file of the age key it is for")}
	}
	key, err := os.ReadFile(identity) //nolint:gosec // as above
	if err != nil {
		return "", nil, &exitError{exitUsage, fmt.Errorf("read the age key: %w", err)}
	}
	ids, err := age.ParseIdentities(bytes.NewReader(key))
	if err != nil {
		return "", nil, &exitError{exitUsage, fmt.Errorf("%s holds no age key: %w", identity, err)}
	}
	dir := os.TempDir()
	if path, ok := sqlitePath(conf.DatabaseURL); ok {
		dir = filepath.Dir(path)
	}
	return decrypt(r, dir, ids)
}

func decrypt(r io.Reader, dir string, ids []age.Identity) (string, func(), error) {
	clear, err := age.Decrypt(r, ids...)
	if err != nil {
		return "", nil, fmt.Errorf("the backup cannot be decrypted with this key: %w", err)
	}
	out, err := os.CreateTemp(dir, ".heddle-restore-*")
	if err != nil {
		return "", nil, err
	}
	done := func() { _ = os.Remove(out.Name()) }
	if _, err = io.Copy(out, clear); err != nil {
		err = fmt.Errorf("the backup is damaged: %w", err)
	}
	if err = errors.Join(err, out.Close()); err != nil {
		done()
		return "", nil, err
	}
	return out.Name(), done, nil
}

func restoreSQLite(ctx context.Context, from, to string) error {
	for _, end := range []string{"", "-wal", "-journal"} {
		if _, err := os.Lstat(to + end); err == nil {
			return fmt.Errorf("%s exists already: move it away first, nothing is ever written over", to+end)
		}
	}
	if _, err := store.Verify(ctx, from); err != nil {
		return err
	}
	part := to + ".part"
	if err := copyFile(from, part); err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	defer func() { _ = os.Remove(part) }()
	if err := os.Link(part, to); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

func copyFile(from, to string) error {
	in, err := os.Open(from) //nolint:gosec // as above
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // beside the database
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func restorePostgres(ctx context.Context, conf Config, from string) error {
	st, err := store.Open(ctx, store.Config{URL: conf.DatabaseURL})
	if err != nil {
		return err
	}
	var tables int
	err = st.Pool().QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()").Scan(&tables)
	if err = errors.Join(err, st.Close()); err != nil {
		return err
	}
	if tables > 0 {
		return fmt.Errorf("the database has %s already: restore into an empty one, nothing is ever written over", countOf(tables, "table"))
	}
	name, err := pgx.ParseConfig(conf.DatabaseURL)
	if err != nil {
		return err
	}
	return postgresTool(ctx, conf.DatabaseURL, "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--dbname="+name.Database, from)
}

// reportRestored brings the tables up to date and says whether the secrets open.
func reportRestored(ctx context.Context, c *cobra.Command, conf Config) error {
	st, err := store.Open(ctx, store.Config{URL: conf.DatabaseURL})
	if err != nil {
		return err
	}
	defer st.Close()
	if err := migrate(ctx, st); err != nil {
		return err
	}
	n, err := st.CountUsers(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "restored, with %s\n", countOf(n, "account"))
	if keys, err := st.SecretKeys(ctx); err != nil || len(keys) == 0 {
		return err
	}
	if path, ok := keyPath(conf); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("all is restored, but its secrets need the master key: put the .key file that lay beside the old database at %s, or set HEDDLE_MASTER_KEY", path)
		}
	}
	if _, err := openSecrets(ctx, conf, st, slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("all is restored, but the server will not start yet: %w", err)
	}
	return nil
}
