package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"heddle/internal/flow"
	"heddle/internal/vault"
)

type secretRow struct {
	ID         flow.ID
	UserID     flow.ID
	Name       string
	Provider   string
	HookID     *flow.ID
	Hosts      string
	Version    int
	KeyID      string
	Wrapped    []byte
	Sealed     []byte
	CreatedAt  int64
	UpdatedAt  int64
	LastUsedAt *int64
}

const secretColumns = "id, user_id, name, provider, hook_id, hosts, version, key_id, wrapped, sealed, created_at, updated_at, last_used_at" //nolint:gosec // names of columns

func (r secretRow) secret() (flow.StoredSecret, error) {
	out := flow.StoredSecret{
		ID: r.ID, UserID: r.UserID, Name: r.Name, Provider: r.Provider, Hosts: []string{}, Version: r.Version,
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt), LastUsedAt: timeOf(r.LastUsedAt),
	}
	if r.HookID != nil {
		out.HookID = *r.HookID
	}
	if err := parse(r.Hosts, &out.Hosts); err != nil {
		return out, fmt.Errorf("read hosts of %s: %w", r.ID, err)
	}
	return out, nil
}

func (r secretRow) box() vault.Box {
	return vault.Box{KeyID: r.KeyID, Wrapped: r.Wrapped, Sealed: r.Sealed}
}

// Secrets returns what may be told of the owner's secrets, by name. Those of webhooks
// are not among them.
func (s *Store) Secrets(ctx context.Context, o flow.Owner) ([]flow.StoredSecret, error) {
	var rows []secretRow
	if err := s.read.NewRaw("SELECT "+secretColumns+" FROM secrets WHERE user_id = ? AND hook_id IS NULL ORDER BY name", o).Scan(ctx, &rows); err != nil {
		return nil, failed("list secrets", err)
	}
	out := make([]flow.StoredSecret, len(rows))
	for i, r := range rows {
		var err error
		if out[i], err = r.secret(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Secret returns a secret of the owner, sealed. None is [flow.NotFound].
func (s *Store) Secret(ctx context.Context, o flow.Owner, name string) (flow.StoredSecret, vault.Box, error) {
	var r secretRow
	err := s.one(ctx, &r, "SELECT "+secretColumns+" FROM secrets WHERE user_id = ? AND name = ?", o, name)
	if isNone(err) {
		return flow.StoredSecret{}, vault.Box{}, flow.Errorf(flow.NotFound, "There is no secret with this name.")
	}
	if err != nil {
		return flow.StoredSecret{}, vault.Box{}, failed("read secret", err)
	}
	out, err := r.secret()
	return out, r.box(), err
}

// PutSecret stores a secret of the owner, or replaces the one with its id. One that
// was changed at the same time is a [flow.Conflict]; so is a name that is taken.
func (s *Store) PutSecret(ctx context.Context, o flow.Owner, n flow.StoredSecret, b vault.Box) error {
	changed := flow.Errorf(flow.Conflict, "The secret was changed at the same time.").WithHint("Look at it again and save once more.")
	if n.Version == 1 {
		err := insertSecret(ctx, s.write, o, n, b)
		if isUnique(err) {
			return changed
		}
		return failed("store secret", err)
	}
	hosts, err := json.Marshal(n.Hosts)
	if err != nil {
		return err
	}
	res, err := s.write.NewRaw("UPDATE secrets SET hosts = ?, version = ?, key_id = ?, wrapped = ?, sealed = ?, updated_at = ? WHERE id = ? AND user_id = ? AND version = ?",
		string(hosts), n.Version, b.KeyID, b.Wrapped, b.Sealed, micros(time.Now()), n.ID, o, n.Version-1).Exec(ctx)
	if err != nil {
		return failed("replace secret", err)
	}
	if fenced(res.RowsAffected()) != nil {
		return changed
	}
	return nil
}

func insertSecret(ctx context.Context, db bun.IDB, o flow.Owner, n flow.StoredSecret, b vault.Box) error {
	hosts, err := json.Marshal(n.Hosts)
	if err != nil {
		return err
	}
	var hook *flow.ID
	if n.HookID != "" {
		hook = &n.HookID
	}
	now := micros(time.Now())
	_, err = db.NewRaw("INSERT INTO secrets (id, user_id, name, provider, hook_id, hosts, version, key_id, wrapped, sealed, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)",
		n.ID, o, n.Name, n.Provider, hook, string(hosts), b.KeyID, b.Wrapped, b.Sealed, now, now).Exec(ctx)
	return err
}

// DeleteSecret removes a secret of the owner. None is [flow.NotFound].
func (s *Store) DeleteSecret(ctx context.Context, o flow.Owner, name string) error {
	res, err := s.write.NewRaw("DELETE FROM secrets WHERE user_id = ? AND name = ?", o, name).Exec(ctx)
	if err != nil {
		return failed("delete secret", err)
	}
	if fenced(res.RowsAffected()) != nil {
		return flow.Errorf(flow.NotFound, "There is no secret with this name.")
	}
	return nil
}

// TouchSecret records when a secret of the owner was last used.
func (s *Store) TouchSecret(ctx context.Context, o flow.Owner, id flow.ID, at time.Time) error {
	_, err := s.write.NewRaw("UPDATE secrets SET last_used_at = ? WHERE id = ? AND user_id = ?", micros(at), id, o).Exec(ctx)
	return failed("touch secret", err)
}

// RunOwner returns whose a run is.
func (s *Store) RunOwner(ctx context.Context, run flow.ID) (flow.Owner, error) {
	var o flow.Owner
	err := s.one(ctx, &o, "SELECT user_id FROM runs WHERE id = ?", run)
	if isNone(err) {
		return "", missing(false, "run", run)
	}
	return o, failed("read owner of run", err)
}

// SecretKeys returns the master keys under which secrets of this instance are sealed.
func (s *Store) SecretKeys(ctx context.Context) ([]string, error) {
	var keys []string
	err := s.read.NewRaw("SELECT DISTINCT key_id FROM secrets ORDER BY key_id").Scan(ctx, &keys)
	return keys, failed("read keys of secrets", err)
}

// Rewrap seals the data keys of all secrets of this instance that are not under the
// current master key anew, one by one, and returns how many it did. Secrets that are
// changed meanwhile are left to their change. It can be stopped and done again.
func (s *Store) Rewrap(ctx context.Context, current string, rewrap func(n flow.StoredSecret, b vault.Box) (vault.Box, error)) (int, error) {
	done := 0
	for after := flow.ID(""); ; {
		var rows []secretRow
		err := s.read.NewRaw("SELECT "+secretColumns+" FROM secrets WHERE key_id <> ? AND id > ? ORDER BY id LIMIT 100", current, after).Scan(ctx, &rows)
		if err != nil || len(rows) == 0 {
			return done, failed("read secrets", err)
		}
		for _, r := range rows {
			after = r.ID
			n, err := r.secret()
			if err != nil {
				return done, err
			}
			b, err := rewrap(n, r.box())
			if err != nil {
				return done, fmt.Errorf("secret %s: %w", r.ID, err)
			}
			err = s.together(ctx, func(ctx context.Context, tx *Tx) error {
				_, err := tx.exec(ctx, "UPDATE secrets SET key_id = ?, wrapped = ? WHERE id = ? AND version = ? AND key_id = ?", b.KeyID, b.Wrapped, r.ID, r.Version, r.KeyID)
				return err
			})
			if err != nil {
				return done, failed("rewrap secret", err)
			}
			done++
		}
	}
}
