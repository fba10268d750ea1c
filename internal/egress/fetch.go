package egress

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// StatusError is an answer other than success to [Fetch].
type StatusError struct{ Status int }

// Error says what the server answered.
func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answered %d %s", e.Status, http.StatusText(e.Status))
}

// Fetch reads what lies at address with client c: at most max bytes, else
// [ErrTooLarge]. The content type comes without parameters, from the server if
// it says one, else from the bytes. Errors never contain the address; they are
// [ErrRefused], a [*StatusError], [ErrTooLarge], [ErrTooManyRedirects] or the
// cause of ctx.
func Fetch(ctx context.Context, c *http.Client, address string, max int64) ([]byte, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, "", &refusal{cause: err}
	}
	req.Header.Set("User-Agent", "Heddle")
	resp, err := c.Do(req)
	if err != nil {
		return nil, "", plain(ctx, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, "", &StatusError{Status: resp.StatusCode}
	}
	data, err := io.ReadAll(&capped{body: resp.Body, left: max})
	if err != nil {
		return nil, "", plain(ctx, err)
	}
	return data, contentType(resp.Header, data), nil
}

func contentType(h http.Header, data []byte) string {
	for _, v := range []string{h.Get("Content-Type"), http.DetectContentType(data)} {
		if t, _, err := mime.ParseMediaType(v); err == nil && t != "application/octet-stream" {
			return t
		}
	}
	return "application/octet-stream"
}

// plain reduces an error of the client to one that may be shown.
func plain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for _, known := range []error{ErrTooLarge, ErrTooManyRedirects} {
		if errors.Is(err, known) {
			return known
		}
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	return &refusal{cause: err}
}
