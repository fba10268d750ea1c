package llm

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Endpoint is where and how a provider is called. Provider packages take one as
// their Config and answer through it, so that streaming, timeouts and errors
// behave alike whatever SDK is used.
type Endpoint struct {
	Name    string        // how errors call the provider
	APIKey  string        // never part of an error
	BaseURL string        // empty: the provider's own
	HTTP    *http.Client  // carries every request; nil: a default of the provider package
	Idle    time.Duration // longest silence within an answer; 0: 60 s
}

// WithDefaults returns e with empty fields taken from d.
func (e Endpoint) WithDefaults(d Endpoint) Endpoint {
	return Endpoint{
		Name:    cmp.Or(e.Name, d.Name),
		APIKey:  cmp.Or(e.APIKey, d.APIKey),
		BaseURL: cmp.Or(e.BaseURL, d.BaseURL),
		HTTP:    cmp.Or(e.HTTP, d.HTTP),
		Idle:    cmp.Or(e.Idle, d.Idle, time.Minute),
	}
}

// Client returns the HTTP client to give to an SDK. It goes out by the transport of
// HTTP, and nowhere when that has none. Its answers never fail with
// anything but an [*Error], and report to the [Call] of the request's context.
func (e Endpoint) Client() *http.Client {
	c := *e.HTTP
	c.Transport = &transport{endpoint: e, base: c.Transport}
	return &c
}

// Answer returns the stream of one answer. ask performs the call in
// [Call.Context] and reports to c; it returns nil at an orderly end of the
// stream, or when [Call.Text] told it to stop.
func (e Endpoint) Answer(ctx context.Context, r Request, ask func(c *Call) error) iter.Seq2[Part, error] {
	return func(yield func(Part, error) bool) {
		c := &Call{endpoint: e, model: r.Model, parent: ctx, yield: yield}
		own, cancel := context.WithCancel(ctx)
		defer cancel()
		c.ctx, c.cancel = context.WithValue(own, callKey{}, c), cancel
		err := ask(c)
		if c.stopped {
			return
		}
		if err = c.outcome(err); err != nil {
			yield(Part{}, err)
			return
		}
		yield(Part{Usage: c.Usage, Finish: c.Finish, Meta: c.Meta}, nil)
	}
}

// outcome decides how an answer ended, from what the SDK says and from what was
// seen on the wire. The wire wins: an SDK reports a cut stream in many ways.
func (c *Call) outcome(err error) error {
	lost := c.lost()
	if err == nil && lost == nil && c.Finish != "" {
		return c.blocked()
	}
	if c.parent.Err() != nil {
		return context.Cause(c.parent)
	}
	if lost != nil {
		return lost
	}
	if err == nil {
		return c.Error(ErrConnection, "The connection was cut before the answer was complete.", nil)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return c.endpoint.unreachable(err)
	}
	return c.Error(ErrMalformed, "The answer could not be read.", err)
}

// blocked turns an answer that was refused before its first word into an error.
func (c *Call) blocked() error {
	if c.Finish == FinishBlocked && !c.started {
		return c.Error(ErrBlocked, "The provider refused to answer because of the content.", nil)
	}
	return nil
}
