package llm

import (
	"context"
	"errors"
	"sync"
)

// Call is one answer under way: a provider fills it while it reads the stream.
// Its methods are for the goroutine that runs ask, see [Endpoint.Answer].
type Call struct {
	Usage  *Usage            // told with the last part
	Finish Finish            // empty at the end means the stream was cut
	Meta   map[string]string // told with the last part

	endpoint Endpoint
	model    string
	parent   context.Context
	ctx      context.Context
	cancel   context.CancelFunc
	yield    func(Part, error) bool
	started  bool // text was yielded
	stopped  bool // the consumer broke out of the loop

	mu      sync.Mutex
	failure *Error // the first failure seen on the wire
}

type callKey struct{}

// Context returns the context to call the provider in. It ends with the answer.
func (c *Call) Context() context.Context { return c.ctx }

// Text passes a piece of the answer on. It reports false when nobody listens any
// more: stop reading then.
func (c *Call) Text(s string) bool {
	if s == "" || c.stopped {
		return !c.stopped
	}
	c.started = true
	c.stopped = !c.yield(Part{Text: s}, nil)
	return !c.stopped
}

// Error returns an error of kind k in the provider's name. message is for people;
// err is for the log and loses the key if it holds it.
func (c *Call) Error(k ErrorKind, message string, err error) *Error {
	return c.endpoint.fail(k, message, err)
}

// Reported returns the error a provider tells inside a stream, which has no
// status of its own: pass the one it stands for, and the body as it came.
func (c *Call) Reported(status int, body []byte) *Error {
	return c.endpoint.failure(reply{Status: status, Body: body, Model: c.model})
}

// lose records the first failure on the wire and ends the request.
func (c *Call) lose(e *Error) {
	c.mu.Lock()
	if c.failure == nil {
		c.failure = e
	}
	c.mu.Unlock()
	c.cancel()
}

func (c *Call) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		return nil
	}
	return c.failure
}

// fail makes an error without the key. The cause is flattened to text, because
// the errors it wraps would still print what was removed.
func (e Endpoint) fail(k ErrorKind, message string, err error) *Error {
	if err != nil {
		err = errors.New(e.redact(err.Error()))
	}
	return &Error{Kind: k, Provider: e.Name, Message: message, Err: err}
}
