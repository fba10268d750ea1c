package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"heddle/internal/flow"
	"heddle/internal/store"
	"heddle/internal/studio"
	"heddle/internal/vault"
)

// masterKey reads a key as the settings have it.
func masterKey(s flow.Secret) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s.Reveal()))
	if err == nil && len(b) != vault.KeySize {
		err = fmt.Errorf("%d bytes, want %d", len(b), vault.KeySize)
	}
	return b, err
}

// secrets returns the secrets of users behind the configured master key. In
// development on SQLite, where none is set, a file beside the database has one. It
// refuses to go on when there are secrets that the keys do not open.
func (a *app) secrets(ctx context.Context) (studio.Secrets, error) {
	return openSecrets(ctx, a.conf, a.store, a.log)
}

func openSecrets(ctx context.Context, conf Config, st *store.Store, log *slog.Logger) (studio.Secrets, error) {
	out := studio.Secrets{Store: st, Log: log}
	keys, err := masterKeys(conf, log)
	if err != nil {
		return out, err
	}
	if len(keys) > 0 {
		if out.Vault, err = vault.New(keys...); err != nil {
			return out, err
		}
	}
	return out, out.Check(ctx)
}

func masterKeys(conf Config, log *slog.Logger) ([][]byte, error) {
	var keys [][]byte
	for _, s := range []flow.Secret{conf.MasterKey, conf.MasterKeyOld} {
		if s == "" {
			continue
		}
		k, err := masterKey(s)
		if err != nil {
			return nil, fmt.Errorf("HEDDLE_MASTER_KEY: %w", err)
		}
		keys = append(keys, k)
	}
	path, onFile := keyPath(conf)
	if !onFile {
		return keys, nil
	}
	k, err := keyFile(path, log)
	return [][]byte{k}, err
}

// keyPath returns the file beside the database that has the master key, where no
// setting has it: in development on SQLite.
func keyPath(conf Config) (string, bool) {
	path, onFile := sqlitePath(conf.DatabaseURL)
	return path + ".key", onFile && conf.Env == "development" && conf.MasterKey == ""
}

// keyFile reads a master key from a file, which it makes for the user alone when
// there is none.
func keyFile(path string, log *slog.Logger) ([]byte, error) {
	raw, err := os.ReadFile(path) //nolint:gosec // beside the configured database
	if err == nil {
		k, err := masterKey(flow.Secret(raw))
		if err != nil {
			return nil, fmt.Errorf("the master key in %s: %w", path, err)
		}
		return k, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	fresh := newMasterKey()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as above
	if errors.Is(err, os.ErrExist) {
		return keyFile(path, log) // another process was faster
	}
	if err != nil {
		return nil, fmt.Errorf("make a master key: %w", err)
	}
	if _, err := f.WriteString(fresh + "\n"); err != nil {
		return nil, errors.Join(fmt.Errorf("write the master key: %w", err), f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("write the master key: %w", err)
	}
	log.Info("made a master key for secrets; keep it with the backups, but not in them", slog.String("file", path))
	return masterKey(flow.Secret(fresh))
}

// newMasterKey returns 32 random bytes in base64.
func newMasterKey() string {
	b := make([]byte, vault.KeySize)
	_, _ = rand.Read(b) // it never fails
	return base64.StdEncoding.EncodeToString(b)
}

// environmentSecrets are the secrets of "heddle run": HEDDLE_SECRET_NAME. Who runs a
// document by hand decides where it may send them.
type environmentSecrets struct{}

// Secret returns HEDDLE_SECRET_<name>.
func (environmentSecrets) Secret(_ context.Context, _ flow.ID, name, _ string) (flow.Secret, error) {
	v := os.Getenv("HEDDLE_SECRET_" + name)
	if v == "" {
		return "", flow.Errorf(flow.Invalid, "There is no secret called %s.", name).WithHint("Set HEDDLE_SECRET_%s in the environment.", name)
	}
	return flow.Secret(v), nil
}

// Key is none: the providers have their own settings.
func (environmentSecrets) Key(context.Context, flow.ID, string) (flow.Secret, error) { return "", nil }

func keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "key", Short: "Make, check and change the master key that seals secrets.", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		&cobra.Command{Use: "new", Short: "Print a new master key.", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(c.OutOrStdout(), newMasterKey())
			return err
		}},
		&cobra.Command{Use: "check", Short: "Say whether the master key opens all secrets.", Args: cobra.NoArgs, RunE: withSecrets(checkKey)},
		&cobra.Command{
			Use: "rotate", Short: "Seal all secrets under HEDDLE_MASTER_KEY instead of HEDDLE_MASTER_KEY_OLD.",
			Long: "Seal all secrets under HEDDLE_MASTER_KEY instead of HEDDLE_MASTER_KEY_OLD. Start every server with both first; it may go on meanwhile. When this has ended, HEDDLE_MASTER_KEY_OLD can be removed. It can be stopped at any moment and done again.",
			Args: cobra.NoArgs, RunE: withSecrets(rotateKey),
		},
	)
	return c
}

func withSecrets(do func(context.Context, *cobra.Command, studio.Secrets) error) func(*cobra.Command, []string) error {
	return withStore(func(ctx context.Context, c *cobra.Command, st *store.Store) error {
		conf, err := loadConfig()
		if err != nil {
			return err
		}
		if err := migrate(ctx, st); err != nil {
			return err
		}
		k, err := openSecrets(ctx, conf, st, newLogger(c.ErrOrStderr(), conf))
		if err != nil {
			return err
		}
		return do(ctx, c, k)
	})
}

func checkKey(_ context.Context, c *cobra.Command, k studio.Secrets) error {
	if k.Vault == nil {
		return errors.New("no master key is set: no secrets are kept")
	}
	_, err := fmt.Fprintf(c.OutOrStdout(), "the master key %s opens all secrets\n", k.Vault.Current())
	return err
}

func rotateKey(ctx context.Context, c *cobra.Command, k studio.Secrets) error {
	n, err := k.Rotate(ctx)
	if k.Vault == nil {
		return err
	}
	if n > 0 {
		err = errors.Join(err, k.Store.Audit(ctx, flow.NewAuditEntry(ctx, "", flow.AuditKeyRotated, k.Vault.Current())))
	}
	fmt.Fprintf(c.OutOrStdout(), "%s sealed under the master key %s\n", countOf(n, "secret"), k.Vault.Current())
	return err
}
