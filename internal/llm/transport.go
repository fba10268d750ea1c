package llm

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// maxErrorBody is how much of a refusal is read, in bytes.
const maxErrorBody = 64 << 10

var errNoTransport = errors.New("the client was given no transport")

// transport is the wire of a provider: it turns refusals and broken connections
// into typed errors before an SDK sees them.
type transport struct {
	endpoint Endpoint
	base     http.RoundTripper
}

// RoundTrip sends req. A refusal (status 400 and up) is an [*Error], not an answer.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	call, _ := req.Context().Value(callKey{}).(*Call)
	if t.base == nil {
		return nil, t.endpoint.unreachable(errNoTransport)
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		return nil, t.endpoint.unreachable(err)
	}
	if resp.StatusCode < 400 {
		resp.Body = watch(resp.Body, call, t.endpoint)
		return resp, nil
	}
	defer resp.Body.Close()
	late := time.AfterFunc(t.endpoint.Idle, func() { _ = resp.Body.Close() }) // what came until then is enough
	defer late.Stop()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	r := reply{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if call != nil {
		r.Model = call.model
	}
	return nil, t.endpoint.failure(r)
}

// CloseIdleConnections lets [http.Client.CloseIdleConnections] reach the base.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (e Endpoint) unreachable(err error) *Error {
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		return e.fail(ErrTimeout, "The provider did not answer in time.", err)
	}
	return e.fail(ErrConnection, "The provider could not be reached.", err)
}

// watched is the body of an answer. It ends the request when nothing arrives for
// the idle time, and tells the call why reading ended.
type watched struct {
	body     io.ReadCloser
	call     *Call
	endpoint Endpoint
	timer    *time.Timer
}

func watch(body io.ReadCloser, call *Call, e Endpoint) io.ReadCloser {
	if call == nil {
		return body
	}
	w := &watched{body: body, call: call, endpoint: e}
	w.timer = time.AfterFunc(e.Idle, func() {
		call.lose(e.fail(ErrTimeout, "The answer stopped arriving.", nil))
	})
	w.timer.Stop()
	return w
}

// Read reads on. Broken off is told as a plain end: the call holds the reason,
// and an SDK neither logs it nor mistakes it for something else.
func (w *watched) Read(p []byte) (int, error) {
	w.timer.Reset(w.endpoint.Idle)
	n, err := w.body.Read(p)
	w.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		w.call.lose(w.endpoint.fail(ErrConnection, "The connection was cut before the answer was complete.", err))
		err = io.EOF
	}
	return n, err
}

// Close ends the request.
func (w *watched) Close() error {
	w.timer.Stop()
	return w.body.Close()
}
