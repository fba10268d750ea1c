package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"heddle/internal/egress"
	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/hub"
	"heddle/internal/identity"
	"heddle/internal/llm"
	"heddle/internal/llm/offline"
	"heddle/internal/node"
	"heddle/internal/nodes"
	"heddle/internal/sandbox"
	"heddle/internal/store"
	"heddle/internal/studio"
	"heddle/internal/web"
	"heddle/internal/worker"
	"heddle/static"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		// fasthttp writes the Date header from one goroutine that never ends,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		// and its pool sleeps up to 10 s before it sees that its server has stopped.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

const password = "correct horse battery"

// site is the real product on a fresh database, without the command line.
type site struct {
	t        *testing.T
	store    *store.Store
	studio   *studio.Service
	identity *identity.Service
	server   *web.Server
	gate     chan struct{} // the node kind "gate" waits for a value from here
	ann, bob person
	url      string // set by listen
}

// person is a user with what a request needs to be theirs.
type person struct {
	user   flow.User
	cookie string // value of the Cookie header
	token  string // Authorization value; a token with every scope
}

// newSite wires everything and starts the worker; change may alter the server's
// configuration.
func newSite(t *testing.T, change ...func(*web.Config)) *site {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	s := &site{t: t, gate: make(chan struct{})}
	h := hub.New()
	var err error
	s.store, err = store.Open(t.Context(), store.Config{URL: "file:" + filepath.Join(t.TempDir(), "heddle.db"), Logger: log, Touch: h.Touch})
	must(t, err)
	t.Cleanup(func() { must(t, s.store.Close()) })
	_, err = s.store.Migrate(t.Context())
	must(t, err)
	must(t, worker.Migrate(t.Context(), s.store))
	models := llm.NewModels(llm.Provider{ID: "offline", Name: "Offline", Configured: true, NoAI: true, Default: "offline", Model: offline.New(offline.Config{})})
	secrets := studio.Secrets{Store: s.store, Vault: newVault(t), Log: log}
	module, err := static.Module()
	must(t, err)
	client := egress.Client(egress.Config{Timeout: 2 * time.Second})
	t.Cleanup(client.CloseIdleConnections)
	kinds := node.NewRegistry(append(nodes.All(nodes.Deps{Models: models, HTTP: client, Secrets: secrets, Code: sandbox.New(module)}), s.gateKind())...)
	eng := engine.New(engine.Config{Registry: kinds, Journal: s.store, Blobs: s.store, Cache: s.store, Answerable: true, Files: studio.NodeFiles(s.store), Logger: log})
	work, err := worker.New(worker.Config{Store: s.store, Engine: eng, Hub: h, Concurrency: 4, Logger: log})
	must(t, err)
	must(t, work.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		must(t, work.Stop(ctx))
	})
	s.identity, err = identity.New(identity.Config{Accounts: s.store, SignupOpen: true, Audit: s.store, Logger: log})
	must(t, err)
	s.studio = studio.New(studio.Config{
		Store: s.store, Identity: s.identity, Engine: eng, Registry: kinds, Models: models, Hub: h, Queue: work, Version: "test", Logger: log, Secrets: secrets,
	})
	assets, err := static.Load()
	must(t, err)
	conf := web.Config{Studio: s.studio, Assets: assets, Logger: log, Version: "test", Env: "development", BaseURL: "http://heddle.test", SignupOpen: true}
	for _, f := range change {
		f(&conf)
	}
	s.server = web.New(conf)
	s.ann, s.bob = s.person("ann@example.com", conf.BaseURL), s.person("bob@example.com", conf.BaseURL)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// gateKind passes its input on when the test lets it.
func (s *site) gateKind() node.Kind {
	return node.Define(node.Spec{
		Type: "gate", Version: 1, Title: "Gate", Purity: node.Pure,
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: flow.TypeAny}},
	}, func(ctx context.Context, _ struct{}, c node.Call) (node.Result, error) {
		c.Log(flow.LevelInfo, "waiting at the gate")
		select {
		case <-s.gate:
			return node.Result{Outputs: flow.Values{"out": flow.Text("through")}}, nil
		case <-ctx.Done():
			return node.Result{}, context.Cause(ctx)
		}
	})
}

func (s *site) person(email, base string) person {
	s.t.Helper()
	u, err := s.studio.CreateUser(s.t.Context(), email, password)
	must(s.t, err)
	secret, _, err := s.identity.StartSession(s.t.Context(), u, identity.StartSession{UserAgent: "test"})
	must(s.t, err)
	name := "heddle_session"
	if strings.HasPrefix(base, "https://") {
		name = "__Host-heddle_session"
	}
	return person{user: u, cookie: name + "=" + secret, token: s.token(u, 0)}
}

// token makes an API token and returns its Authorization value; without scopes
// it has all of them.
func (s *site) token(u flow.User, life time.Duration, scopes ...flow.Scope) string {
	s.t.Helper()
	_, secret, err := s.identity.NewToken(s.t.Context(), flow.Owner(u.ID), identity.NewToken{Name: "test", Scopes: scopes, Expires: life})
	must(s.t, err)
	return "Bearer " + secret
}

type header = map[string]string

// byToken and byCookie are the headers of a person's request.
func (p person) byToken(more ...string) header  { return with(header{"Authorization": p.token}, more) }
func (p person) byCookie(more ...string) header { return with(header{"Cookie": p.cookie}, more) }

func with(h header, more []string) header {
	for i := 0; i+1 < len(more); i += 2 {
		h[more[i]] = more[i+1]
	}
	return h
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// do sends a request to the app. A body that begins like JSON is sent as JSON and
// any other as a form, unless the header says otherwise.
func (s *site) do(method, path, body string, h header) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://heddle.test"+path, strings.NewReader(body))
	must(s.t, err)
	switch {
	case body == "":
	case strings.ContainsAny(body[:1], `{["`):
		req.Header.Set("Content-Type", "application/json")
	default:
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range h {
		req.Header.Set(k, v)
	}
	res, err := s.server.App().Test(req, 20_000)
	must(s.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	must(s.t, err)
	return answer{res.StatusCode, res.Header, string(raw)}
}

// decode reads an answer of the API.
func decode[T any](t *testing.T, a answer) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
	return v
}

// form makes a multipart body with one file in it.
func form(t *testing.T, name, content string) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", name)
	must(t, err)
	_, err = io.WriteString(part, content)
	must(t, err)
	must(t, w.Close())
	return b.String(), w.FormDataContentType()
}

// Graphs that the tests run.
const (
	hello = `"nodes":[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"text":"hello"}},{"id":"b","type":"debug","position":{"x":9,"y":0},"data":{}}],` +
		`"edges":[{"id":"e","source":"a","target":"b","sourceHandle":null,"targetHandle":null}]`
	gated = `"nodes":[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"text":"hello"}},{"id":"g","type":"gate","position":{"x":9,"y":0},"data":{}},` +
		`{"id":"b","type":"debug","position":{"x":18,"y":0},"data":{}}],` +
		`"edges":[{"id":"e","source":"a","target":"g","sourceHandle":null,"targetHandle":null},{"id":"f","source":"g","target":"b","sourceHandle":null,"targetHandle":null}]`
)

// workflow creates a workflow of p and returns its id.
func (s *site) workflow(p person, name string) string {
	s.t.Helper()
	a := s.do("POST", "/api/workflows", fmt.Sprintf(`{"name":%q,%s}`, name, hello), p.byToken())
	if a.status != http.StatusCreated {
		s.t.Fatalf("create workflow: %d %s", a.status, a.body)
	}
	return decode[struct{ Workflow struct{ ID string } }](s.t, a).Workflow.ID
}

// run starts a run of p with members of the body of POST /api/execute.
func (s *site) run(p person, members string) string {
	s.t.Helper()
	a := s.do("POST", "/api/execute", "{"+members+"}", p.byToken())
	if a.status != http.StatusAccepted {
		s.t.Fatalf("execute: %d %s", a.status, a.body)
	}
	return decode[struct{ RunID string }](s.t, a).RunID
}

// ended waits until a run is final and returns its status.
func (s *site) ended(p person, id string) flow.RunStatus {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(flow.WithActor(s.t.Context(), flow.Actor{User: p.user, Via: flow.ViaSession}), 20*time.Second)
	defer cancel()
	for _, err := range s.studio.Watch(ctx, studio.Watch{RunID: flow.ID(id), Replay: true}) {
		must(s.t, err)
	}
	r, err := s.store.Run(s.t.Context(), flow.Owner(p.user.ID), flow.ID(id))
	must(s.t, err)
	if !r.Status.Final() {
		s.t.Fatalf("run %s is still %s", id, r.Status)
	}
	return r.Status
}

// listen serves on a free port until stop is called or the test ends.
func (s *site) listen() (stop func()) {
	s.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(s.t, err)
	s.url = "http://" + l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(l) }()
	stop = sync.OnceFunc(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.server.Shutdown(ctx); err != nil {
			s.t.Error(err)
		}
		if err := <-served; err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(func() {
		stop()
		http.DefaultClient.CloseIdleConnections()
	})
	return stop
}
