// Command heddle-load puts a bounded load on a running Heddle on this machine and
// prints what it measured. Closed loop: a fixed number of clients, each starting its
// next run when the last was accepted. Open loop (--rate): starts at fixed times,
// whatever the server does; latency counts from the time a start was due. At the end
// it reads every run back: none may be lost, stuck or doubled.
//
//	heddle-load --url http://localhost:8080 --token hdl_... --runs 2000 --clients 64 --pid 1234
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// options are the flags.
type options struct {
	url     string
	token   string
	runs    int
	clients int
	nodes   int
	shape   string
	pid     int
	rate    float64
	model   string        // address of the slow model
	delay   time.Duration // of its answers
	hook    string        // address of an unsigned webhook that starts the runs; "": POST /api/execute
}

// maxRuns bounds one measurement.
const maxRuns = 1_000_000

func main() {
	var o options
	flag.StringVar(&o.url, "url", "http://localhost:8080", "address of the server; it must be this machine")
	flag.StringVar(&o.token, "token", os.Getenv("HEDDLE_TOKEN"), "API token (or HEDDLE_TOKEN)")
	flag.IntVar(&o.runs, "runs", 1000, "runs to start")
	flag.IntVar(&o.clients, "clients", 64, "clients at once")
	flag.IntVar(&o.nodes, "nodes", 5, "nodes of each run's graph")
	flag.StringVar(&o.shape, "shape", "chain", "shape of the graph: chain, fan, or model: a chain of model calls")
	flag.StringVar(&o.model, "model-addr", "127.0.0.1:8089", "with --shape model: where the slow model is served; start the server with OLLAMA_URL=http://127.0.0.1:8089/v1 and HEDDLE_EGRESS_ALLOW as it needs")
	flag.DurationVar(&o.delay, "model-delay", 200*time.Millisecond, "with --shape model: how long a model call takes")
	flag.Float64Var(&o.rate, "rate", 0, "open loop: starts a second; 0: closed loop with --clients")
	flag.StringVar(&o.hook, "hook", "", "start the runs by messages to this unsigned webhook, on this machine; the graph is that of its workflow")
	flag.IntVar(&o.pid, "pid", 0, "process id of the server, for CPU and memory (Linux)")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "heddle-load: "+err.Error())
		os.Exit(1)
	}
}

func run(o options) error {
	if err := o.check(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	l := &load{options: o, client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: o.clients}}}
	l.body = o.graph()
	if o.shape == modelKind {
		if err := serveModel(ctx, o.model, o.delay); err != nil {
			return err
		}
	}
	there, err := l.total(ctx, "")
	if err != nil {
		return err
	}
	before := usage(o.pid)
	began := time.Now()
	ids, err := l.start(ctx)
	if err != nil {
		return err
	}
	accepted := time.Since(began)
	if err := l.settle(ctx); err != nil {
		return err
	}
	final := time.Since(began)
	l.report(accepted, final, usage(o.pid).since(before))
	return l.verify(ctx, ids, there)
}

// check refuses a target that is not this machine: a load belongs on one's own server.
func (o options) check() error {
	for _, address := range []string{o.url, cmp.Or(o.hook, o.url)} {
		u, err := url.Parse(address)
		if err != nil || u.Hostname() == "" {
			return fmt.Errorf("%q is not an address", address)
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("%q is not this machine: use localhost or 127.0.0.1", address)
		}
	}
	if o.token == "" {
		return errors.New("--token is missing: make one with heddle token create")
	}
	if o.runs < 1 || o.runs > maxRuns || o.clients < 1 || o.clients > 1000 || o.nodes < 1 || o.nodes > 10_000 {
		return fmt.Errorf("--runs 1..%d, --clients 1..1000, --nodes 1..10000", maxRuns)
	}
	if o.rate < 0 || o.rate > 100_000 {
		return errors.New("--rate 0..100000")
	}
	if o.shape != "chain" && o.shape != "fan" && o.shape != modelKind {
		return fmt.Errorf("--shape %q: use chain, fan or model", o.shape)
	}
	return nil
}

// graph returns the body of each start: text nodes, each reading from the one
// before (chain) or all from the first (fan); or a chain of model calls.
func (o options) graph() []byte {
	type node map[string]any
	nodes, edges := []node{}, []node{}
	for i := range o.nodes {
		text := "load"
		if i > 0 {
			text = "{{before}}"
			from := i - 1
			if o.shape == "fan" {
				from = 0
			}
			edges = append(edges, node{"id": fmt.Sprint("e", i), "source": fmt.Sprint("n", from), "target": fmt.Sprint("n", i), "targetHandle": "before"})
		}
		kind, data := "text", node{"text": text}
		if o.shape == modelKind {
			kind, data = "llm", node{"provider": "ollama", "model": "load", "prompt": fmt.Sprint("load ", i), "cache": false}
			for _, e := range edges {
				e["targetHandle"] = "prompt"
			}
		}
		nodes = append(nodes, node{"id": fmt.Sprint("n", i), "type": kind, "position": node{"x": i * 340, "y": 0}, "data": data})
	}
	raw, err := json.Marshal(node{"nodes": nodes, "edges": edges})
	if err != nil {
		panic(err) // plain maps always encode
	}
	return raw
}

// load is one measurement.
type load struct {
	options
	client  *http.Client
	body    []byte
	mu      sync.Mutex
	latency []time.Duration // of each accepted start
}

// start starts the runs and returns their ids.
func (l *load) start(ctx context.Context) ([]string, error) {
	ids := make([]string, l.runs)
	if l.rate > 0 {
		return ids, l.paced(ctx, ids)
	}
	return ids, l.each(ctx, func(ctx context.Context, i int) error {
		id, err := l.one(ctx, time.Now())
		ids[i] = id
		return err
	})
}

// paced starts each run when it is due.
func (l *load) paced(ctx context.Context, ids []string) error {
	var wg sync.WaitGroup
	errs := make(chan error, len(ids))
	began := time.Now()
	for i := range ids {
		due := began.Add(time.Duration(float64(i) / l.rate * float64(time.Second)))
		select {
		case <-time.After(time.Until(due)):
		case <-ctx.Done():
			return ctx.Err()
		}
		wg.Go(func() {
			id, err := l.one(ctx, due)
			if ids[i] = id; err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	return first(errs)
}

// each calls do for every run, by as many clients as there are.
func (l *load) each(ctx context.Context, do func(ctx context.Context, i int) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, l.clients)
	for range l.clients {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(l.runs); i = next.Add(1) - 1 {
				if err := do(ctx, int(i)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	return first(errs)
}

func first(errs <-chan error) error {
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// one starts a run that was due at a time.
func (l *load) one(ctx context.Context, due time.Time) (string, error) {
	var out struct{ RunID string }
	target, body := strings.TrimRight(l.url, "/")+"/api/execute", l.body
	if l.hook != "" {
		target, body = l.hook, fmt.Appendf(nil, `{"order":%d}`, due.UnixNano())
	}
	if err := l.call(ctx, http.MethodPost, target, body, &out); err != nil {
		return "", err
	}
	l.mu.Lock()
	l.latency = append(l.latency, time.Since(due))
	l.mu.Unlock()
	return out.RunID, nil
}

func (l *load) call(ctx context.Context, method, path string, body []byte, out any) error {
	if strings.HasPrefix(path, "/") {
		path = strings.TrimRight(l.url, "/") + path
	}
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := l.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %d %s (for a load set HEDDLE_RATE_API=0, HEDDLE_RATE_RUNS=0 and HEDDLE_RATE_HOOKS=0)", method, path, res.StatusCode, raw)
	}
	return json.Unmarshal(raw, out)
}

// total counts the owner's runs of a status; "" for all.
func (l *load) total(ctx context.Context, status string) (int, error) {
	var out struct{ Pagination struct{ Total int } }
	path := "/api/runs?limit=1"
	if status != "" {
		path += "&status=" + status
	}
	err := l.call(ctx, http.MethodGet, path, nil, &out)
	return out.Pagination.Total, err
}

// settle waits until no run is queued or running.
func (l *load) settle(ctx context.Context) error {
	deadline := time.Now().Add(5 * time.Minute)
	for time.Now().Before(deadline) {
		queued, err := l.total(ctx, "queued")
		if err != nil {
			return err
		}
		running, err := l.total(ctx, "running")
		if err != nil {
			return err
		}
		if queued+running == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return errors.New("runs are still open after 5 minutes")
}

// verify reads every run back: it must be there and have succeeded, once. There
// were so many runs before.
func (l *load) verify(ctx context.Context, ids []string, before int) error {
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		return errors.New("a run id was given twice")
	}
	after, err := l.total(ctx, "")
	if err != nil {
		return err
	}
	if after-before != len(ids) {
		return fmt.Errorf("%d runs were accepted, but there are %d more than before", len(ids), after-before)
	}
	whole := make([]time.Duration, len(ids))
	err = l.each(ctx, func(ctx context.Context, i int) error {
		d, err := l.readBack(ctx, ids[i])
		whole[i] = d
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("run latency   %s (from acceptance to end)\n", percentiles(whole))
	fmt.Printf("checked       %d runs: none lost, none stuck, none doubled\n", len(ids))
	return nil
}

// readBack checks one run and returns how long it took in all.
func (l *load) readBack(ctx context.Context, id string) (time.Duration, error) {
	var out struct {
		Run struct {
			Status                 string
			SuccessNodes           int
			CreatedAt, CompletedAt time.Time
		}
	}
	if err := l.call(ctx, http.MethodGet, "/api/runs/"+id, nil, &out); err != nil {
		return 0, err
	}
	if out.Run.Status != "success" || out.Run.SuccessNodes != l.nodes {
		return 0, fmt.Errorf("run %s ended %s with %d of %d nodes", id, out.Run.Status, out.Run.SuccessNodes, l.nodes)
	}
	return out.Run.CompletedAt.Sub(out.Run.CreatedAt), nil
}

// percentiles sorts list and words its percentiles.
func percentiles(list []time.Duration) string {
	slices.Sort(list)
	at := func(p float64) time.Duration {
		return list[int(p*float64(len(list)-1))].Round(10 * time.Microsecond)
	}
	return fmt.Sprintf("p50 %s  p95 %s  p99 %s", at(.5), at(.95), at(.99))
}

func (l *load) report(accepted, final time.Duration, u spent) {
	perSecond := func(d time.Duration) float64 { return float64(l.runs) / d.Seconds() }
	loop := fmt.Sprintf("%d clients", l.clients)
	if l.rate > 0 {
		loop = fmt.Sprintf("%g starts a second", l.rate)
	}
	fmt.Printf("runs          %d of %d nodes (%s), %s\n", l.runs, l.nodes, l.shape, loop)
	fmt.Printf("accepted      %.0f/s\nfinal         %.0f/s\n", perSecond(accepted), perSecond(final))
	fmt.Printf("start latency %s\n", percentiles(l.latency))
	if l.pid > 0 {
		fmt.Printf("cpu           %.2f ms a run\nmemory        %.0f MB resident\n", float64(u.cpu.Microseconds())/1000/float64(l.runs), float64(u.rss)/1e6)
	}
}
