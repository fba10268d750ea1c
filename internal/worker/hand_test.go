package worker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/hub"
	"heddle/internal/node"
	"heddle/internal/store"
	"heddle/internal/studio"
	"heddle/internal/worker"
)

// orders are what a hand, a worker process of the proofs, is started with.
type orders struct {
	URL     string
	Owner   flow.Owner
	Effects string        // file to which each step adds a line before it works
	Step    time.Duration // how long a step works
	Lease   time.Duration // 0: the product's
	Accept  int           // runs the hand itself accepts and acknowledges
	Hands   int           // runs at once; 0: none
}

// ordersKey names the setting that makes this test binary a hand.
const ordersKey = "HEDDLE_TEST_HAND"

// effect is a kind with an outside effect that can be counted: a line in a file.
func (o orders) effect() node.Kind {
	return node.Define(node.Spec{
		Type: "effect", Title: "Effect", Purity: node.Effect,
		Inputs:  []node.Port{{Name: "in", Type: flow.TypeAny}},
		Outputs: []node.Port{{Name: "out", Type: flow.TypeText}},
	}, func(ctx context.Context, _ struct{}, c node.Call) (node.Result, error) {
		f, err := os.OpenFile(o.Effects, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return node.Result{}, err
		}
		defer f.Close()
		if _, err := fmt.Fprintf(f, "%s %s %d\n", c.RunID, c.NodeID, time.Now().UnixMicro()); err != nil {
			return node.Result{}, err
		}
		select {
		case <-time.After(o.Step):
			return node.Result{Outputs: flow.Values{"out": flow.Text("done")}}, nil
		case <-ctx.Done():
			return node.Result{}, context.Cause(ctx)
		}
	})
}

// open connects to the database without starting to work.
func (o orders) open(ctx context.Context) (*process, error) {
	h := hub.New()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	st, err := store.Open(ctx, store.Config{URL: o.URL, Logger: log, Touch: h.Touch})
	if err != nil {
		return nil, err
	}
	eng := engine.New(engine.Config{Registry: node.NewRegistry(o.effect()), Journal: st, Blobs: st, Files: studio.NodeFiles(st), Logger: log})
	w, err := worker.New(worker.Config{Store: st, Engine: eng, Hub: h, Concurrency: o.Hands, Logger: log, Lease: o.Lease})
	return &process{st, w}, err
}

// beHand is the whole life of a hand: it says "ready", then "ack ID" for each run
// that it accepted, and works until it is stopped.
func beHand(raw string) int {
	var o orders
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	p, err := o.open(ctx)
	if err == nil {
		err = p.worker.Start(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("ready")
	for range o.Accept {
		id, err := o.accept(ctx, p)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		fmt.Println("ack " + id.String())
	}
	<-ctx.Done()
	late, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	if err := p.worker.Stop(late); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// chainOf is the graph of every run of the proofs.
const chainOf = `[{"id":"a","type":"effect"},{"id":"b","type":"effect"},{"id":"c","type":"effect"}]`

const chainBy = `[{"id":"1","source":"a","target":"b","targetHandle":"in"},{"id":"2","source":"b","target":"c","targetHandle":"in"}]`

func (o orders) accept(ctx context.Context, p *process) (flow.ID, error) {
	r := flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(o.Owner), Status: flow.RunQueued, Scope: flow.ScopeFull, Counts: flow.Counts{TotalNodes: 3},
		Nodes: json.RawMessage(chainOf), Edges: json.RawMessage(chainBy), Source: flow.SourceAPI, CreatedAt: time.Now(),
	}
	r, _, err := p.store.CreateRun(ctx, o.Owner, store.NewRun{Run: r, Enqueue: func(ctx context.Context, tx *store.Tx) (store.Trigger, error) {
		return p.worker.Accept(ctx, tx, r)
	}})
	if err == nil {
		p.worker.Accepted(r, graphOf(r))
	}
	return r.ID, err
}

// hand is a started worker process.
type hand struct {
	cmd   *exec.Cmd
	ready chan struct{}
	read  chan struct{} // closed at the end of its output
	mu    sync.Mutex
	acks  []flow.ID
	errs  strings.Builder
}

// start starts a hand; the test ends it.
func (o orders) start(t *testing.T) *hand {
	t.Helper()
	raw, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	h := &hand{cmd: exec.CommandContext(context.Background(), os.Args[0]), ready: make(chan struct{}), read: make(chan struct{})}
	h.cmd.Env = append(os.Environ(), ordersKey+"="+string(raw))
	h.cmd.Stderr = &h.errs
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go h.listen(out)
	t.Cleanup(func() { h.end(syscall.SIGKILL) })
	return h
}

func (h *hand) listen(out io.Reader) {
	defer close(h.read)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			close(h.ready)
		}
		if id, ok := strings.CutPrefix(lines.Text(), "ack "); ok {
			h.mu.Lock()
			h.acks = append(h.acks, flow.ID(id))
			h.mu.Unlock()
		}
	}
}

// wait returns when the hand is ready, or fails the test when it ends before.
func (h *hand) wait(t *testing.T) {
	t.Helper()
	select {
	case <-h.ready:
	case <-h.read:
		h.end(syscall.SIGKILL)
		t.Fatalf("a worker did not start: %s", h.errs.String())
	}
}

// end sends a signal, waits for the end and returns what the hand acknowledged.
func (h *hand) end(sig syscall.Signal) []flow.ID {
	if h.cmd.ProcessState == nil {
		_ = h.cmd.Process.Signal(sig)
		<-h.read
		_ = h.cmd.Wait()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.acks
}

// effects counts the lines of the file by "run node".
func (o orders) effects(t *testing.T) map[string]int {
	t.Helper()
	raw, err := os.ReadFile(o.Effects)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		out[line[:strings.LastIndexByte(line, ' ')]]++
	}
	return out
}

// times returns a proof's count: the reduced one, or the full one with HEDDLE_PROVE.
func times(t *testing.T, reduced, full int) int {
	t.Helper()
	switch raw := os.Getenv("HEDDLE_PROVE"); raw {
	case "":
		return reduced
	case "full":
		return full
	default:
		n, err := strconv.Atoi(raw)
		if err != nil || n < 1 {
			t.Fatalf("HEDDLE_PROVE=%q: use full or a count", raw)
		}
		return n
	}
}
