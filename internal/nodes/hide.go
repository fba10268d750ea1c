package nodes

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/url"

	"heddle/internal/flow"
)

// leastHidden is from how many bytes on a secret is looked for: shorter ones would
// be found everywhere.
const leastHidden = 4

// hider takes secrets out of what comes back from where they were sent (trust.md S5).
type hider [][]byte

// newHider returns a hider for each way the secrets may be written.
func newHider(secrets []flow.Secret) hider {
	var h hider
	for _, s := range secrets {
		v := s.Reveal()
		if len(v) < leastHidden {
			continue
		}
		quoted, err := json.Marshal(v)
		forms := []string{
			v, url.QueryEscape(v), url.PathEscape(v), base64.StdEncoding.EncodeToString([]byte(v)), base64.URLEncoding.EncodeToString([]byte(v)),
			base64.RawStdEncoding.EncodeToString([]byte(v)), base64.RawURLEncoding.EncodeToString([]byte(v)),
		}
		if err == nil {
			forms = append(forms, string(quoted[1:len(quoted)-1]))
		}
		for _, f := range forms {
			h = append(h, []byte(f))
		}
	}
	return h
}

// bytes returns b with "***" for each secret in it.
func (h hider) bytes(b []byte) []byte {
	for _, form := range h {
		if bytes.Contains(b, form) {
			b = bytes.ReplaceAll(b, form, []byte("***"))
		}
	}
	return b
}

func (h hider) text(s string) string {
	if len(h) == 0 {
		return s
	}
	return string(h.bytes([]byte(s)))
}
