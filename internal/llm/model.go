package llm

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"
)

// Request is one question to a model.
type Request struct {
	Model       string          // the provider's name of the model
	System      string          // instructions; empty: none
	Turns       []Turn          // what was said before the prompt, oldest first
	Prompt      string          // the user's message
	Images      []Image         // shown with the prompt, in order
	Temperature *float64        // 0..2; nil: the provider's default
	MaxTokens   int             // of the answer; 0: the provider's default
	Schema      json.RawMessage // JSON Schema the answer must follow; nil: free text
	Stop        []string        // texts at which the answer ends, without them
}

// Turn is one message of a conversation.
type Turn struct {
	Assistant bool // said by the model; else by the user
	Text      string
}

// Image is a picture in a request.
type Image struct {
	MediaType string // "image/png"
	Data      []byte
}

// Part is one piece of a streamed answer. Text pieces come first; the last part
// carries Usage and Finish.
type Part struct {
	Text   string
	Usage  *Usage            // token counts, when the provider tells them
	Finish Finish            // why the answer ended; empty: more is to come
	Meta   map[string]string // what the provider says about itself, as in notice: "no AI model was used"
}

// Usage counts tokens.
type Usage struct{ In, Out int }

// Finish says why an answer ended.
type Finish string

// The ways an answer ends.
const (
	FinishStop    Finish = "stop"
	FinishLength  Finish = "length" // MaxTokens reached: the answer is cut
	FinishBlocked Finish = "blocked"
)

// Model answers requests. Stream yields the parts of one answer; an error is the
// last thing it yields and is always an [*Error] or the context's cause. Breaking
// out of the loop, or ending ctx, ends the call.
type Model interface {
	Stream(ctx context.Context, r Request) iter.Seq2[Part, error]
}

// ErrorKind classifies an [Error].
type ErrorKind string

// The kinds of failure of a model call.
const (
	ErrAuth       ErrorKind = "auth"       // the key is missing, wrong or not allowed
	ErrRequest    ErrorKind = "request"    // the provider refuses the request as it is
	ErrModel      ErrorKind = "model"      // the model does not exist here
	ErrRate       ErrorKind = "rate"       // too many requests; can pass
	ErrOverloaded ErrorKind = "overloaded" // 5xx; can pass
	ErrTimeout    ErrorKind = "timeout"    // can pass
	ErrConnection ErrorKind = "connection" // cut or refused; can pass
	ErrMalformed  ErrorKind = "malformed"  // the answer cannot be read; can pass
	ErrBlocked    ErrorKind = "blocked"    // refused for its content
)

// Error is a failed model call, in words a user may read.
type Error struct {
	Kind       ErrorKind
	Provider   string
	Status     int           // HTTP status, 0 when there was none
	Message    string        // a sentence for people, no secrets, no addresses
	RetryAfter time.Duration // what the provider asked for; 0: nothing said
	Err        error         // cause, for the log
}

// Error returns provider and message.
func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Provider, e.Message) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Wait returns what the provider asked to wait; 0: nothing said.
func (e *Error) Wait() time.Duration { return e.RetryAfter }

// Passing reports whether trying again later can help.
func (e *Error) Passing() bool {
	switch e.Kind {
	case ErrRate, ErrOverloaded, ErrTimeout, ErrConnection, ErrMalformed:
		return true
	case ErrAuth, ErrRequest, ErrModel, ErrBlocked:
	}
	return false
}
