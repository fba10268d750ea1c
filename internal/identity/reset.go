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

// resetLife is how long a reset can be used (trust.md L6).
const resetLife = 15 * time.Minute

// NewReset returns a secret with which a new password can be set for the account with
// this address, once, within 15 minutes. Only its hash is stored. It is for who runs
// the server: Heddle sends no mail.
func (s *Service) NewReset(ctx context.Context, email string) (secret string, expires time.Time, err error) {
	if err := s.local(); err != nil {
		return "", time.Time{}, err
	}
	u, _, err := s.accounts.UserByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil {
		return "", time.Time{}, err
	}
	secret, expires = base64.RawURLEncoding.EncodeToString(randomBytes()), s.now().UTC().Add(resetLife)
	if err := s.accounts.CreateReset(ctx, flow.Owner(u.ID), sha256.Sum256([]byte(secret)), expires); err != nil {
		return "", time.Time{}, err
	}
	s.record(ctx, u.ID, flow.AuditResetMade, "")
	return secret, expires, nil
}

// Reset sets a new password with a secret of [Service.NewReset] and ends all sessions
// of the account. Every secret that is not one, or not any more, gets one answer.
func (s *Service) Reset(ctx context.Context, in Reset) (flow.User, error) {
	if err := s.local(); err != nil {
		return flow.User{}, err
	}
	if err := s.visits.allow(in.IP, s.now()); err != nil {
		return flow.User{}, err
	}
	if len(in.Secret) != base64.RawURLEncoding.EncodedLen(secretBytes) {
		return flow.User{}, noReset()
	}
	hash := sha256.Sum256([]byte(in.Secret))
	u, err := s.accounts.ResetUser(ctx, hash, s.now())
	if err != nil {
		return flow.User{}, resetError(err)
	}
	if err := checkPassword(in.Password, u.Email, "password"); err != nil {
		return flow.User{}, err
	}
	if err := s.passwords.enter(ctx); err != nil {
		return flow.User{}, err
	}
	key := s.passwords.hash(in.Password)
	s.passwords.leave()
	if err := s.accounts.UseReset(ctx, hash, s.now(), key); err != nil {
		return flow.User{}, resetError(err)
	}
	s.log.InfoContext(ctx, "password reset", slog.String("user_id", u.ID.String()))
	s.record(ctx, u.ID, flow.AuditPasswordChanged, "by a reset link")
	return u, nil
}

// Reset is the input of the method of the same name.
type Reset struct {
	Secret   string
	Password string
	IP       string // where the request comes from; empty: not limited
}

func resetError(err error) error {
	if flow.KindOf(err) == flow.NotFound {
		return noReset()
	}
	return fmt.Errorf("reset password: %w", err)
}

func noReset() error {
	return flow.Errorf(flow.Invalid, "This link is not valid any more.").WithHint("It works once, for 15 minutes. Ask who runs the server for a new one.")
}
