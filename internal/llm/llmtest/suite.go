package llmtest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/egress"
	"heddle/internal/llm"
)

// Provider is what the suite tests.
type Provider struct {
	New    func(llm.Endpoint) llm.Model
	Wire   Wire   // how its server speaks
	Prefix string // path of the base URL, as in "/v1"
}

// secret is the key the suite uses; it must never be seen again.
const secret = "sk-suite-SECRET-0123456789"

// bench is one test: a provider that talks to a scripted server.
type bench struct {
	*testing.T
	server *Server
	model  llm.Model
}

// Run tests that p does what every provider must do.
func Run(t *testing.T, p Provider) {
	for name, test := range map[string]func(*testing.T, Provider){
		"streams": streams, "finishes": finishes, "request": request, "schema": schema,
		"refusals": refusals, "detail": detail, "broken streams": broken, "deadline": deadline, "idle": idle,
		"unreachable": unreachable, "cancel": cancel, "break": breakOut,
	} {
		t.Run(name, func(t *testing.T) { test(t, p) })
	}
}

func (p Provider) bench(t *testing.T, script func(*Reply)) bench {
	t.Helper()
	return p.benchIdle(t, 0, script)
}

func (p Provider) benchIdle(t *testing.T, idle time.Duration, script func(*Reply)) bench {
	t.Helper()
	s := Serve(t, p.Wire, script)
	client := egress.Client(egress.Config{AllowHostPorts: []string{s.hostPort()}})
	t.Cleanup(client.CloseIdleConnections)
	return bench{t, s, p.New(llm.Endpoint{Name: "Testing", APIKey: secret, BaseURL: s.URL + p.Prefix, HTTP: client, Idle: idle})}
}

// ask collects the answer to a plain request.
func (b bench) ask(ctx context.Context) (llm.Answer, error) {
	b.Helper()
	a, err := llm.Collect(ctx, b.model, llm.Request{Model: "some-model", Prompt: "Hello?"}, nil)
	if err != nil {
		b.clean(err)
	}
	return a, err
}

// clean checks that neither the key nor the address is in an error.
func (b bench) clean(err error) {
	b.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		if s := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(s, secret) {
			b.Errorf("the key is in the error: %s", s)
		}
	}
	if strings.Contains(err.Error(), b.server.hostPort()) {
		b.Errorf("the address is in the message: %s", err)
	}
}

// kind checks what kind of error came back.
func (b bench) kind(err error, want llm.ErrorKind) *llm.Error {
	b.Helper()
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		b.Fatalf("error = %v, want an *llm.Error of kind %s", err, want)
	}
	if e.Kind != want || e.Provider != "Testing" || e.Message == "" {
		b.Errorf("error = %s %q %q, want kind %s of Testing", e.Kind, e.Provider, e.Message, want)
	}
	return e
}

func streams(t *testing.T, p Provider) {
	arrived := make(chan struct{})
	b := p.bench(t, func(r *Reply) {
		r.Text("Hel", "lo ")
		select {
		case <-arrived: // only goes on once the first text is through
		case <-r.r.Context().Done():
		}
		r.Text("wörld")
		r.End(llm.FinishStop)
	})
	var pieces []string
	ctx, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	a, err := llm.Collect(ctx, b.model, llm.Request{Model: "some-model", Prompt: "Hello?"}, func(s string) {
		if pieces = append(pieces, s); len(pieces) == 1 {
			close(arrived)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	want := llm.Answer{Text: "Hello wörld", Usage: &llm.Usage{In: usage.In, Out: usage.Out}, Finish: llm.FinishStop}
	if d := cmp.Diff(want, a); d != "" {
		t.Error(d)
	}
	if len(pieces) < 2 {
		t.Errorf("pieces = %q, want several", pieces)
	}
}

func finishes(t *testing.T, p Provider) {
	for _, f := range []llm.Finish{llm.FinishStop, llm.FinishLength, llm.FinishBlocked} {
		b := p.bench(t, func(r *Reply) { r.Text("So far"); r.End(f) })
		a, err := b.ask(t.Context())
		if err != nil || a.Finish != f || a.Text != "So far" {
			t.Errorf("answer = %+v, %v, want finish %s", a, err, f)
		}
	}
	b := p.bench(t, func(r *Reply) { r.End(llm.FinishBlocked) })
	_, err := b.ask(t.Context())
	b.kind(err, llm.ErrBlocked)
}

func request(t *testing.T, p Provider) {
	b := p.bench(t, func(r *Reply) { r.Text("ok"); r.End(llm.FinishStop) })
	images := []llm.Image{{MediaType: "image/png", Data: []byte("\x89PNG one")}, {MediaType: "image/jpeg", Data: []byte("\xff\xd8 two")}}
	_, err := llm.Collect(t.Context(), b.model, llm.Request{
		Model: "some-model", System: "Be brief.", Prompt: "What is it?",
		Images: images, Temperature: new(0.5), MaxTokens: 99, Stop: []string{"END", "\n\n"},
		Turns: []llm.Turn{{Text: "Hello"}, {Assistant: true, Text: "Hi."}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Seen{{
		Key: secret, Model: "some-model", System: "Be brief.", Prompt: "What is it?", Images: images,
		Temperature: new(0.5), MaxTokens: 99, Stream: true, Stop: []string{"END", "\n\n"},
		Turns: []llm.Turn{{Text: "Hello"}, {Assistant: true, Text: "Hi."}},
	}}
	if d := cmp.Diff(want, b.server.Requests()); d != "" {
		t.Error(d)
	}
	if _, err := llm.Collect(t.Context(), b.model, llm.Request{Model: "some-model", Prompt: "?", Temperature: new(0.0)}, nil); err != nil {
		t.Fatal(err)
	}
	if got := b.server.Requests()[1].Temperature; got == nil || *got > 1e-6 {
		t.Errorf("temperature 0 became %v", got)
	}
}

func schema(t *testing.T, p Provider) {
	b := p.bench(t, func(r *Reply) { r.Text(`{"city":`, `"Bern"}`); r.End(llm.FinishStop) })
	const doc = `{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}`
	a, err := llm.Collect(t.Context(), b.model, llm.Request{Model: "some-model", Prompt: "Where?", Schema: []byte(doc)}, nil)
	if err != nil || a.Text != `{"city":"Bern"}` {
		t.Fatalf("answer = %q, %v", a.Text, err)
	}
	want := object{
		"type": "object", "properties": object{"city": object{"type": "string"}},
		"required": []any{"city"}, "additionalProperties": false,
	}
	if d := cmp.Diff(any(want), b.server.Requests()[0].Schema); d != "" {
		t.Error(d)
	}
	_, err = llm.Collect(t.Context(), b.model, llm.Request{Model: "some-model", Prompt: "Where?", Schema: []byte(`{"type":`)}, nil)
	b.kind(err, llm.ErrRequest)
}

func refusals(t *testing.T, p Provider) {
	for status, want := range map[int]llm.ErrorKind{
		401: llm.ErrAuth, 403: llm.ErrAuth, 400: llm.ErrRequest, 422: llm.ErrRequest, 404: llm.ErrModel, 429: llm.ErrRate,
		500: llm.ErrOverloaded, 502: llm.ErrOverloaded, 503: llm.ErrOverloaded, 529: llm.ErrOverloaded,
	} {
		b := p.bench(t, func(r *Reply) { r.Refuse(status, "Key "+secret+" is odd.", "Retry-After", "7") })
		_, err := b.ask(t.Context())
		e := b.kind(err, want)
		if e.Status != status {
			t.Errorf("status = %d, want %d", e.Status, status)
		}
		if wait := map[bool]time.Duration{true: 7 * time.Second}[e.Passing()]; e.RetryAfter != wait {
			t.Errorf("%d: RetryAfter = %s, want %s", status, e.RetryAfter, wait)
		}
		if n := len(b.server.Requests()); n != 1 {
			t.Errorf("%d: %d requests, want 1: retries are not the provider's business", status, n)
		}
	}
}

func detail(t *testing.T, p Provider) {
	b := p.bench(t, func(r *Reply) {
		r.Refuse(400, "max_tokens is too large for "+secret+" at http://"+r.r.Host+"/x and "+r.r.Host+".")
	})
	_, err := b.ask(t.Context())
	if e := b.kind(err, llm.ErrRequest); !strings.Contains(e.Message, "max_tokens is too large") || strings.Contains(e.Message, secret) {
		t.Errorf("message = %q, want the provider's reason without the key", e.Message)
	}
	b = p.bench(t, func(r *Reply) { r.Refuse(404, "no such model") })
	_, err = b.ask(t.Context())
	if e := b.kind(err, llm.ErrModel); !strings.Contains(e.Message, "some-model") {
		t.Errorf("message = %q, want the model's name", e.Message)
	}
}

func broken(t *testing.T, p Provider) {
	for name, c := range map[string]struct {
		script func(*Reply)
		want   llm.ErrorKind
	}{
		"cut":              {func(r *Reply) { r.Text("some "); r.Cut() }, llm.ErrConnection},
		"cut in an event":  {func(r *Reply) { r.Text("some "); r.Raw(r.wire.Text("more")[:20]); r.Cut() }, llm.ErrConnection},
		"end without sign": {func(r *Reply) { r.Text("some ") }, llm.ErrConnection},
		"garbled":          {func(r *Reply) { r.Text("some "); r.Raw(r.wire.Garbled()); r.Wait() }, llm.ErrMalformed},
		"failure event":    {func(r *Reply) { r.Text("some "); r.Raw(r.wire.Failure()); r.Wait() }, llm.ErrOverloaded},
	} {
		t.Run(name, func(t *testing.T) {
			b := p.bench(t, c.script)
			a, err := b.ask(t.Context())
			b.kind(err, c.want)
			if a.Text != "some " {
				t.Errorf("text before the break = %q", a.Text)
			}
		})
	}
}

func deadline(t *testing.T, p Provider) {
	b := p.bench(t, func(r *Reply) { r.Wait() })
	ctx, done := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer done()
	if _, err := b.ask(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want the context's deadline", err)
	}
}

func idle(t *testing.T, p Provider) {
	b := p.benchIdle(t, 100*time.Millisecond, func(r *Reply) { r.Text("some "); r.Wait() })
	a, err := b.ask(t.Context())
	if b.kind(err, llm.ErrTimeout); a.Text != "some " {
		t.Errorf("text before the silence = %q", a.Text)
	}
}

func unreachable(t *testing.T, p Provider) {
	b := p.bench(t, func(*Reply) {})
	b.model = p.New(llm.Endpoint{Name: "Testing", APIKey: secret, BaseURL: b.server.URL + p.Prefix, HTTP: &http.Client{
		Transport: refusing{b.server.hostPort()},
	}})
	_, err := b.ask(t.Context())
	b.kind(err, llm.ErrConnection)
}

// refusing is a network on which nothing can be reached.
type refusing struct{ address string }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("dial tcp %s: connection refused (key %s)", r.address, secret)
}

func cancel(t *testing.T, p Provider) {
	gone := make(chan struct{})
	b := p.bench(t, func(r *Reply) { r.Text("some "); r.Wait(); close(gone) })
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	why := errors.New("the user pressed stop")
	_, err := llm.Collect(ctx, b.model, llm.Request{Model: "m", Prompt: "?"}, func(string) { stop(why) })
	if !errors.Is(err, why) {
		t.Errorf("error = %v, want the cause of the context", err)
	}
	b.within(gone)
}

func breakOut(t *testing.T, p Provider) {
	gone := make(chan struct{})
	b := p.bench(t, func(r *Reply) { r.Text("some ", "more "); r.Wait(); close(gone) })
	for range b.model.Stream(t.Context(), llm.Request{Model: "m", Prompt: "?"}) {
		break
	}
	b.within(gone)
}

// within checks that the server sees the request end soon.
func (b bench) within(gone <-chan struct{}) {
	b.Helper()
	select {
	case <-gone:
	case <-time.After(2 * time.Second):
		b.Error("the request was still under way on the server after 2 s")
	}
}
