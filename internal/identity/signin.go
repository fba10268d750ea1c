package identity

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"heddle/internal/flow"
)

// SignIn proves that one owns a local account.
type SignIn struct {
	Email    string
	Password string
	IP       string // where the request comes from; empty: not limited
}

// SignIn returns the account that email and password name. A wrong address and a
// wrong password give one answer and take the same time.
func (s *Service) SignIn(ctx context.Context, in SignIn) (flow.User, error) {
	if err := s.local(); err != nil {
		return flow.User{}, err
	}
	if err := s.visits.allow(in.IP, s.now()); err != nil {
		return flow.User{}, err
	}
	u, err := s.verify(ctx, strings.ToLower(strings.TrimSpace(in.Email)), in.Password)
	if err != nil {
		return flow.User{}, err
	}
	s.log.InfoContext(ctx, "signed in", slog.String("user_id", u.ID.String()))
	s.record(ctx, u.ID, flow.AuditSignIn, "")
	return u, nil
}

// verify checks a password in one of the hasher's slots, under the account's limit.
func (s *Service) verify(ctx context.Context, email, password string) (flow.User, error) {
	key := accountKey(email)
	if err := s.passwords.enter(ctx); err != nil {
		return flow.User{}, err
	}
	defer s.passwords.leave()
	if err := s.failures.begin(key, s.now()); err != nil {
		return flow.User{}, err
	}
	u, hash, err := s.accounts.UserByEmail(ctx, email)
	if err != nil && flow.KindOf(err) != flow.NotFound {
		s.failures.abandon(key, s.now())
		return flow.User{}, fmt.Errorf("find account: %w", err)
	}
	right, stale, err := s.passwords.verify(password, hash)
	if err != nil {
		s.failures.abandon(key, s.now())
		return flow.User{}, err
	}
	s.failures.end(key, s.now(), right)
	if !right {
		s.log.InfoContext(ctx, "sign-in refused", slog.String("user_id", u.ID.String()))
		s.record(ctx, u.ID, flow.AuditSignInRefused, "") // also for no account: writing takes time that would tell
		return flow.User{}, flow.Errorf(flow.Unauthenticated, "Email or password is wrong.")
	}
	if stale {
		s.rehash(ctx, u, password)
	}
	return u, nil
}

// rehash brings an old hash to the current cost. The sign-in is good without it.
func (s *Service) rehash(ctx context.Context, u flow.User, password string) {
	if err := s.accounts.SetPassword(ctx, flow.Owner(u.ID), s.passwords.hash(password)); err != nil {
		s.log.WarnContext(ctx, "password hash not renewed", slog.String("user_id", u.ID.String()), slog.Any("error", err))
	}
}

// ChangePassword replaces the password of a and ends all their other sessions.
// An API token may not do this.
func (s *Service) ChangePassword(ctx context.Context, a flow.Actor, old, fresh string) error {
	if a.Via == flow.ViaToken {
		return flow.Errorf(flow.Forbidden, "An API token may not change the password.").WithHint("Sign in with a browser.")
	}
	if err := s.local(); err != nil {
		return err
	}
	if err := checkPassword(fresh, a.User.Email, "new"); err != nil {
		return err
	}
	if _, err := s.verify(ctx, a.User.Email, old); err != nil {
		if flow.KindOf(err) == flow.Unauthenticated {
			return refuse("old", "The current password is wrong.", "Type the password you sign in with now.")
		}
		return err
	}
	if err := s.passwords.enter(ctx); err != nil {
		return err
	}
	hash := s.passwords.hash(fresh)
	s.passwords.leave()
	if err := s.accounts.SetPassword(ctx, a.Owner(), hash); err != nil {
		return fmt.Errorf("store password: %w", err)
	}
	if err := s.accounts.DeleteSessionsOf(ctx, a.Owner(), a.SessionID); err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	s.log.InfoContext(ctx, "password changed", slog.String("user_id", a.User.ID.String()))
	s.record(ctx, a.User.ID, flow.AuditPasswordChanged, "")
	return nil
}

// local refuses what only local accounts have when Clerk is in charge.
func (s *Service) local() error {
	if s.clerk == nil {
		return nil
	}
	return flow.Errorf(flow.Forbidden, "Accounts are kept by Clerk here.").WithHint("Sign in with Clerk on the sign-in page.")
}
