package identity

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"heddle/internal/flow"
)

const (
	tokenPrefix = "hdl_"
	tokenLife   = 90 * 24 * time.Hour // unless asked otherwise (trust.md K1)
	shownPrefix = 8                   // characters kept to recognise a token by
	tokenLength = len(tokenPrefix) + (secretBytes*8+4)/5
)

// tokenSecret returns a fresh secret in lower-case base32: a double click selects
// it whole.
func tokenSecret() string {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes())
	return tokenPrefix + strings.ToLower(text)
}

// NewToken describes an API token to make.
type NewToken struct {
	Name    string        // 1 to 100 characters
	Scopes  []flow.Scope  // empty: all of them
	Expires time.Duration // from now; 0: 90 days; negative: never
	Sources []string      // addresses and ranges from which it works; empty: everywhere
}

// NewToken makes an API token for o. The secret is returned this once; only its
// hash is stored. The caller sees to it that a token cannot make tokens.
func (s *Service) NewToken(ctx context.Context, o flow.Owner, in NewToken) (t flow.Token, secret string, err error) {
	name := strings.TrimSpace(in.Name)
	if n := utf8.RuneCountInString(name); n == 0 || n > flow.MaxName {
		return flow.Token{}, "", refuse("name", "A token needs a name.", "Give a name of 1 to 100 characters, such as \"backup script\".")
	}
	scopes, err := cleanScopes(in.Scopes)
	if err != nil {
		return flow.Token{}, "", err
	}
	sources, err := cleanSources(in.Sources)
	if err != nil {
		return flow.Token{}, "", err
	}
	secret = tokenSecret()
	now := s.now().UTC()
	t = flow.Token{
		ID: flow.NewID(flow.TokenPrefix), UserID: flow.ID(o), Name: name, Prefix: secret[:shownPrefix],
		Hash: sha256.Sum256([]byte(secret)), Scopes: scopes, Sources: sources, CreatedAt: now, ExpiresAt: expiry(now, in.Expires),
	}
	if err := s.accounts.CreateToken(ctx, o, t); err != nil {
		return flow.Token{}, "", err
	}
	s.log.InfoContext(ctx, "token created", slog.String("user_id", string(o)), slog.String("token_id", t.ID.String()))
	s.record(ctx, flow.ID(o), flow.AuditTokenCreated, t.ID.String())
	return t, secret, nil
}

func expiry(now time.Time, life time.Duration) *time.Time {
	switch {
	case life < 0:
		return nil
	case life == 0:
		life = tokenLife
	}
	return new(now.Add(life))
}

// cleanScopes returns the scopes in their usual order, without repeats.
func cleanScopes(given []flow.Scope) ([]flow.Scope, error) {
	all := flow.Scopes()
	if len(given) == 0 {
		return all, nil
	}
	for _, g := range given {
		if !slices.Contains(all, g) {
			return nil, refuse("scopes", fmt.Sprintf("There is no scope %q.", clip(string(g), 40)), "Choose from: "+list(all)+".")
		}
	}
	return slices.DeleteFunc(all, func(k flow.Scope) bool { return !slices.Contains(given, k) }), nil
}

// maxSources is how many addresses and ranges a token may have.
const maxSources = 20

// cleanSources returns addresses and ranges as they are compared, each once.
func cleanSources(given []string) ([]string, error) {
	var out []string
	for _, g := range given {
		if g = strings.TrimSpace(g); g == "" {
			continue
		}
		p, err := netip.ParsePrefix(g)
		if a, one := netip.ParseAddr(g); one == nil {
			p, err = a.Unmap().WithZone("").Prefix(a.Unmap().BitLen())
		}
		if err != nil || len(out) == maxSources {
			return nil, refuse("sources", fmt.Sprintf("%q is neither an address nor a range.", clip(g, 60)), "Write up to 20 addresses or ranges, such as 192.0.2.7 or 10.0.0.0/8, or leave this empty.")
		}
		if s := p.Masked().String(); !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out, nil
}

// comesFrom reports whether a request may use the token where it comes from. A request
// without an address was let in before: a live view that is looked at again.
func comesFrom(ctx context.Context, t flow.Token) bool {
	ip := flow.ClientIPFrom(ctx)
	if len(t.Sources) == 0 || ip == "" {
		return true
	}
	a, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(t.Sources, func(s string) bool {
		p, err := netip.ParsePrefix(s)
		return err == nil && p.Contains(a.Unmap().WithZone(""))
	})
}

func list(scopes []flow.Scope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return strings.Join(words, ", ")
}

// ByBearer returns who an Authorization: Bearer value belongs to: an API token
// by its prefix, and anything else a Clerk session token where Clerk is in charge.
func (s *Service) ByBearer(ctx context.Context, token string) (flow.Actor, error) {
	switch {
	case strings.HasPrefix(token, tokenPrefix):
		return s.byToken(ctx, token)
	case s.clerk != nil:
		return s.clerk.byBearer(ctx, token)
	}
	return flow.Actor{}, invalidToken()
}

func (s *Service) byToken(ctx context.Context, secret string) (flow.Actor, error) {
	if len(secret) != tokenLength {
		return flow.Actor{}, invalidToken()
	}
	t, u, err := s.accounts.TokenByHash(ctx, sha256.Sum256([]byte(secret)))
	if flow.KindOf(err) == flow.NotFound {
		return flow.Actor{}, invalidToken()
	}
	if err != nil {
		return flow.Actor{}, fmt.Errorf("find token: %w", err)
	}
	now := s.now().UTC()
	if t.ExpiresAt != nil && !now.Before(*t.ExpiresAt) {
		return flow.Actor{}, flow.Errorf(flow.Unauthenticated, "This token has expired.").WithHint("Create a new one under Settings, Tokens.")
	}
	if !comesFrom(ctx, t) {
		return flow.Actor{}, flow.Errorf(flow.Unauthenticated, "This token does not work from your address.").WithHint("It is bound to other addresses under Settings, Tokens.")
	}
	s.used(ctx, t, now)
	return flow.Actor{User: u, Via: flow.ViaToken, Scopes: t.Scopes, TokenID: t.ID}, nil
}

// used notes the time of use. The request is good without it.
func (s *Service) used(ctx context.Context, t flow.Token, now time.Time) {
	var last time.Time
	if t.LastUsedAt != nil {
		last = *t.LastUsedAt
	}
	if !s.seen.due(t.ID, last, now) {
		return
	}
	if err := s.accounts.TouchToken(ctx, t.ID, now); err != nil {
		s.log.WarnContext(ctx, "token not marked as used", slog.String("token_id", t.ID.String()), slog.Any("error", err))
	}
}

func invalidToken() error {
	return flow.Errorf(flow.Unauthenticated, "This token is not valid.").WithHint("Check it, or create a new one under Settings, Tokens.")
}
