package flow

import (
	"net/mail"
	"strings"
	"time"
)

// User is an account.
type User struct {
	ID        ID        `json:"id"`
	ClerkID   *string   `json:"clerkId"` // nil for local accounts
	Email     string    `json:"email"`   // unique, lower-cased
	FirstName string    `json:"firstName"`
	LastName  string    `json:"lastName"`
	Avatar    string    `json:"avatar"` // URL or empty
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Name returns what to call the user: their name, else their email address.
func (u User) Name() string {
	if n := strings.TrimSpace(u.FirstName + " " + u.LastName); n != "" {
		return n
	}
	return u.Email
}

// Initials returns one or two capital letters for the account button.
func (u User) Initials() string {
	first := func(s string) string {
		for _, r := range s {
			return strings.ToUpper(string(r))
		}
		return ""
	}
	if in := first(u.FirstName) + first(u.LastName); in != "" {
		return in
	}
	return first(u.Email)
}

// CleanEmail returns the address lower-cased and trimmed, or an [Invalid] error.
func CleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", Errorf(Invalid, "This is not an email address.").
			With(Problem{Path: "email", Message: "Write an address like ann@example.com."})
	}
	return s, nil
}

// Session is a signed-in browser. Only the hash of its secret is stored.
type Session struct {
	ID        ID
	UserID    ID
	Hash      [32]byte // SHA-256 of the cookie's secret
	ClerkSID  string   // the Clerk session it is bound to, or empty
	UserAgent string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time // absolute end
}

// Token is a personal access token for the API. Only its hash is stored.
type Token struct {
	ID         ID         `json:"id"`
	UserID     ID         `json:"-"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"` // the first characters, to recognise it by
	Hash       [32]byte   `json:"-"`
	Scopes     []Scope    `json:"scopes"`
	Sources    []string   `json:"sources,omitempty" nullable:"false" doc:"Addresses and ranges from which it works; everywhere when there is none."`
	CreatedAt  time.Time  `json:"createdAt"`
	ExpiresAt  *time.Time `json:"expiresAt"` // nil: never
	LastUsedAt *time.Time `json:"lastUsedAt"`
}
