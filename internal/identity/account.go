package identity

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"heddle/internal/flow"
)

// Setup makes the first account.
type Setup struct {
	Code      string // the one-time code, where the server asks for one
	Email     string
	Password  string
	FirstName string
	LastName  string
}

// SignUp makes an account for oneself.
type SignUp struct {
	Email     string
	Password  string
	FirstName string
	LastName  string
	IP        string // where the request comes from; empty: not limited
}

// setupKey is the key of wrong setup codes; no email address looks like it.
const setupKey = "setup code"

// NeedsSetup reports whether the first account is still to be made here.
func (s *Service) NeedsSetup(ctx context.Context) (bool, error) {
	if s.clerk != nil {
		return false, nil
	}
	n, err := s.accounts.CountUsers(ctx)
	if err != nil {
		return false, fmt.Errorf("count users: %w", err)
	}
	return n == 0, nil
}

// Setup makes the first account. It is a Conflict when there is one already, and
// TooMany after five wrong codes.
func (s *Service) Setup(ctx context.Context, in Setup) (flow.User, error) {
	if err := s.local(); err != nil {
		return flow.User{}, err
	}
	needed, err := s.NeedsSetup(ctx)
	if err != nil {
		return flow.User{}, err
	}
	if !needed {
		return flow.User{}, setUp()
	}
	if err := s.checkCode(in.Code); err != nil {
		return flow.User{}, err
	}
	u, err := s.create(ctx, draft{in.Email, in.Password, in.FirstName, in.LastName}, s.accounts.CreateFirstUser)
	if flow.KindOf(err) == flow.Conflict { // someone else was faster
		return flow.User{}, setUp()
	}
	return u, err
}

func setUp() error {
	return flow.Errorf(flow.Conflict, "The first account exists already.").WithHint("Sign in with it.")
}

func (s *Service) checkCode(code string) error {
	if !s.needsCode {
		return nil
	}
	if err := s.failures.begin(setupKey, s.now()); err != nil {
		return err
	}
	right := s.codeMatches(strings.TrimSpace(code))
	s.failures.end(setupKey, s.now(), right)
	if right {
		return nil
	}
	return flow.Errorf(flow.Invalid, "The setup code is wrong.").
		WithHint("The code is in the output of heddle serve, where the server was started.").
		With(flow.Problem{Path: "code", Message: "Copy the code from the server's output."})
}

// SignUp makes an account where sign-up is open, else it is Forbidden.
func (s *Service) SignUp(ctx context.Context, in SignUp) (flow.User, error) {
	if err := s.local(); err != nil {
		return flow.User{}, err
	}
	if !s.signupOpen {
		return flow.User{}, flow.Errorf(flow.Forbidden, "Sign-up is closed here.").WithHint("Ask who runs this server for an account.")
	}
	if err := s.visits.allow(in.IP, s.now()); err != nil {
		return flow.User{}, err
	}
	needed, err := s.NeedsSetup(ctx)
	if err != nil {
		return flow.User{}, err
	}
	if needed {
		return flow.User{}, flow.Errorf(flow.Forbidden, "This server has no first account yet.").WithHint("Set it up first.")
	}
	return s.create(ctx, draft{in.Email, in.Password, in.FirstName, in.LastName}, s.accounts.CreateUser)
}

// CreateUser makes an account for the command line on the machine itself.
func (s *Service) CreateUser(ctx context.Context, email, password string) (flow.User, error) {
	return s.create(ctx, draft{email: email, password: password}, s.accounts.CreateUser)
}

type draft struct{ email, password, first, last string }

func (s *Service) create(ctx context.Context, d draft, insert func(context.Context, flow.User, string) error) (flow.User, error) {
	u, err := d.user(s.now())
	if err != nil {
		return flow.User{}, err
	}
	if err := checkPassword(d.password, u.Email, "password"); err != nil {
		return flow.User{}, err
	}
	if err := s.passwords.enter(ctx); err != nil {
		return flow.User{}, err
	}
	hash := s.passwords.hash(d.password)
	s.passwords.leave()
	if err := insert(ctx, u, hash); err != nil {
		return flow.User{}, err
	}
	s.log.InfoContext(ctx, "account created", slog.String("user_id", u.ID.String()))
	s.record(ctx, u.ID, flow.AuditAccountCreated, "")
	return u, nil
}

func (d draft) user(now time.Time) (flow.User, error) {
	email, err := flow.CleanEmail(d.email)
	if err != nil {
		return flow.User{}, err
	}
	first, last := strings.TrimSpace(d.first), strings.TrimSpace(d.last)
	for path, name := range map[string]string{"firstName": first, "lastName": last} {
		if utf8.RuneCountInString(name) > flow.MaxName {
			return flow.User{}, refuse(path, "A name has at most 100 characters.", "Keep it within 100 characters.")
		}
	}
	now = now.UTC()
	return flow.User{ID: flow.NewID(flow.UserPrefix), Email: email, FirstName: first, LastName: last, CreatedAt: now, UpdatedAt: now}, nil
}
