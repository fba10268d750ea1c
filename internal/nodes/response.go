package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"heddle/internal/egress"
	"heddle/internal/flow"
	"heddle/internal/node"
)

const (
	maxInline = 5 << 20 // bytes of an answer that is text or JSON
	maxShown  = 300     // bytes of a refusal's body in the error
)

// response is what came back for an HTTP step.
type response struct {
	as   string // what the user chose: auto, text, json or file
	resp *http.Response
	call node.Call
	hide hider
}

func (a response) result(ctx context.Context) (node.Result, error) {
	as, limit := a.form(), int64(maxInline)
	if as == "file" {
		limit = flow.MaxUpload
	}
	data, err := io.ReadAll(io.LimitReader(a.resp.Body, limit+1))
	if err != nil {
		return node.Result{}, unreachable(ctx, a.resp.Request.URL.Hostname(), err)
	}
	if int64(len(data)) > limit {
		return node.Result{}, longAnswer(limit)
	}
	body, err := a.value(ctx, as, a.hide.bytes(data))
	if err != nil {
		return node.Result{}, err
	}
	headers, err := a.headers()
	if err != nil {
		return node.Result{}, err
	}
	return node.Result{
		Outputs: flow.Values{"body": body, "status": flow.Number(float64(a.resp.StatusCode)), "headers": headers},
		Meta:    summary(a.resp, len(data)),
	}, nil
}

func longAnswer(limit int64) error {
	e := flow.Errorf(flow.TooLarge, "The answer is larger than %d MiB.", limit>>20)
	if limit < flow.MaxUpload {
		return e.WithHint("Read it as a file, which may have 25 MiB, or ask for less at once.")
	}
	return e.WithHint("Ask for less at once.")
}

// form says as what the answer is read.
func (a response) form() string {
	if a.as != "auto" {
		return a.as
	}
	media, _, err := mime.ParseMediaType(a.resp.Header.Get("Content-Type"))
	switch {
	case err != nil: // none, or unreadable
		return "text"
	case media == "application/json", strings.HasSuffix(media, "+json"):
		return "json"
	case strings.HasPrefix(media, "text/"), media == "application/xml", strings.HasSuffix(media, "+xml") && media != "image/svg+xml",
		media == "application/javascript", media == "application/x-www-form-urlencoded", media == "application/x-ndjson":
		return "text"
	}
	return "file"
}

func (a response) value(ctx context.Context, as string, data []byte) (flow.Value, error) {
	switch {
	case as == "file" && len(data) > 0:
		ref, err := a.call.Files.Save(ctx, a.hide.text(answerName(a.resp)), data)
		return flow.File(ref), err
	case as == "json" && len(data) > 0:
		if json.Valid(data) {
			return flow.RawValue(data), nil
		}
		if a.as == "json" {
			return flow.Value{}, flow.Errorf(flow.Invalid, "The answer is not JSON. It begins with: %s", flow.Text(oneLine(data)).Preview(maxShown)).
				WithHint("Read the answer as text to see all of it.")
		}
		a.call.Log(flow.LevelWarn, "The server says that the answer is JSON, but it is not; it is passed on as text.")
	}
	return flow.Text(strings.ToValidUTF8(string(data), "\uFFFD")), nil
}

func oneLine(data []byte) string {
	data = data[:min(len(data), 4<<10)]
	return strings.Join(strings.Fields(strings.ToValidUTF8(string(data), "\uFFFD")), " ")
}

// answerName returns the name under which a downloaded file is kept.
func answerName(resp *http.Response) string {
	_, params, err := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	name := path.Base(strings.ReplaceAll(params["filename"], `\`, "/"))
	if err != nil || name == "." || name == "/" {
		name = path.Base(resp.Request.URL.Path)
	}
	if name == "." || name == "/" {
		return "answer"
	}
	return flow.Text(name).Preview(100)
}

func (a response) headers() (flow.Value, error) {
	out := make(map[string]string, len(a.resp.Header))
	for name, values := range a.resp.Header {
		out[strings.ToLower(name)] = strings.ToValidUTF8(a.hide.text(strings.Join(values, ", ")), "\uFFFD")
	}
	return flow.ValueOf(out)
}

// statusError says that the server refused, and what it said.
func statusError(resp *http.Response, hide hider) error {
	begin, _ := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	said := oneLine(hide.bytes(begin))
	text := resp.Request.URL.Hostname() + " answered " + strings.TrimSpace(strconv.Itoa(resp.StatusCode)+" "+http.StatusText(resp.StatusCode))
	if said != "" {
		text += ": " + flow.Text(said).Preview(maxShown)
	} else {
		text += "."
	}
	if s := resp.StatusCode; s == http.StatusTooManyRequests || s == http.StatusRequestTimeout || s == http.StatusTooEarly || s >= 500 {
		wait := retryAfter(resp.Header)
		e := flow.Errorf(flow.Unavailable, "%s", text).WithHint("This can pass. Run again later, or let the step try again by itself.")
		e.RetryAfter = wait
		return &node.Again{After: wait, Err: e}
	}
	return flow.Errorf(flow.Invalid, "%s", text).WithHint("%s", statusHint(resp.StatusCode))
}

func statusHint(status int) string {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "Check the secret of the step and what it is allowed to do."
	case status == http.StatusNotFound || status == http.StatusGone:
		return "Check the address."
	case status == http.StatusMethodNotAllowed:
		return "Choose another method."
	case status >= 300 && status < 400:
		return "Use the address that the server names, or pass such answers on."
	}
	return "Check what is sent, or choose to pass such answers on."
}

// retryAfter reads how long a server asks to wait: seconds or a date.
func retryAfter(h http.Header) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(v, 64); err == nil && s > 0 && s < 1e6 {
		return time.Duration(s * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// unreachable says that no whole answer came. It says the same of an address that
// is private and of one where nobody answers (trust.md G6).
func unreachable(ctx context.Context, host string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err // the address may hold a key
	}
	switch {
	case errors.Is(err, egress.ErrTooLarge):
		return longAnswer(flow.MaxUpload)
	case errors.Is(err, egress.ErrTooManyRedirects):
		return flow.Errorf(flow.Invalid, "%s sends the request on and on.", host).WithHint("At most five redirects are followed. Use the last address.")
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return &node.Again{Err: flow.Errorf(flow.Unavailable, "%s did not answer in time.", host).WithHint("Run again later.").Because(err)}
	}
	return &node.Again{Err: flow.Errorf(flow.Unavailable, "%s could not be reached.", host).
		WithHint("Check the address. Private and local addresses cannot be reached from here.").Because(err)}
}
