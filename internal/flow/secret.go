package flow

import (
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Secret is a value that must never be printed: every way of writing it gives "***".
type Secret string

const masked = "***"

// Reveal returns the secret itself, for the one place that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns "***", or nothing when the secret is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return masked
}

// GoString returns what String does, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue returns "***" for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns "***" for JSON and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a secret, as from the environment.
func (s *Secret) UnmarshalText(b []byte) error {
	*s = Secret(b)
	return nil
}

// SecretPrefix begins the ids of stored secrets.
const SecretPrefix = "sec"

// Limits of stored secrets.
const (
	MaxSecretName  = 64
	MaxSecretValue = 8 << 10 // bytes
	MaxSecretHosts = 10
	MaxSecrets     = 200 // of one user
)

// StoredSecret is what may be told of a secret that is kept for a user: everything
// but its value.
type StoredSecret struct {
	ID         ID         `json:"id"`
	UserID     ID         `json:"-"`
	Name       string     `json:"name"`
	Provider   string     `json:"provider,omitzero"` // of a model provider's key, as in "openai"
	HookID     ID         `json:"-"`                 // of a webhook's secret
	Hosts      []string   `json:"hosts"`             // where it may be sent: names, or *.example.com
	Version    int        `json:"version"`           // +1 with each new value
	CreatedAt  time.Time  `json:"createdAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
	LastUsedAt *time.Time `json:"lastUsedAt"`
}

// Owner says whose secret it is, and which: what it is sealed for.
func (s StoredSecret) Owner() string {
	return string(s.UserID) + " " + string(s.ID) + " " + s.Name
}

// ProviderSecret is the name under which a user's key of a model provider is kept. No
// other secret can have it.
func ProviderSecret(provider string) string { return "provider:" + provider }

// IsSecretName reports whether s can name a secret: letters, digits and _, a letter
// or _ first.
func IsSecretName(s string) bool {
	if s == "" || len(s) > MaxSecretName {
		return false
	}
	for i, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r == '_':
		case i > 0 && r >= '0' && r <= '9':
		default:
			return false
		}
	}
	return true
}

// MayGo reports whether the secret may be sent to a host.
func (s StoredSecret) MayGo(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return slices.ContainsFunc(s.Hosts, func(h string) bool {
		if rest, wild := strings.CutPrefix(h, "*"); wild {
			return strings.HasSuffix(host, rest) && len(host) > len(rest)
		}
		return h == host
	})
}

// CleanHosts returns hosts lower-cased, each once, or an [Invalid] error.
func CleanHosts(hosts []string) ([]string, error) {
	var out []string
	for _, h := range hosts {
		h = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
		if h == "" || slices.Contains(out, h) {
			continue
		}
		if !isHost(strings.TrimPrefix(h, "*.")) {
			return nil, Errorf(Invalid, "%q is no host.", Text(h).Preview(80)).
				With(Problem{Path: "hosts", Message: "Write names such as api.example.com or *.example.com, without https:// and without a path."})
		}
		out = append(out, h)
	}
	if len(out) == 0 || len(out) > MaxSecretHosts {
		return nil, Errorf(Invalid, "A secret needs 1 to %d hosts.", MaxSecretHosts).
			With(Problem{Path: "hosts", Message: "Name where the secret may be sent, as in api.example.com."})
	}
	return out, nil
}

// isHost reports whether s is a host's name with a dot in it, localhost, or an address.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil || s == "localhost" {
		return true
	}
	labels := strings.Split(s, ".")
	return len(s) <= 253 && len(labels) > 1 && !slices.ContainsFunc(labels, func(l string) bool {
		return l == "" || len(l) > 63 || strings.Trim(l, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || l[0] == '-' || l[len(l)-1] == '-'
	})
}
