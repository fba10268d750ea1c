package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"filippo.io/age"
	"github.com/dustin/go-humanize"
	"github.com/jackc/pgx/v5"
	"github.com/spf13/cobra"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func backupCommand() *cobra.Command {
	var recipients []string
	c := &cobra.Command{
		Use: "backup FILE [--recipient age1...]", Short: "Write a consistent copy of the database to a new file, while servers go on.",
		Long: "Write a consistent copy of the database to a new file, while servers go on. It holds everything: accounts, workflows, runs, files, and secrets, which stay sealed under the master key. Keep that key elsewhere.\n\nWith --recipient the file is encrypted for the owner of that age key (age-keygen makes one).\n\nPostgreSQL is copied by its own pg_dump, which must be installed. heddle restore takes both back.",
		Args: exactArgs(1, "give the file to write, which must not exist yet"),
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := loadConfig()
			if err != nil {
				return err
			}
			to, err := parseRecipients(recipients)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			return withStore(func(ctx context.Context, c *cobra.Command, st *store.Store) error {
				return backup(ctx, c, conf, st, args[0], to)
			})(c, nil)
		},
	}
	c.Flags().StringArrayVar(&recipients, "recipient", nil, "encrypt for this age public key; may be given several times")
	return c
}

func parseRecipients(keys []string) ([]age.Recipient, error) {
	var out []age.Recipient
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(k))
		if err != nil {
			return nil, fmt.Errorf("--recipient %q is no age public key, as in age1...: %w", k, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// backup writes the copy beside the file first, so that the file is whole or not there.
func backup(ctx context.Context, c *cobra.Command, conf Config, st *store.Store, file string, to []age.Recipient) error {
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s exists already: give a new name, nothing is ever written over", file)
	}
	plain := file + ".part"
	defer func() { _ = os.Remove(plain) }() // gone after a success
	what, err := dump(ctx, conf, st, plain)
	if err != nil {
		return err
	}
	if len(to) > 0 {
		sealed := file + ".sealing"
		defer func() { _ = os.Remove(sealed) }()
		if err := encrypt(plain, sealed, to); err != nil {
			return fmt.Errorf("encrypt the backup: %w", err)
		}
		plain, what = sealed, what+", encrypted"
	}
	if err := os.Link(plain, file); err != nil { // unlike a rename it never replaces
		return fmt.Errorf("make the backup: %w", err)
	}
	if err := syncFolder(filepath.Dir(file)); err != nil {
		return err
	}
	if err := st.Audit(ctx, flow.NewAuditEntry(ctx, "", flow.AuditBackupMade, filepath.Base(file))); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", file, what)
	return nil
}

// dump writes the database to a new file and says what is in it.
func dump(ctx context.Context, conf Config, st *store.Store, file string) (string, error) {
	if st.Dialect() == "postgres" {
		if err := postgresTool(ctx, conf.DatabaseURL, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--file="+file); err != nil {
			return "", err
		}
		info, err := os.Stat(file)
		if err != nil {
			return "", err
		}
		return humanize.IBytes(uint64(info.Size())) + " of PostgreSQL", os.Chmod(file, 0o600) //nolint:gosec // a size is not negative
	}
	if err := st.Backup(ctx, file); err != nil {
		return "", err
	}
	has, err := store.Verify(ctx, file)
	return contents(has), err
}

func contents(c store.Contents) string {
	return fmt.Sprintf("%s with %s, %s and %s", humanize.IBytes(uint64(c.Bytes)), countOf(c.Users, "account"), countOf(c.Workflows, "workflow"), countOf(c.Runs, "run")) //nolint:gosec // as above
}

func encrypt(from, to string, recipients []age.Recipient) error {
	in, err := os.Open(from) //nolint:gosec // made above
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // beside what the operator named
	if err != nil {
		return err
	}
	w, err := age.Encrypt(out, recipients...)
	if err == nil {
		_, err = io.Copy(w, in)
		err = errors.Join(err, w.Close())
	}
	return errors.Join(err, out.Sync(), out.Close())
}

func syncFolder(dir string) error {
	f, err := os.Open(dir) //nolint:gosec // as above
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// postgresTool runs one of PostgreSQL's tools on the database. What it needs to know
// goes by the environment: a password on a command line is in every process list.
func postgresTool(ctx context.Context, url, tool string, args ...string) error {
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("DATABASE_URL is not a PostgreSQL address: %w", err)
	}
	path, err := exec.LookPath(tool)
	if err != nil {
		return fmt.Errorf("%s is not installed: it comes with PostgreSQL's client package (apt-get install postgresql-client)", tool)
	}
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // two tools of PostgreSQL
	cmd.Env = append(os.Environ(), "PGHOST="+conf.Host, "PGPORT="+strconv.Itoa(int(conf.Port)), "PGUSER="+conf.User, "PGPASSWORD="+conf.Password, "PGDATABASE="+conf.Database)
	if conf.TLSConfig != nil {
		cmd.Env = append(cmd.Env, "PGSSLMODE=require")
	}
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", tool, err, strings.TrimSpace(string(said)))
	}
	return nil
}
