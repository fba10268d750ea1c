package egress

import (
	"errors"
	"io"
	"net/http"
)

// ErrTooLarge ends the reading of an answer that is longer than allowed.
var ErrTooLarge = errors.New("the answer is too large")

// door checks each request, redirects included, and caps each answer.
type door struct {
	guard     guard
	transport *http.Transport
	maxBody   int64
}

// RoundTrip sends req if it may be sent.
func (d *door) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := d.guard.check(req.URL); err != nil {
		return nil, err
	}
	resp, err := d.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if d.maxBody > 0 {
		if resp.ContentLength > d.maxBody {
			_ = resp.Body.Close()
			return nil, ErrTooLarge
		}
		resp.Body = &capped{body: resp.Body, left: d.maxBody}
	}
	return resp, nil
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach the transport.
func (d *door) CloseIdleConnections() { d.transport.CloseIdleConnections() }

// redirect is the client's policy. The standard library drops the Authorization
// and Cookie headers between unrelated hosts only; here any change of host or
// port, and any step down from https, drops every header that may be a key, and
// a way back does not bring it back.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return ErrTooManyRedirects
	}
	for _, hop := range append(via[1:len(via):len(via)], req) {
		if hostPort(hop.URL) != hostPort(via[0].URL) || via[0].URL.Scheme == "https" && hop.URL.Scheme != "https" {
			dropCredentials(req)
			return nil
		}
	}
	return nil
}

// dropCredentials keeps only headers that are known to be harmless: API keys
// travel under many names.
func dropCredentials(req *http.Request) {
	kept := http.Header{}
	for _, name := range []string{"Accept", "Accept-Language", "Content-Type", "User-Agent"} {
		if v := req.Header.Values(name); len(v) > 0 {
			kept[name] = v
		}
	}
	req.Header = kept
	req.URL.User = nil
}

// capped is a body that fails once it is longer than allowed.
type capped struct {
	body io.ReadCloser
	left int64
}

// Read reads on; the byte after the last allowed one is [ErrTooLarge].
func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrTooLarge
	}
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.body.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return n - 1, ErrTooLarge
	}
	return n, err
}

// Close closes the body.
func (c *capped) Close() error { return c.body.Close() }
