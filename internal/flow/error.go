package flow

import (
	"errors"
	"fmt"
	"time"
)

// Kind classifies an [Error]. The web door maps it to a status; nothing else does.
type Kind uint8

// The kinds of failure. The zero Kind is Internal, so an unclassified error is
// never shown by accident.
const (
	Internal        Kind = iota // 500: a defect or a broken part; the cause is logged
	Malformed                   // 400: the request cannot be read
	Invalid                     // 422: well formed, but breaks a rule
	NotFound                    // 404
	Conflict                    // 409: stale version or conflicting state
	Unauthenticated             // 401
	Forbidden                   // 403: exists, but is someone else's; or the token lacks the scope
	TooLarge                    // 413
	UnsupportedType             // 415
	TooMany                     // 429: RetryAfter says when to come back
	Unavailable                 // 503
)

// Code returns the stable machine-readable word of k, as in the API's "code".
func (k Kind) Code() string {
	switch k {
	case Malformed:
		return "malformed"
	case Invalid:
		return "invalid"
	case NotFound:
		return "not_found"
	case Conflict:
		return "conflict"
	case Unauthenticated:
		return "unauthenticated"
	case Forbidden:
		return "forbidden"
	case TooLarge:
		return "too_large"
	case UnsupportedType:
		return "unsupported_type"
	case TooMany:
		return "too_many_requests"
	case Unavailable:
		return "unavailable"
	case Internal:
	}
	return "internal"
}

// Problem is one complaint about one place in the input.
type Problem struct {
	Path    string `json:"path"`            // where, as in "nodes.2.data.prompt" or a form field
	Message string `json:"message"`         // what is wrong and what to do
	NodeID  string `json:"nodeId,omitzero"` // the node it is about, for graph problems
	EdgeID  string `json:"edgeId,omitzero"` // the edge it is about, for graph problems
	Code    string `json:"code,omitzero"`   // stable word of a graph problem, as in "cycle"
}

// Error is a failure the user may see. Any other error is [Internal]: it is
// logged, never shown.
type Error struct {
	Kind       Kind
	Message    string        // one sentence, safe to show
	Hint       string        // the next step, optional
	Problems   []Problem     // complaints by place, for Malformed and Invalid
	Version    int           // the current version, for a stale write
	SavedBy    string        // who saved the current version, for a stale write
	SavedAt    time.Time     // when it was saved, for a stale write
	RetryAfter time.Duration // when to come back, for TooMany and Unavailable
	Err        error         // cause, for the log
}

// Error returns the message with its cause; it is for logs, not for people.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an [Error] of kind k. The text is for the user: a cause does not
// belong in it, see [Error.Because].
func Errorf(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Because returns a copy of e with err as its cause, which is logged, not shown.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// WithHint returns a copy of e that names the next step.
func (e *Error) WithHint(format string, args ...any) *Error {
	c := *e
	c.Hint = fmt.Sprintf(format, args...)
	return &c
}

// With returns a copy of e with the given problems appended.
func (e *Error) With(p ...Problem) *Error {
	c := *e
	c.Problems = append(append([]Problem(nil), e.Problems...), p...)
	return &c
}

// KindOf reports the kind of err: [Internal] unless err wraps an [Error].
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// MessageOf returns the sentence of an error for people; what is no [Error] is internal
// and says nothing.
func MessageOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return "Something went wrong here."
}
