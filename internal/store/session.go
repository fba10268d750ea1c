package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"heddle/internal/flow"
)

type sessionRow struct {
	SessionID  flow.ID
	SessionSID string
	UserAgent  string
	SessionAt  int64
	SeenAt     int64
	ExpiresAt  int64
	userRow
}

// CreateSession stores a session.
func (s *Store) CreateSession(ctx context.Context, n flow.Session) error {
	_, err := s.write.NewRaw("INSERT INTO sessions (id, user_id, hash, clerk_sid, user_agent, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		n.ID, n.UserID, n.Hash[:], n.ClerkSID, n.UserAgent, micros(n.CreatedAt), micros(n.SeenAt), micros(n.ExpiresAt)).Exec(ctx)
	return failed("create session", err)
}

// SessionByHash returns the session with the hash of a cookie's secret, and its user.
func (s *Store) SessionByHash(ctx context.Context, h [32]byte) (flow.Session, flow.User, error) {
	var r sessionRow
	err := s.one(ctx, &r, `SELECT sessions.id AS session_id, sessions.clerk_sid AS session_sid, sessions.user_agent, sessions.created_at AS session_at, sessions.seen_at, sessions.expires_at, `+userColumns+`
		FROM sessions JOIN users ON users.id = sessions.user_id WHERE sessions.hash = ?`, h[:])
	if isNone(err) {
		return flow.Session{}, flow.User{}, flow.Errorf(flow.NotFound, "There is no such session.")
	}
	n := flow.Session{
		ID: r.SessionID, UserID: r.ID, Hash: h, ClerkSID: r.SessionSID, UserAgent: r.UserAgent,
		CreatedAt: fromMicros(r.SessionAt), SeenAt: fromMicros(r.SeenAt), ExpiresAt: fromMicros(r.ExpiresAt),
	}
	return n, r.user(), failed("read session", err)
}

// TouchSession records when a session was last seen.
func (s *Store) TouchSession(ctx context.Context, id flow.ID, at time.Time) error {
	_, err := s.write.NewRaw("UPDATE sessions SET seen_at = ? WHERE id = ?", micros(at), id).Exec(ctx)
	return failed("touch session", err)
}

// DeleteSession ends one session of the owner.
func (s *Store) DeleteSession(ctx context.Context, o flow.Owner, id flow.ID) error {
	_, err := s.write.NewRaw("DELETE FROM sessions WHERE id = ? AND user_id = ?", id, o).Exec(ctx)
	s.touch(flow.AccountTopic(o))
	return failed("delete session", err)
}

// DeleteSessionsOf ends all sessions of the owner but one.
func (s *Store) DeleteSessionsOf(ctx context.Context, o flow.Owner, except flow.ID) error {
	_, err := s.write.NewRaw("DELETE FROM sessions WHERE user_id = ? AND id <> ?", o, except).Exec(ctx)
	s.touch(flow.AccountTopic(o))
	return failed("delete sessions", err)
}

// DeleteClerkSession ends the sessions that are bound to a Clerk session.
func (s *Store) DeleteClerkSession(ctx context.Context, sid string) error {
	if sid == "" {
		return nil
	}
	return s.endAccounts(ctx, "delete Clerk session", "DELETE FROM sessions WHERE clerk_sid = ? RETURNING user_id", sid)
}

// endAccounts runs a statement that returns users, and wakes who looks on for them.
func (s *Store) endAccounts(ctx context.Context, what, query string, arg any) error {
	var users []flow.Owner
	err := s.write.NewRaw(query, arg).Scan(ctx, &users)
	for _, o := range users {
		s.touch(flow.AccountTopic(o))
	}
	return failed(what, err)
}

type tokenRow struct {
	TokenID    flow.ID
	UserID     flow.ID
	Name       string
	Prefix     string
	Scopes     string
	Sources    string
	TokenAt    int64
	ExpiresAt  *int64
	LastUsedAt *int64
}

const tokenColumns = "tokens.id AS token_id, tokens.user_id, tokens.name, tokens.prefix, tokens.scopes, tokens.sources, tokens.created_at AS token_at, tokens.expires_at, tokens.last_used_at" //nolint:gosec // names of columns

func (r tokenRow) token() (flow.Token, error) {
	t := flow.Token{
		ID: r.TokenID, UserID: r.UserID, Name: r.Name, Prefix: r.Prefix,
		CreatedAt: fromMicros(r.TokenAt), ExpiresAt: timeOf(r.ExpiresAt), LastUsedAt: timeOf(r.LastUsedAt),
	}
	if err := json.Unmarshal([]byte(r.Scopes), &t.Scopes); err != nil {
		return t, fmt.Errorf("read scopes of %s: %w", r.TokenID, err)
	}
	if err := json.Unmarshal([]byte(r.Sources), &t.Sources); err != nil {
		return t, fmt.Errorf("read sources of %s: %w", r.TokenID, err)
	}
	return t, nil
}

// CreateToken stores a token of the owner.
func (s *Store) CreateToken(ctx context.Context, o flow.Owner, t flow.Token) error {
	scopes, err := json.Marshal(t.Scopes)
	if err != nil {
		return err
	}
	sources, err := json.Marshal(append([]string{}, t.Sources...))
	if err != nil {
		return err
	}
	_, err = s.write.NewRaw("INSERT INTO tokens (id, user_id, name, prefix, hash, scopes, sources, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		t.ID, o, t.Name, t.Prefix, t.Hash[:], string(scopes), string(sources), micros(t.CreatedAt), microsOf(t.ExpiresAt)).Exec(ctx)
	return failed("create token", err)
}

// Tokens returns the owner's tokens, newest first.
func (s *Store) Tokens(ctx context.Context, o flow.Owner) ([]flow.Token, error) {
	var rows []tokenRow
	err := s.read.NewRaw("SELECT "+tokenColumns+" FROM tokens WHERE user_id = ? ORDER BY created_at DESC, id DESC", o).Scan(ctx, &rows)
	if err != nil {
		return nil, failed("list tokens", err)
	}
	out := make([]flow.Token, len(rows))
	for i, r := range rows {
		if out[i], err = r.token(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// DeleteToken ends a token of the owner.
func (s *Store) DeleteToken(ctx context.Context, o flow.Owner, id flow.ID) error {
	res, err := s.write.NewRaw("DELETE FROM tokens WHERE id = ? AND user_id = ?", id, o).Exec(ctx)
	if err != nil {
		return failed("delete token", err)
	}
	s.touch(flow.AccountTopic(o))
	if n, err := res.RowsAffected(); err != nil || n > 0 {
		return failed("delete token", err)
	}
	return s.absent(ctx, "tokens", "token", id)
}

// TokenByHash returns the token with the hash of a secret, and its user.
func (s *Store) TokenByHash(ctx context.Context, h [32]byte) (flow.Token, flow.User, error) {
	var r struct {
		tokenRow
		userRow
	}
	err := s.one(ctx, &r, "SELECT "+tokenColumns+", "+userColumns+" FROM tokens JOIN users ON users.id = tokens.user_id WHERE tokens.hash = ?", h[:])
	if isNone(err) {
		return flow.Token{}, flow.User{}, flow.Errorf(flow.NotFound, "There is no such token.")
	}
	if err != nil {
		return flow.Token{}, flow.User{}, failed("read token", err)
	}
	t, err := r.token()
	t.Hash = h
	return t, r.user(), err
}

// TouchToken records when a token was last used.
func (s *Store) TouchToken(ctx context.Context, id flow.ID, at time.Time) error {
	_, err := s.write.NewRaw("UPDATE tokens SET last_used_at = ? WHERE id = ?", micros(at), id).Exec(ctx)
	return failed("touch token", err)
}

// absent explains why a row of the owner was not found.
func (s *Store) absent(ctx context.Context, table, noun string, id flow.ID) error {
	var n int
	if err := s.read.NewRaw("SELECT count(*) FROM "+table+" WHERE id = ?", id).Scan(ctx, &n); err != nil {
		return failed("look for "+noun, err)
	}
	return missing(n > 0, noun, id)
}
