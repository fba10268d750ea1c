package nodes

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// newRequest builds the request of an HTTP step, all but its secret.
func newRequest(ctx context.Context, p httpParams, c node.Call) (*http.Request, error) {
	if !slices.Contains(methods(), p.Method) {
		return nil, flow.Errorf(flow.Invalid, "The method %q is not known.", p.Method).WithHint("Choose one of %s.", strings.Join(methods(), ", "))
	}
	u, err := target(p)
	if err != nil {
		return nil, err
	}
	body, media, err := payload(ctx, p, c)
	if err != nil {
		return nil, err
	}
	// A reader without bytes becomes a request without body.
	req, err := http.NewRequestWithContext(ctx, p.Method, u.String(), bytes.NewReader(body))
	if err != nil {
		return nil, badAddress().Because(err)
	}
	if err := setHeaders(req, p.Headers); err != nil {
		return nil, err
	}
	preset(req.Header, "User-Agent", "Heddle")
	preset(req.Header, "Content-Type", media)
	if unsafe(p.Method) {
		preset(req.Header, "Idempotency-Key", c.Key)
	}
	return req, nil
}

func preset(h http.Header, name, value string) {
	if h.Get(name) == "" && value != "" {
		h.Set(name, value)
	}
}

// unsafe reports whether a method may change something at the other end.
func unsafe(method string) bool {
	return slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, method)
}

// target returns the address of p with its query.
func target(p httpParams) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(p.URL))
	if err != nil || !slices.Contains([]string{"http", "https"}, strings.ToLower(u.Scheme)) || u.Hostname() == "" || u.User != nil {
		return nil, badAddress()
	}
	members, err := object(p.Query, "Query")
	if err != nil || len(members) == 0 {
		return u, err
	}
	query := u.Query()
	for name, v := range members {
		query.Del(name)
		for _, item := range v.Items() {
			query.Add(name, item.String())
		}
	}
	u.RawQuery = query.Encode()
	return u, nil
}

func badAddress() *flow.Error {
	return flow.Errorf(flow.Invalid, "The address must begin with https:// or http://.").
		WithHint("Give a full address such as https://api.example.com/items, without a user name or password in it.")
}

// object reads a setting that holds a JSON object, as such or as its text.
func object(raw json.RawMessage, label string) (map[string]flow.Value, error) {
	v := flow.RawValue(raw)
	text := strings.TrimSpace(v.String())
	if text == "" || text == "null" {
		return nil, nil
	}
	var members map[string]flow.Value
	if err := json.Unmarshal([]byte(text), &members); err != nil {
		return nil, flow.Errorf(flow.Invalid, "The setting %s is not a JSON object.", label).
			WithHint(`Write it as in {"name": "value"}.`).Because(err)
	}
	return members, nil
}

// payload returns the body that p sends and its content type.
func payload(ctx context.Context, p httpParams, c node.Call) (body []byte, media string, err error) {
	v := flow.RawValue(p.Body)
	if v.IsZero() || v.String() == "" || string(v.Raw()) == "null" {
		return nil, "", nil
	}
	if p.Method == http.MethodGet || p.Method == http.MethodHead {
		return nil, "", flow.Errorf(flow.Invalid, "A %s request has no body.", p.Method).WithHint("Choose POST, or leave the body empty.")
	}
	if ref, ok := v.FileRef(); ok {
		body, err = c.Files.Open(ctx, ref)
		return body, ref.MediaType, err
	}
	if v.Type() != flow.TypeText {
		return v.Raw(), "application/json", nil
	}
	body = []byte(v.String())
	if text := bytes.TrimSpace(body); len(text) > 0 && (text[0] == '{' || text[0] == '[') && json.Valid(text) {
		return body, "application/json", nil
	}
	return body, "text/plain; charset=utf-8", nil
}

// ours are the headers that are made from the request itself: a value of one's
// own could make two servers on the way read two different requests.
func ours() []string {
	return []string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Te", "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Proxy-Connection"}
}

func setHeaders(req *http.Request, raw json.RawMessage) error {
	members, err := object(raw, "Headers")
	if err != nil {
		return err
	}
	for name, v := range members {
		switch value := v.String(); {
		case !isToken(name):
			return flow.Errorf(flow.Invalid, "%q is no name of a header.", flow.Text(name).Preview(60)).WithHint("A name has letters, digits and -, as in X-Request-Id.")
		case slices.Contains(ours(), http.CanonicalHeaderKey(name)):
			return flow.Errorf(flow.Invalid, "The header %s cannot be set.", name).WithHint("It is made from the request itself. Remove it.")
		case badValue(value):
			return flow.Errorf(flow.Invalid, "The value of the header %s has a line break or another control character.", name).WithHint("Write it on one line.")
		default:
			req.Header.Set(name, value)
		}
	}
	return nil
}

func isToken(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7F || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	}) < 0
}

func badValue(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }) >= 0
}

// credentials returns the header that carries a secret.
func credentials(auth string, s flow.Secret) (name, value string) {
	switch auth {
	case "key":
		return "X-API-Key", s.Reveal()
	case "basic":
		return "Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(s.Reveal()))
	}
	return "Authorization", "Bearer " + s.Reveal()
}

// local reports whether host is this machine by its own name or number.
func local(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.Unmap().IsLoopback()
}
