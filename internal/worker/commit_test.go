package worker_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	mrand "math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// cutter stands before PostgreSQL and cuts connections in the middle of a COMMIT:
// sometimes the database has not heard of it, sometimes it has done it and the answer
// is lost.
type cutter struct {
	to     string
	every  int // of how many commits one is cut; 0: none
	seen   atomic.Int64
	before atomic.Int64 // cuts before the database heard
	after  atomic.Int64 // cuts of the answer
}

// newCutter returns the URL of a database behind a cutter, which ends with the test.
func newCutter(t *testing.T, raw string, every int) (*cutter, string) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{to: u.Host, every: every}
	var all sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() { stop(); _ = l.Close(); all.Wait() })
	all.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { c.carry(ctx, client) })
		}
	})
	u.Host = l.Addr().String()
	return c, u.String()
}

// carry moves bytes both ways until one side ends or a commit is cut.
func (c *cutter) carry(ctx context.Context, client net.Conn) {
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", c.to)
	if err != nil {
		_ = client.Close()
		return
	}
	end := func() { _ = client.Close(); _ = server.Close() }
	defer context.AfterFunc(ctx, end)()
	deaf := make(chan struct{}) // closed: answers no longer reach the client
	var back sync.WaitGroup
	back.Go(func() {
		defer end()
		_, _ = io.Copy(mute{client, deaf}, server)
	})
	defer back.Wait()
	defer end()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if n > 0 && bytes.Contains(buf[:n], []byte("commit\x00")) && c.chosen() {
			if mrand.IntN(2) == 0 {
				c.before.Add(1)
				return
			}
			close(deaf)
			c.after.Add(1)
			_, _ = server.Write(buf[:n])
			time.Sleep(20 * time.Millisecond) // the database does it
			return
		}
		if n > 0 {
			if _, err := server.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (c *cutter) chosen() bool {
	return c.every > 0 && c.seen.Add(1)%int64(c.every) == 0
}

// mute writes until it is deaf, and then swallows.
type mute struct {
	io.Writer
	deaf <-chan struct{}
}

func (m mute) Write(b []byte) (int, error) {
	select {
	case <-m.deaf:
		return len(b), nil
	default:
		return m.Writer.Write(b)
	}
}

// TestR12_TheOutcomeOfACommitIsUnknown cuts connections of the one worker inside of
// COMMIT. Nothing may come twice or be lost.
func TestR12_TheOutcomeOfACommitIsUnknown(t *testing.T) {
	t.Parallel() // it mostly waits
	cuts, began := int64(times(t, 12, 1000)), time.Now()
	p := newProof(t, postgresURL(t), 5*time.Millisecond, 2*time.Second)
	c, behind := newCutter(t, p.URL, 9)
	o := p.orders
	o.URL, o.Hands = behind, 8
	h := o.start(t)
	h.wait(t)
	for c.before.Load()+c.after.Load() < cuts {
		p.accepts(t, 4)
		time.Sleep(50 * time.Millisecond)
		if time.Since(began) > time.Minute+time.Duration(cuts)*time.Second {
			t.Fatalf("only %d commits were cut", c.before.Load()+c.after.Load())
		}
	}
	h.end(syscall.SIGKILL)
	p.start(t).wait(t) // another worker, not behind the cutter, ends what is left
	p.audit(t, fmt.Sprintf("R12 %d commits cut before and %d after the database did them", c.before.Load(), c.after.Load()), began)
	if c.before.Load() == 0 || c.after.Load() == 0 {
		t.Error("only one kind of cut came: nothing was proven")
	}
}
