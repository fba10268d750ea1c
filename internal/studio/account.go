package studio

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// Credentials are what a request brings to say who it is.
type Credentials struct {
	Session string // secret of the session cookie
	Bearer  string // API token or Clerk session token
}

// Authenticate returns who acts, or an [flow.Unauthenticated] error. A Bearer token wins.
func (s *Service) Authenticate(ctx context.Context, c Credentials) (flow.Actor, error) {
	if c.Bearer != "" {
		return s.identity.ByBearer(ctx, c.Bearer)
	}
	return s.identity.BySession(ctx, c.Session)
}

// AccountChanges yields when a session or token of the actor may have ended, and every
// so often, until ctx ends.
func (s *Service) AccountChanges(ctx context.Context, a flow.Actor, every time.Duration) iter.Seq[struct{}] {
	return s.hub.WatchEvery(ctx, flow.AccountTopic(a.Owner()), every)
}

// NeedsSetup reports whether there is no account yet.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) { return s.identity.NeedsSetup(ctx) }

// Setup creates the owner account, with the example workflows.
func (s *Service) Setup(ctx context.Context, in identity.Setup) (flow.User, error) {
	u, err := s.identity.Setup(ctx, in)
	if err != nil {
		return u, err
	}
	s.welcome(ctx, u)
	return u, nil
}

// SignUp creates an account where that is allowed, with the example workflows.
func (s *Service) SignUp(ctx context.Context, in identity.SignUp) (flow.User, error) {
	u, err := s.identity.SignUp(ctx, in)
	if err != nil {
		return u, err
	}
	s.welcome(ctx, u)
	return u, nil
}

// CreateUser creates an account from the command line, with the example workflows.
func (s *Service) CreateUser(ctx context.Context, email, password string) (flow.User, error) {
	u, err := s.identity.CreateUser(ctx, email, password)
	if err != nil {
		return u, err
	}
	s.welcome(ctx, u)
	return u, nil
}

// welcome gives a new account the examples. Without them the account still works,
// so a failure is only logged.
func (s *Service) welcome(ctx context.Context, u flow.User) {
	for _, w := range slices.Backward(s.examples) { // the first one ends up newest

		w.ID, w.UserID, w.Version = flow.NewID(flow.WorkflowPrefix), u.ID, 1
		if err := s.store.CreateWorkflow(ctx, flow.Owner(u.ID), w, u.Email); err != nil {
			s.log.ErrorContext(ctx, "examples not created", slog.String("user_id", u.ID.String()), slog.Any("error", err))
			return
		}
	}
}

// SignIn checks an email address and password.
func (s *Service) SignIn(ctx context.Context, in identity.SignIn) (flow.User, error) {
	return s.identity.SignIn(ctx, in)
}

// StartSession opens a browser session and returns the cookie's secret and its end.
func (s *Service) StartSession(ctx context.Context, u flow.User, in identity.StartSession) (string, time.Time, error) {
	return s.identity.StartSession(ctx, u, in)
}

// NewReset returns a secret that sets a new password, for the command line.
func (s *Service) NewReset(ctx context.Context, email string) (string, time.Time, error) {
	return s.identity.NewReset(ctx, email)
}

// Reset sets a new password with such a secret.
func (s *Service) Reset(ctx context.Context, in identity.Reset) (flow.User, error) {
	return s.identity.Reset(ctx, in)
}

// SignOut ends the actor's session.
func (s *Service) SignOut(ctx context.Context) error {
	a, err := flow.ActorFrom(ctx)
	if err != nil {
		return err
	}
	if err := s.identity.EndSession(ctx, a); err != nil || a.SessionID == "" {
		return err
	}
	s.record(ctx, flow.AuditSignOut, "")
	return nil
}

// Clerk returns what Clerk's sign-in on our page needs; nil with local accounts.
func (s *Service) Clerk() *identity.ClerkPage { return s.identity.Clerk() }

// ClerkSignIn checks a Clerk session token and returns its user and session id.
// A user seen for the first time gets the example workflows.
func (s *Service) ClerkSignIn(ctx context.Context, token string) (flow.User, string, error) {
	u, sid, err := s.identity.ClerkSignIn(ctx, token)
	if err != nil {
		return u, sid, err
	}
	if list, err := s.store.Workflows(ctx, flow.Owner(u.ID), flow.WorkflowQuery{Page: 1, Limit: 1}); err == nil &&
		list.Pagination.Total == 0 && time.Since(u.CreatedAt) < time.Minute {
		s.welcome(ctx, u)
	}
	return u, sid, nil
}

// ClerkWebhook takes one of Clerk's signed messages.
func (s *Service) ClerkWebhook(ctx context.Context, h http.Header, body []byte) error {
	return s.identity.ClerkWebhook(ctx, h, body)
}

// Profile is what a user may change about themselves.
type Profile struct {
	FirstName string `form:"firstName"`
	LastName  string `form:"lastName"`
}

// UpdateProfile changes the actor's name.
func (s *Service) UpdateProfile(ctx context.Context, in Profile) (flow.User, error) {
	a, err := s.session(ctx)
	if err != nil {
		return flow.User{}, err
	}
	if len([]rune(in.FirstName)) > flow.MaxName || len([]rune(in.LastName)) > flow.MaxName {
		return flow.User{}, flow.Errorf(flow.Invalid, "A name has at most 100 characters.").
			With(flow.Problem{Path: "firstName", Message: "Keep each name within 100 characters."})
	}
	return s.store.UpdateProfile(ctx, a.Owner(), in.FirstName, in.LastName)
}

// session returns the actor when they are a person in a browser: an API token
// can never change who may do what.
func (s *Service) session(ctx context.Context) (flow.Actor, error) {
	a, err := flow.ActorFrom(ctx)
	if err != nil {
		return a, err
	}
	if a.Via == flow.ViaToken {
		return a, flow.Errorf(flow.Forbidden, "An API token may not do this.").WithHint("Sign in with a browser.")
	}
	return a, nil
}

// ChangePassword replaces the actor's password and ends their other sessions.
func (s *Service) ChangePassword(ctx context.Context, old, fresh string) error {
	a, err := s.session(ctx)
	if err != nil {
		return err
	}
	return s.identity.ChangePassword(ctx, a, old, fresh)
}

// TokensOut carries the actor's API tokens, without secrets.
type TokensOut struct {
	Tokens []flow.Token `json:"tokens"`
}

// Tokens lists the actor's API tokens.
func (s *Service) Tokens(ctx context.Context, _ struct{}) (TokensOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return TokensOut{}, err
	}
	tokens, err := s.store.Tokens(ctx, a.Owner())
	return TokensOut{Tokens: tokens}, err
}

// TokenDraft describes a token to make.
type TokenDraft struct {
	Name          string       `json:"name" minLength:"1" maxLength:"100"`
	Scopes        []flow.Scope `json:"scopes,omitempty" nullable:"false" doc:"Rights of the token; all of them when left out."`
	Sources       []string     `json:"sources,omitempty" nullable:"false" maxItems:"20" doc:"Addresses and ranges from which it works, such as 192.0.2.7 or 10.0.0.0/8; everywhere when left out."`
	ExpiresInDays *int         `json:"expiresInDays,omitempty" minimum:"0" maximum:"3650" doc:"Days until it ends; 90 when left out, 0 for never."`
}

// CreateToken is the input of the use case of the same name.
type CreateToken struct {
	Body TokenDraft
}

// TokenOut carries a new token with its secret, which is shown this once.
type TokenOut struct {
	Token  flow.Token `json:"token"`
	Secret string     `json:"secret"`
}

// CreateToken makes an API token. Only a person in a browser may.
func (s *Service) CreateToken(ctx context.Context, in CreateToken) (TokenOut, error) {
	a, err := s.session(ctx)
	if err != nil {
		return TokenOut{}, err
	}
	t, secret, err := s.identity.NewToken(ctx, a.Owner(), identity.NewToken{Name: in.Body.Name, Scopes: in.Body.Scopes, Sources: in.Body.Sources, Expires: life(in.Body.ExpiresInDays)})
	return TokenOut{Token: t, Secret: secret}, err
}

// life turns days into the span identity expects: 0 its default, negative for ever.
func life(days *int) time.Duration {
	switch {
	case days == nil:
		return 0
	case *days == 0:
		return -1
	}
	return time.Duration(*days) * 24 * time.Hour
}

// DeleteToken ends an API token at once.
func (s *Service) DeleteToken(ctx context.Context, in ByID) (Done, error) {
	a, err := s.session(ctx)
	if err != nil {
		return Done{}, err
	}
	if err := s.store.DeleteToken(ctx, a.Owner(), in.ID); err != nil {
		return Done{}, err
	}
	s.record(ctx, flow.AuditTokenDeleted, in.ID.String())
	return Done{}, nil
}

// SettingsPage returns what the settings page shows.
func (s *Service) SettingsPage(ctx context.Context, _ struct{}) (flow.Settings, error) {
	a, err := s.session(ctx)
	if err != nil {
		return flow.Settings{}, err
	}
	out := flow.Settings{User: a.User, KeepsSecrets: s.secrets.Vault != nil}
	if out.Tokens, err = s.store.Tokens(ctx, a.Owner()); err != nil {
		return out, err
	}
	all, err := s.store.Secrets(ctx, a.Owner())
	if err != nil {
		return out, err
	}
	out.Secrets = slices.DeleteFunc(all, func(n flow.StoredSecret) bool { return n.Provider != "" })
	if out.Hooks, err = s.store.Hooks(ctx, a.Owner()); err != nil {
		return out, err
	}
	list, err := s.store.Workflows(ctx, a.Owner(), flow.WorkflowQuery{Page: 1, Limit: flow.MaxChoices})
	if err != nil {
		return out, err
	}
	out.Workflows = list.Workflows
	out.Providers, err = s.providers(ctx)
	return out, err
}
