package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"time"

	"heddle/internal/flow"
)

// Accounts is where accounts, sessions and tokens are kept. An unknown id, email
// or hash is a [flow.NotFound] error.
type Accounts interface {
	CountUsers(ctx context.Context) (int, error)
	CreateUser(ctx context.Context, u flow.User, passwordHash string) error      // Conflict on a taken email, with a problem about it
	CreateFirstUser(ctx context.Context, u flow.User, passwordHash string) error // Conflict unless there is no user at all
	UserByEmail(ctx context.Context, email string) (u flow.User, passwordHash string, err error)
	SetPassword(ctx context.Context, o flow.Owner, hash string) error

	CreateSession(ctx context.Context, s flow.Session) error
	SessionByHash(ctx context.Context, h [32]byte) (flow.Session, flow.User, error)
	TouchSession(ctx context.Context, id flow.ID, at time.Time) error
	DeleteSession(ctx context.Context, o flow.Owner, id flow.ID) error
	DeleteSessionsOf(ctx context.Context, o flow.Owner, except flow.ID) error

	CreateReset(ctx context.Context, o flow.Owner, hash [32]byte, expires time.Time) error
	ResetUser(ctx context.Context, hash [32]byte, now time.Time) (flow.User, error)
	UseReset(ctx context.Context, hash [32]byte, now time.Time, passwordHash string) error

	CreateToken(ctx context.Context, o flow.Owner, t flow.Token) error
	TokenByHash(ctx context.Context, h [32]byte) (flow.Token, flow.User, error)
	TouchToken(ctx context.Context, id flow.ID, at time.Time) error

	UpsertClerkUser(ctx context.Context, u flow.User) (flow.User, error)
	DeleteClerkUser(ctx context.Context, clerkID string) error
	DeleteClerkSession(ctx context.Context, sid string) error
}

// Config says how people prove who they are.
type Config struct {
	Accounts   Accounts
	SignupOpen bool             // anyone may make an account
	SetupCode  string           // must be given to make the first account; empty on a private address
	Clerk      *ClerkConfig     // nil: local accounts
	Now        func() time.Time // nil: time.Now
	Audit      flow.Auditor     // nil: no audit log
	Logger     *slog.Logger     // nil: logs are dropped
}

// Service checks who acts. It is safe for concurrent use.
type Service struct {
	accounts   Accounts
	signupOpen bool
	setupCode  [32]byte // SHA-256 of the code
	needsCode  bool
	now        func() time.Time
	auditor    flow.Auditor // or nil
	log        *slog.Logger
	clerk      *clerk // nil with local accounts

	passwords *hasher
	failures  *failures // wrong passwords by account, wrong setup codes
	visits    *visits   // tries to sign in or up by network address
	seen      *seen     // when sessions and tokens were last written as used
}

// New returns a Service over the accounts of c.
func New(c Config) (*Service, error) {
	if c.Accounts == nil {
		return nil, errors.New("identity: Accounts is missing")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{
		accounts: c.Accounts, signupOpen: c.SignupOpen,
		setupCode: sha256.Sum256([]byte(c.SetupCode)), needsCode: c.SetupCode != "",
		now: c.Now, auditor: c.Audit, log: c.Logger,
		passwords: newHasher(), failures: newFailures(), visits: newVisits(), seen: newSeen(),
	}
	if c.Clerk == nil {
		return s, nil
	}
	var err error
	if s.clerk, err = newClerk(c); err != nil {
		return nil, err
	}
	s.clerk.record = s.record
	return s, nil
}

// codeMatches compares in constant time: hashes have one length.
func (s *Service) codeMatches(code string) bool {
	given := sha256.Sum256([]byte(code))
	return subtle.ConstantTimeCompare(given[:], s.setupCode[:]) == 1
}

// secretBytes is the length of session and token secrets: 256 bits.
const secretBytes = 32

func randomBytes() []byte {
	b := make([]byte, secretBytes)
	_, _ = rand.Read(b) // never fails, see crypto/rand.Read
	return b
}
