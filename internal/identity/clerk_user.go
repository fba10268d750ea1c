package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	sdk "github.com/clerk/clerk-sdk-go/v2"

	"heddle/internal/flow"
)

const (
	personLife = 5 * time.Minute // that a looked-up user is believed
	endedLife  = 24 * time.Hour  // that an ended session or account is remembered
)

// clerkPeople remembers who was looked up, and which sessions and accounts ended
// while tokens of theirs may still be valid.
type clerkPeople struct {
	mu    sync.Mutex
	known map[string]person    // by Clerk's user id
	gone  map[string]time.Time // by Clerk's session or user id
}

type person struct {
	user    flow.User
	version int64 // Clerk's time of the last change, in milliseconds
	at      time.Time
}

func newClerkPeople() *clerkPeople {
	return &clerkPeople{known: map[string]person{}, gone: map[string]time.Time{}}
}

func (p *clerkPeople) find(id string, now time.Time) (flow.User, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.known[id]
	return e.user, ok && now.Sub(e.at) < personLife
}

// stale reports whether a newer version of the user is known.
func (p *clerkPeople) stale(id string, version int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.known[id].version > version
}

func (p *clerkPeople) remember(id string, e person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	makeRoom(p.known, func(o person) bool { return e.at.Sub(o.at) >= personLife })
	p.known[id] = e
}

// forget makes the next sight of a user a first one.
func (p *clerkPeople) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
}

// end notes that a session or account is over.
func (p *clerkPeople) end(id string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
	makeRoom(p.gone, func(at time.Time) bool { return now.Sub(at) >= endedLife })
	p.gone[id] = now
}

func (p *clerkPeople) ended(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.gone[id]
	return ok && now.Sub(at) < endedLife
}

// user returns our account of a Clerk user, asking Clerk at first sight.
func (k *clerk) user(ctx context.Context, id string) (flow.User, error) {
	if u, ok := k.people.find(id, k.now()); ok {
		return u, nil
	}
	return k.fetch(ctx, id)
}

// fetch asks Clerk for a user and keeps our account in step.
func (k *clerk) fetch(ctx context.Context, id string) (flow.User, error) {
	got, err := k.users.Get(ctx, id)
	if api, ok := errors.AsType[*sdk.APIErrorResponse](err); ok && api.HTTPStatusCode == http.StatusNotFound {
		return flow.User{}, invalidToken()
	}
	if ctx.Err() != nil {
		return flow.User{}, context.Cause(ctx)
	}
	if err != nil {
		k.log.WarnContext(ctx, "clerk user not fetched", slog.Any("error", err))
		return flow.User{}, clerkDown(err)
	}
	if got.ID != id {
		return flow.User{}, clerkDown(errors.New("clerk answered with another user"))
	}
	return k.keep(ctx, got)
}

// keep writes a user as Clerk describes them into our accounts.
func (k *clerk) keep(ctx context.Context, got *sdk.User) (flow.User, error) {
	if got.Banned {
		return flow.User{}, flow.Errorf(flow.Forbidden, "This account is blocked.").WithHint("Ask who runs this server.")
	}
	draft, err := asAccount(got, k.now())
	if err != nil {
		return flow.User{}, err
	}
	u, err := k.accounts.UpsertClerkUser(ctx, draft)
	if flow.KindOf(err) == flow.Conflict {
		return flow.User{}, flow.Errorf(flow.Conflict, "Another account here has this email address already.").
			WithHint("Ask who runs this server to remove that account, or use another address in Clerk.").Because(err)
	}
	if err != nil {
		return flow.User{}, fmt.Errorf("keep clerk user: %w", err)
	}
	k.people.remember(got.ID, person{u, got.UpdatedAt, k.now()})
	return u, nil
}

// asAccount translates a Clerk user. The address is the primary one; it proves
// nothing here, because accounts are matched by Clerk's id alone.
func asAccount(got *sdk.User, now time.Time) (flow.User, error) {
	address := ""
	for _, e := range got.EmailAddresses {
		if e != nil && (address == "" || got.PrimaryEmailAddressID != nil && e.ID == *got.PrimaryEmailAddressID) {
			address = e.EmailAddress
		}
	}
	email, err := flow.CleanEmail(address)
	if err != nil {
		return flow.User{}, flow.Errorf(flow.Forbidden, "Your Clerk account has no email address.").WithHint("Add one to it, then sign in again.")
	}
	now = now.UTC()
	return flow.User{
		ID: flow.NewID(flow.UserPrefix), ClerkID: new(got.ID), Email: email,
		FirstName: name(got.FirstName), LastName: name(got.LastName), Avatar: avatar(got.ImageURL),
		CreatedAt: now, UpdatedAt: now,
	}, nil
}

func name(s *string) string {
	if s == nil {
		return ""
	}
	return clip(strings.TrimSpace(*s), flow.MaxName)
}

// avatar keeps an https address only: it ends up in pages.
func avatar(s *string) string {
	if s == nil || !strings.HasPrefix(*s, "https://") || len(*s) > 2048 {
		return ""
	}
	return *s
}
