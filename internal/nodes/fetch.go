package nodes

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
	"unicode"

	"heddle/internal/egress"
	"heddle/internal/flow"
)

const fetchTime = time.Minute // for one picture, from the first byte to the last (trust.md G3)

// fetch returns the bytes behind a https:// or data:image/ address, and a name for them.
func (d Deps) fetch(ctx context.Context, address string) (name string, data []byte, err error) {
	if len(address) >= 5 && strings.EqualFold(address[:5], "data:") {
		data, err = inlineData(address)
		return "picture", data, err
	}
	u, err := url.Parse(address)
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Hostname() == "" || u.User != nil {
		return "", nil, flow.Errorf(flow.Invalid, "The picture's address must begin with https:// or data:image/.").
			WithHint("Give a full address such as https://example.com/picture.jpg, without a user name or password in it.")
	}
	data, err = d.download(ctx, u)
	return fileName(u), data, err
}

// inlineData decodes a data:image/… address (RFC 2397).
func inlineData(address string) ([]byte, error) {
	head, body, ok := strings.Cut(address[len("data:"):], ",")
	if !ok || !strings.HasPrefix(strings.ToLower(head), "image/") {
		return nil, flow.Errorf(flow.Invalid, "The data: address does not hold a picture.").
			WithHint("It looks like data:image/png;base64,… when it does.")
	}
	text, err := url.PathUnescape(body)
	if err == nil && strings.HasSuffix(strings.ToLower(head), ";base64") {
		return fromBase64(text)
	}
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The data: address is damaged.").Because(err)
	}
	return sized([]byte(text))
}

func fromBase64(text string) ([]byte, error) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text)
	data, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The data: address is damaged: its base64 cannot be decoded.").Because(err)
	}
	return sized(data)
}

func sized(data []byte) ([]byte, error) {
	if len(data) > flow.MaxUpload {
		return nil, tooLarge()
	}
	return data, nil
}

func tooLarge() error {
	return flow.Errorf(flow.TooLarge, "The picture is larger than 25 MiB.").WithHint("Use a smaller picture.")
}

// download fetches the picture. It says one and the same whatever went wrong on
// the way, so that the answer does not tell which private addresses exist (trust.md G6).
func (d Deps) download(ctx context.Context, u *url.URL) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	data, _, err := egress.Fetch(limited, d.HTTP, u.String(), flow.MaxUpload)
	if err == nil {
		return data, nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if errors.Is(err, egress.ErrTooLarge) {
		return nil, tooLarge()
	}
	if e, ok := errors.AsType[*egress.StatusError](err); ok {
		return nil, refused(u, e.Status)
	}
	return nil, flow.Errorf(flow.Unavailable, "The picture could not be fetched from %s.", u.Hostname()).
		WithHint("Check the address. Private and local addresses are not fetched; upload such a picture instead.").Because(err)
}

func refused(u *url.URL, status int) error {
	kind := flow.Invalid
	if status == http.StatusTooManyRequests || status >= 500 {
		kind = flow.Unavailable // can pass
	}
	return flow.Errorf(kind, "%s answered %d instead of the picture.", u.Hostname(), status).
		WithHint("Open the address in a browser to see what it gives, or upload the picture.")
}

func fileName(u *url.URL) string {
	name := path.Base(u.Path)
	if name == "." || name == "/" {
		return "picture"
	}
	return flow.Text(name).Preview(100)
}
