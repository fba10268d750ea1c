package flow

import (
	"context"
	"slices"
)

// Owner is the user whose rows a query may touch. Every query of the store that
// reads or writes a user's data takes one as its first argument after the context.
type Owner ID

// Scope is one right of an API token. A browser session has all of them.
type Scope string

// The scopes. A token made without naming any gets all of them.
const (
	ScopeGraphRead  Scope = "graph:read"
	ScopeGraphWrite Scope = "graph:write"
	ScopeRunRead    Scope = "run:read"
	ScopeRunStart   Scope = "run:start"
	ScopeFileRead   Scope = "file:read"
	ScopeFileWrite  Scope = "file:write"
)

// Scopes lists every scope in the order people read them.
func Scopes() []Scope {
	return []Scope{ScopeGraphRead, ScopeGraphWrite, ScopeRunRead, ScopeRunStart, ScopeFileRead, ScopeFileWrite}
}

// Via says how an actor proved who they are.
type Via string

// The ways to be known.
const (
	ViaSession Via = "session" // our own cookie session
	ViaToken   Via = "token"   // a personal access token, "hdl_..."
	ViaClerk   Via = "clerk"   // a Clerk session token sent as Bearer
	ViaCLI     Via = "cli"     // the command line on the machine itself
	ViaHook    Via = "webhook" // the sender of a message that a webhook's secret proves
)

// Actor is who acts: the same for pages, API and websocket.
type Actor struct {
	User      User
	Via       Via
	Scopes    []Scope // for ViaToken and ViaHook; other ways may do everything
	SessionID ID      // for ViaSession: the row to end on sign-out
	TokenID   ID      // for ViaToken
}

// Owner returns the owner under which the actor reads and writes.
func (a Actor) Owner() Owner { return Owner(a.User.ID) }

// May reports whether the actor holds scope s.
func (a Actor) May(s Scope) bool {
	return a.Via != ViaToken && a.Via != ViaHook || slices.Contains(a.Scopes, s)
}

type actorKey struct{}

// WithActor returns a context that carries a.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorFrom returns the actor of ctx, or an [Unauthenticated] error.
func ActorFrom(ctx context.Context) (Actor, error) {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok && a.User.ID != "" {
		return a, nil
	}
	return Actor{}, Errorf(Unauthenticated, "Sign in to do this.").WithHint("Send a session cookie or an Authorization: Bearer token.")
}

// Require returns the actor of ctx if they hold scope s, else an
// [Unauthenticated] or [Forbidden] error.
func Require(ctx context.Context, s Scope) (Actor, error) {
	a, err := ActorFrom(ctx)
	if err != nil {
		return Actor{}, err
	}
	if !a.May(s) {
		return Actor{}, Errorf(Forbidden, "This token may not do that: it lacks the scope %s.", s).
			WithHint("Create a token with the scope %s under Settings, Tokens.", s)
	}
	return a, nil
}

type requestKey struct{}

// WithRequestID returns a context that carries the id of a request, for logs and answers.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestIDFrom returns the request id of ctx, or "".
func RequestIDFrom(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}
