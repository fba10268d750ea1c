package node_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type passing struct{ can bool }

func (passing) Error() string       { return "busy" }
func (p passing) Passing() bool     { return p.can }
func (passing) Wait() time.Duration { return 3 * time.Second }

func TestPassing(t *testing.T) {
	plain := errors.New("broken")
	for _, c := range []struct {
		name  string
		err   error
		after time.Duration
		ok    bool
	}{
		{"any other error", plain, 0, false},
		{"a refusal", flow.Errorf(flow.Invalid, "No."), 0, false},
		{"again", &node.Again{Err: plain}, 0, true},
		{"again, later", fmt.Errorf("call: %w", &node.Again{After: time.Minute, Err: plain}), time.Minute, true},
		{"never, though it was a timeout", &node.Never{Err: context.DeadlineExceeded}, 0, false},
		{"it says so itself", flow.Errorf(flow.Invalid, "Busy.").Because(passing{true}), 3 * time.Second, true},
		{"it says that it cannot", passing{false}, 3 * time.Second, false},
		{"a time limit", fmt.Errorf("read: %w", context.DeadlineExceeded), 0, true},
		{"a cut answer", io.ErrUnexpectedEOF, 0, true},
		{"a reset connection", fmt.Errorf("write: %w", syscall.ECONNRESET), 0, true},
		{"a cancel", context.Canceled, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if after, ok := node.Passing(c.err); ok != c.ok || ok && after != c.after {
				t.Errorf("Passing = %v, %v; want %v, %v", after, ok, c.after, c.ok)
			}
		})
	}
}
