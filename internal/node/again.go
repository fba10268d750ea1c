package node

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// Again is an error that can pass: the engine tries the node again when its
// settings allow it (rule E6).
type Again struct {
	After time.Duration // not before; 0: nothing said
	Err   error         // what went wrong, in words a user may read
}

// Error returns what went wrong.
func (e *Again) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *Again) Unwrap() error { return e.Err }

// Never is an error that no other try can mend, whatever its cause looks like.
type Never struct{ Err error }

// Error returns what went wrong.
func (e *Never) Error() string { return e.Err.Error() }

// Unwrap returns what went wrong.
func (e *Never) Unwrap() error { return e.Err }

// Passing reports whether another try of what failed with err can help, and how
// long it must wait at least. Besides [Again] these can pass: errors that say so
// themselves by a method Passing, time limits, and lost connections. Everything
// else, and [Never], stays as it is.
func Passing(err error) (after time.Duration, ok bool) {
	if _, never := errors.AsType[*Never](err); never {
		return 0, false
	}
	if e, again := errors.AsType[*Again](err); again {
		return e.After, true
	}
	var own interface{ Passing() bool }
	if errors.As(err, &own) {
		var wait interface{ Wait() time.Duration }
		if errors.As(err, &wait) {
			after = wait.Wait()
		}
		return after, own.Passing()
	}
	return 0, lost(err)
}

// lost reports whether err is a time limit or a lost connection.
func lost(err error) bool {
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return true
	}
	for _, cause := range []error{context.DeadlineExceeded, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNREFUSED, syscall.EPIPE} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}
