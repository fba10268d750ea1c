package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"heddle/internal/flow"
)

// Lives of a session (trust.md L5).
const (
	sessionIdle  = 7 * 24 * time.Hour
	sessionLife  = 30 * 24 * time.Hour
	clerkLife    = 24 * time.Hour // bound to a Clerk session, which we may not hear the end of
	maxUserAgent = 300
)

// StartSession describes the browser that a session is for.
type StartSession struct {
	UserAgent string
	ClerkSID  string // the Clerk session it is bound to; empty for local accounts
}

// StartSession opens a session for u. It returns the cookie's secret, which is
// not stored, and when the session ends at the latest.
func (s *Service) StartSession(ctx context.Context, u flow.User, in StartSession) (secret string, expires time.Time, err error) {
	now := s.now().UTC()
	expires = now.Add(sessionLife)
	if in.ClerkSID != "" {
		expires = now.Add(clerkLife)
	}
	secret = base64.RawURLEncoding.EncodeToString(randomBytes())
	err = s.accounts.CreateSession(ctx, flow.Session{
		ID: flow.NewID(flow.SessionPrefix), UserID: u.ID, Hash: sha256.Sum256([]byte(secret)),
		ClerkSID: in.ClerkSID, UserAgent: clip(in.UserAgent, maxUserAgent),
		CreatedAt: now, SeenAt: now, ExpiresAt: expires,
	})
	if err != nil {
		return "", time.Time{}, fmt.Errorf("create session: %w", err)
	}
	return secret, expires, nil
}

// EndSession ends the session of a, at once. An actor without a session has none to end.
func (s *Service) EndSession(ctx context.Context, a flow.Actor) error {
	if a.SessionID == "" {
		return nil
	}
	if err := s.accounts.DeleteSession(ctx, a.Owner(), a.SessionID); err != nil && flow.KindOf(err) != flow.NotFound {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// BySession returns who the cookie's secret belongs to.
func (s *Service) BySession(ctx context.Context, secret string) (flow.Actor, error) {
	if secret == "" {
		return flow.Actor{}, flow.Errorf(flow.Unauthenticated, "Sign in to do this.").WithHint("Send a session cookie or an Authorization: Bearer token.")
	}
	if len(secret) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return flow.Actor{}, ended()
	}
	row, u, err := s.accounts.SessionByHash(ctx, sha256.Sum256([]byte(secret)))
	if flow.KindOf(err) == flow.NotFound {
		return flow.Actor{}, ended()
	}
	if err != nil {
		return flow.Actor{}, fmt.Errorf("find session: %w", err)
	}
	a := flow.Actor{User: u, Via: flow.ViaSession, SessionID: row.ID}
	now := s.now().UTC()
	if !now.Before(row.ExpiresAt) || now.Sub(row.SeenAt) >= sessionIdle {
		s.drop(ctx, a)
		return flow.Actor{}, ended()
	}
	if s.seen.due(row.ID, row.SeenAt, now) {
		if err := s.accounts.TouchSession(ctx, row.ID, now); err != nil {
			s.log.WarnContext(ctx, "session not marked as seen", slog.String("session_id", row.ID.String()), slog.Any("error", err))
		}
	}
	return a, nil
}

// drop removes a session that is over. It is refused whether or not that works.
func (s *Service) drop(ctx context.Context, a flow.Actor) {
	if err := s.EndSession(ctx, a); err != nil {
		s.log.WarnContext(ctx, "ended session not removed", slog.String("session_id", a.SessionID.String()), slog.Any("error", err))
	}
}

func ended() error {
	return flow.Errorf(flow.Unauthenticated, "Your session has ended.").WithHint("Sign in again.")
}

func clip(s string, n int) string {
	return flow.Text(strings.ToValidUTF8(s, "")).Preview(n)
}
