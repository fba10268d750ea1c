package identity

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	sdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/jwks"
	"github.com/clerk/clerk-sdk-go/v2/user"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"heddle/internal/flow"
)

// ClerkConfig connects Heddle to a Clerk application.
type ClerkConfig struct {
	SecretKey      string       // CLERK_SECRET_KEY
	PublishableKey string       // CLERK_PUBLISHABLE_KEY; names Clerk's frontend host
	WebhookSecret  string       // CLERK_WEBHOOK_SECRET
	APIURL         string       // of Clerk's Backend API; empty: Clerk's own
	Origins        []string     // where our pages are served, as in "https://heddle.example"
	HTTP           *http.Client // made by package egress
}

// ClerkPage is what Clerk's sign-in on our page needs.
type ClerkPage struct {
	PublishableKey string
	FrontendHost   string // Clerk's script comes from here
}

// clerk knows people by Clerk's session tokens.
type clerk struct {
	page     ClerkPage
	issuer   string
	origins  map[string]bool
	keys     *clerkKeys
	users    *user.Client
	webhook  *standardwebhooks.Webhook
	people   *clerkPeople
	messages *messages
	accounts Accounts
	now      func() time.Time
	record   func(context.Context, flow.ID, flow.AuditAction, string)
	log      *slog.Logger
}

// newClerk checks the configuration as a whole: half of it is worse than none.
func newClerk(c Config) (*clerk, error) {
	if err := c.Clerk.complete(); err != nil {
		return nil, err
	}
	host, err := frontendHost(c.Clerk.PublishableKey)
	if err != nil {
		return nil, err
	}
	hook, err := standardwebhooks.NewWebhook(c.Clerk.WebhookSecret)
	if err != nil { // the cause would print the secret
		return nil, errors.New("identity: CLERK_WEBHOOK_SECRET is not a signing secret of Clerk: it begins with whsec_")
	}
	backend, err := c.Clerk.backend()
	if err != nil {
		return nil, err
	}
	k := &clerk{
		page: ClerkPage{c.Clerk.PublishableKey, host}, issuer: "https://" + host, origins: map[string]bool{},
		keys: newClerkKeys(jwks.NewClient(backend), c.Now), users: user.NewClient(backend), webhook: hook,
		people: newClerkPeople(), messages: &messages{seen: map[string]time.Time{}},
		accounts: c.Accounts, now: c.Now, log: c.Logger,
	}
	for _, o := range c.Clerk.Origins {
		k.origins[strings.ToLower(strings.TrimRight(o, "/"))] = true
	}
	return k, nil
}

// complete names every setting that is missing.
func (c *ClerkConfig) complete() error {
	var missing []string
	for _, s := range []struct{ name, value string }{
		{"CLERK_SECRET_KEY", c.SecretKey}, {"CLERK_PUBLISHABLE_KEY", c.PublishableKey}, {"CLERK_WEBHOOK_SECRET", c.WebhookSecret},
	} {
		if strings.TrimSpace(s.value) == "" {
			missing = append(missing, s.name)
		}
	}
	switch {
	case len(missing) > 0:
		return fmt.Errorf("identity: Clerk is half configured: set %s", strings.Join(missing, " and "))
	case strings.HasPrefix(c.SecretKey, "sk_test_") && strings.HasPrefix(c.PublishableKey, "pk_live_"),
		strings.HasPrefix(c.SecretKey, "sk_live_") && strings.HasPrefix(c.PublishableKey, "pk_test_"):
		return errors.New("identity: CLERK_SECRET_KEY and CLERK_PUBLISHABLE_KEY are of different Clerk instances")
	case len(c.Origins) == 0:
		return errors.New("identity: Clerk needs the address of our pages: set HEDDLE_BASE_URL")
	case c.HTTP == nil:
		return errors.New("identity: Clerk needs an HTTP client")
	}
	return nil
}

var hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$`)

// frontendHost reads the host out of a publishable key, which is
// pk_(test|live)_ and then base64 of the host and a dollar sign.
func frontendHost(key string) (string, error) {
	invalid := errors.New("identity: CLERK_PUBLISHABLE_KEY is not a publishable key of Clerk: it begins with pk_test_ or pk_live_")
	encoded, ok := strings.CutPrefix(key, "pk_test_")
	if !ok {
		if encoded, ok = strings.CutPrefix(key, "pk_live_"); !ok {
			return "", invalid
		}
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
	if err != nil {
		return "", invalid
	}
	host, ok := strings.CutSuffix(string(raw), "$")
	if !ok || !hostName.MatchString(host) {
		return "", invalid
	}
	return host, nil
}

func (c *ClerkConfig) backend() (*sdk.ClientConfig, error) {
	conf := &sdk.ClientConfig{}
	conf.Key, conf.HTTPClient = new(c.SecretKey), c.HTTP
	if c.APIURL == "" {
		conf.URL = new(sdk.APIURL)
		return conf, nil
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("identity: the address of Clerk's Backend API is not a URL")
	}
	if strings.Trim(u.Path, "/") == "" {
		u.Path = "/v1"
	}
	conf.URL = new(u.String())
	return conf, nil
}

// Clerk returns what Clerk's sign-in on our page needs; nil with local accounts.
func (s *Service) Clerk() *ClerkPage {
	if s.clerk == nil {
		return nil
	}
	return new(s.clerk.page)
}

// ClerkSignIn checks a Clerk session token and returns its user, fresh from
// Clerk, and the id of the Clerk session. Bind our session to that id, so that it
// ends with Clerk's.
func (s *Service) ClerkSignIn(ctx context.Context, token string) (u flow.User, sid string, err error) {
	if s.clerk == nil {
		return flow.User{}, "", notClerk()
	}
	c, err := s.clerk.verify(ctx, token)
	if err == nil {
		u, err = s.clerk.fetch(ctx, c.Subject)
	}
	if flow.KindOf(err) == flow.Unauthenticated {
		err = flow.Errorf(flow.Unauthenticated, "Clerk's sign-in could not be confirmed.").WithHint("Sign in again.").Because(err)
	}
	if err == nil {
		s.record(ctx, u.ID, flow.AuditSignIn, "")
	}
	return u, c.SessionID, err
}

// byBearer returns who a session token sent as Bearer belongs to.
func (k *clerk) byBearer(ctx context.Context, token string) (flow.Actor, error) {
	c, err := k.verify(ctx, token)
	if err != nil {
		return flow.Actor{}, err
	}
	u, err := k.user(ctx, c.Subject)
	if err != nil {
		return flow.Actor{}, err
	}
	return flow.Actor{User: u, Via: flow.ViaClerk}, nil
}

func notClerk() error {
	return flow.Errorf(flow.NotFound, "Clerk is not configured here.")
}

func clerkDown(err error) error {
	return &flow.Error{
		Kind: flow.Unavailable, Message: "Clerk cannot be reached, so nobody new can be let in.",
		Hint: "Try again in a moment.", RetryAfter: keyBackoff, Err: err,
	}
}
