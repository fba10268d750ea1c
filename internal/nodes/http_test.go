package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/egress"
	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
)

// vault knows one secret for one host.
type vault struct{ name, host, value string }

func (v vault) Secret(_ context.Context, _ flow.ID, name, host string) (flow.Secret, error) {
	if name != v.name || host != v.host {
		return "", flow.Errorf(flow.NotFound, "There is no secret %s for %s.", name, host)
	}
	return flow.Secret(v.value), nil
}

// Key is the owner's own key of a provider; the vault has none.
func (v vault) Key(context.Context, flow.ID, string) (flow.Secret, error) { return "", nil }

// outside runs an http step through the real way out, which may reach loopback.
type outside struct {
	secrets nodes.Secrets
	files   memory
	logs    []string
	config  egress.Config
}

func (o *outside) run(t *testing.T, data map[string]any, in flow.Values) (node.Result, error) {
	t.Helper()
	k, ok := node.NewRegistry(nodes.All(nodes.Deps{Models: llm.NewModels(), HTTP: egress.Client(o.config), Secrets: o.secrets})...).Kind("http")
	if !ok {
		t.Fatal("there is no kind http")
	}
	if o.files == nil {
		o.files = memory{}
	}
	return k.Run(t.Context(), must(json.Marshal(data)), node.Call{
		RunID: "run_1", Key: "key-1", Inputs: in, Files: o.files,
		Emit: func(string) {}, Log: func(l flow.Level, s string) { o.logs = append(o.logs, string(l)+": "+s) },
	})
}

func loopback() *outside { return &outside{config: egress.Config{AllowLoopback: true}} }

// echo answers with what it was asked.
func echo(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"method": r.Method, "uri": r.RequestURI, "body": string(body), "type": r.Header.Get("Content-Type"),
			"key": r.Header.Get("Idempotency-Key"), "auth": r.Header.Get("Authorization"), "apiKey": r.Header.Get("X-API-Key"), "custom": r.Header.Get("X-Custom"),
		})
	}))
	t.Cleanup(s.Close)
	return s
}

func TestHTTPSendsEveryMethod(t *testing.T) {
	s := echo(t)
	for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		data := map[string]any{"method": m, "url": s.URL + "/a?x=1", "query": `{"q":"a b&c","n":[1,2]}`, "headers": map[string]any{"X-Custom": "yes"}}
		key, body, media := "", "", ""
		if m != "GET" && m != "OPTIONS" {
			key, body, media = "key-1", `{"a":1}`, "application/json"
			data["body"] = body
		}
		res, err := loopback().run(t, data, nil)
		if err != nil {
			t.Fatalf("%s: %v", m, err)
		}
		var got map[string]any
		if err := json.Unmarshal(res.Outputs["body"].Raw(), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"method": m, "uri": "/a?n=1&n=2&q=a+b%26c&x=1", "body": body, "type": media, "key": key, "auth": "", "apiKey": "", "custom": "yes"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", m, d)
		}
		if res.Outputs["status"].String() != "200" || !strings.Contains(res.Outputs["headers"].String(), `"content-type":"application/json"`) {
			t.Errorf("%s: status %s, headers %s", m, res.Outputs["status"], res.Outputs["headers"])
		}
	}
	res, err := loopback().run(t, map[string]any{"method": "HEAD", "url": s.URL}, nil)
	if err != nil || res.Outputs["body"].Raw() == nil || res.Outputs["body"].String() != "" {
		t.Errorf("HEAD: %+v %v", res, err)
	}
}

func TestHTTPBodyComesFromAPort(t *testing.T) {
	s := echo(t)
	o := loopback()
	o.files = memory{"file_1": []byte("bytes")}
	for _, c := range []struct {
		name, body, media string
		in                flow.Value
	}{
		{"text", "hello", "text/plain; charset=utf-8", flow.Text("hello")},
		{"json", `{"a":[1]}`, "application/json", flow.RawValue([]byte(`{"a":[1]}`))},
		{"list", `["x"]`, "application/json", flow.List(flow.Text("x"))},
		{"file", "bytes", "text/csv", flow.File(flow.FileRef{File: "file_1", MediaType: "text/csv"})},
	} {
		res, err := o.run(t, map[string]any{"method": "POST", "url": s.URL, "headers": map[string]any{"Idempotency-Key": "mine"}}, flow.Values{"body": c.in})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		var got struct{ Body, Type, Key string }
		if err := json.Unmarshal(res.Outputs["body"].Raw(), &got); err != nil || got.Body != c.body || got.Type != c.media || got.Key != "mine" {
			t.Errorf("%s: %+v %v", c.name, got, err)
		}
	}
}

func TestHTTPReadsTheAnswerAsChosen(t *testing.T) {
	for _, c := range []struct {
		name, as, media, body string
		want                  string // beginning of the body's JSON, or of the error
	}{
		{"auto json", "auto", "application/problem+json", ` {"a":1}`, `{"a":1}`},
		{"auto text", "auto", "text/html; charset=utf-8", "<p>", `"<p>"`},
		{"auto without type", "auto", "", "plain", `"plain"`},
		{"auto file", "auto", "application/pdf", "%PDF", `{"$file":"file_saved1","name":"r.pdf"`},
		{"bad JSON is text", "auto", "application/json", "{oops", `"{oops"`},
		{"bad JSON fails when chosen", "json", "text/plain", "{oops", "The answer is not JSON. It begins with: {oops"},
		{"text of json", "text", "application/json", `{"a":1}`, `"{\"a\":1}"`},
		{"json of text", "json", "text/plain", `[1]`, `[1]`},
		{"file of text", "file", "text/plain", "abc", `{"$file":"file_saved1"`},
		{"no UTF-8", "text", "text/plain", "a\xffb", `"a` + "\uFFFD" + `b"`},
		{"long text", "auto", "text/plain", strings.Repeat("x", 5<<20+1), "The answer is larger than 5 MiB."},
		{"longest text", "auto", "text/plain", strings.Repeat("x", 5<<20), `"xxx`},
		{"long file", "file", "text/plain", strings.Repeat("x", flow.MaxUpload+1), "The answer is larger than 25 MiB."},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{c.media}
			w.Header().Set("Content-Disposition", `attachment; filename="../../r.pdf"`)
			_, _ = io.WriteString(w, c.body)
		}))
		res, err := loopback().run(t, map[string]any{"url": s.URL, "answer": c.as}, nil)
		got := strings.TrimSpace(string(res.Outputs["body"].Raw()))
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %.200s, want %s", c.name, got, c.want)
		}
		s.Close()
	}
}

func TestE6_HTTPSaysWhatCanPass(t *testing.T) {
	status, wait := 0, ""
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if wait != "" {
			w.Header().Set("Retry-After", wait)
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, "no: %d\n  because", status)
	}))
	defer s.Close()
	for _, c := range []struct {
		status int
		wait   string
		after  time.Duration
		again  bool
	}{
		{500, "", 0, true},
		{503, "7", 7 * time.Second, true},
		{429, "0.5", time.Second / 2, true},
		{429, "soon", 0, true},
		{408, "", 0, true},
		{400, "", 0, false},
		{401, "", 0, false},
		{404, "9", 0, false},
		{304, "", 0, false},
	} {
		status, wait = c.status, c.wait
		_, err := loopback().run(t, map[string]any{"url": s.URL}, nil)
		e, ok := errors.AsType[*flow.Error](err)
		if !ok || !strings.HasPrefix(e.Message, fmt.Sprintf("127.0.0.1 answered %d %s", c.status, http.StatusText(c.status))) || e.Hint == "" {
			t.Fatalf("%d: %v", c.status, err)
		}
		if c.status != 304 && !strings.HasSuffix(e.Message, fmt.Sprintf(": no: %d because", c.status)) {
			t.Errorf("%d: the answer is not shown: %s", c.status, e.Message)
		}
		if after, again := node.Passing(err); after != c.after || again != c.again {
			t.Errorf("%d: again %v after %v", c.status, again, after)
		}
		res, err := loopback().run(t, map[string]any{"url": s.URL, "failure": "pass", "answer": "text"}, nil)
		if got, _ := res.Outputs["status"].Float(); err != nil || int(got) != c.status {
			t.Errorf("%d passed on: %v %v", c.status, got, err)
		}
	}
	s.Close()
	_, err := loopback().run(t, map[string]any{"url": s.URL}, nil)
	if _, again := node.Passing(err); !again || flow.KindOf(err) != flow.Unavailable {
		t.Errorf("a closed door: %v", err)
	}
}

func TestHTTPFollowsRedirectsCarefully(t *testing.T) {
	end := echo(t)
	hops := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hops++
		switch r.URL.Path {
		case "/end":
			http.Redirect(w, r, end.URL, http.StatusTemporaryRedirect)
		case "/private":
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		case "/scheme":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		default:
			http.Redirect(w, r, "/again", http.StatusFound)
		}
	}))
	defer s.Close()
	o := loopback()
	o.secrets = vault{"TOKEN", "127.0.0.1", "s3cret"}
	res, err := o.run(t, map[string]any{"method": "POST", "url": s.URL + "/end", "body": "kept", "secret": "TOKEN"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Method, Body, Auth string }
	if err := json.Unmarshal(res.Outputs["body"].Raw(), &got); err != nil || got.Method != "POST" || got.Body != "kept" || got.Auth != "" {
		t.Errorf("after the redirect: %+v %v", got, err)
	}
	for _, path := range []string{"/private", "/scheme"} {
		if _, err := loopback().run(t, map[string]any{"url": s.URL + path}, nil); flow.KindOf(err) != flow.Unavailable {
			t.Errorf("%s: %v", path, err)
		}
	}
	hops = 0
	if _, err := loopback().run(t, map[string]any{"url": s.URL + "/round"}, nil); flow.KindOf(err) != flow.Invalid || hops > 6 {
		t.Errorf("round and round: %d hops, %v", hops, err)
	}
}

func TestHTTPRefusesPrivateAddressesAlike(t *testing.T) {
	s := echo(t)
	said := map[string]bool{}
	for _, u := range []string{
		s.URL, "http://127.0.0.1", "http://127.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://10.0.0.1", "http://192.168.1.1/", "http://172.16.0.1",
		"http://169.254.169.254/latest/meta-data/", "http://100.64.0.1", "http://0.0.0.0", "http://[fe80::1]/", "http://[fd00::1]/", "http://localhost/", "http://2130706433/",
	} {
		_, err := (&outside{}).run(t, map[string]any{"url": u}, nil)
		e, ok := errors.AsType[*flow.Error](err)
		if !ok || e.Kind != flow.Unavailable {
			t.Errorf("%s: %v", u, err)
			continue
		}
		_, rest, _ := strings.Cut(e.Message, " could")
		said[rest+e.Hint] = true
	}
	if len(said) != 1 {
		t.Errorf("the refusals differ: %v", said)
	}
}

func TestHTTPRefusesBadRequests(t *testing.T) {
	s := echo(t)
	for name, data := range map[string]map[string]any{
		"no address": {"url": ""}, "no scheme": {"url": "example.com"}, "ftp": {"url": "ftp://example.com"}, "file": {"url": "file:///etc/passwd"},
		"password": {"url": "http://a:b@example.com"}, "line break in the address": {"url": "http://example.com/\r\nX: y"}, "method": {"url": s.URL, "method": "TRACE"},
		"line break in a header": {"url": s.URL, "headers": map[string]any{"X-A": "b\r\nX-Evil: 1"}}, "NUL": {"url": s.URL, "headers": map[string]any{"X-A": "b\x00"}},
		"line break in a name": {"url": s.URL, "headers": map[string]any{"X-A\r\nX-Evil": "b"}}, "empty name": {"url": s.URL, "headers": map[string]any{"": "b"}},
		"host": {"url": s.URL, "headers": map[string]any{"hOST": "b"}}, "length": {"url": s.URL, "headers": map[string]any{"content-length": "3"}},
		"smuggling": {"url": s.URL, "headers": map[string]any{"Transfer-Encoding": "chunked"}}, "headers no object": {"url": s.URL, "headers": `[1]`},
		"query no object": {"url": s.URL, "query": `{"a":`}, "body of GET": {"url": s.URL, "body": "x"}, "no secrets here": {"url": s.URL, "secret": "TOKEN"},
	} {
		_, err := loopback().run(t, data, nil)
		if e, ok := errors.AsType[*flow.Error](err); !ok || e.Kind != flow.Invalid || e.Hint == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHTTPSignsIn(t *testing.T) {
	var auth, key string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		auth, key = r.Header.Get("Authorization"), r.Header.Get("X-API-Key")
	}))
	defer s.Close()
	o := loopback()
	o.secrets = vault{"TOKEN", "127.0.0.1", "user:s3cret"}
	for as, want := range map[string]string{"": "Bearer user:s3cret|", "bearer": "Bearer user:s3cret|", "basic": "Basic dXNlcjpzM2NyZXQ=|", "key": "|user:s3cret"} {
		data := map[string]any{"url": s.URL, "secret": "TOKEN"}
		if as != "" {
			data["auth"] = as
		}
		if _, err := o.run(t, data, nil); err != nil {
			t.Fatal(err)
		}
		if auth+"|"+key != want {
			t.Errorf("%s: %s|%s", as, auth, key)
		}
	}
	if _, err := o.run(t, map[string]any{"url": s.URL, "secret": "OTHER"}, nil); flow.KindOf(err) != flow.NotFound {
		t.Errorf("an unknown secret: %v", err)
	}
	if _, err := o.run(t, map[string]any{"url": "http://example.com", "secret": "TOKEN"}, nil); flow.KindOf(err) != flow.Invalid {
		t.Errorf("a secret in the open: %v", err)
	}
	o.secrets = vault{"TOKEN", "127.0.0.1", "a\r\nX-Evil: 1"}
	if _, err := o.run(t, map[string]any{"url": s.URL, "secret": "TOKEN"}, nil); flow.KindOf(err) != flow.Invalid || strings.Contains(err.Error(), "Evil") {
		t.Errorf("a secret with a line break: %v", err)
	}
}

func TestS4_AHeaderAsksForASecret(t *testing.T) {
	var got string
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("X-Shop") }))
	defer s.Close()
	o := loopback()
	o.secrets = vault{"TOKEN", "127.0.0.1", "s3cret"}
	if _, err := o.run(t, map[string]any{"url": s.URL, "headers": map[string]any{"X-Shop": "key {{ secret.TOKEN }}!"}}, nil); err != nil || got != "key s3cret!" {
		t.Errorf("%q %v", got, err)
	}
	for _, where := range []map[string]any{{"url": s.URL + "/{{secret.TOKEN}}"}, {"url": s.URL, "method": "POST", "body": "{{secret.TOKEN}}"}, {"url": s.URL, "query": map[string]any{"k": "{{secret.TOKEN}}"}}} {
		got = ""
		if res, err := o.run(t, where, nil); err == nil && strings.Contains(string(must(json.Marshal(res))), "s3cret") {
			t.Errorf("%v: a secret was put where none belongs", where)
		}
	}
	o.secrets = vault{"TOKEN", "api.example.com", "s3cret"}
	if _, err := o.run(t, map[string]any{"url": s.URL, "headers": map[string]any{"X-Shop": "{{secret.TOKEN}}"}}, nil); err == nil {
		t.Error("a secret went to a host that is not its own")
	}
}

func TestHTTPNeverShowsTheSecret(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "wrong: "+r.Header.Get("Authorization"), http.StatusUnauthorized)
	}))
	defer s.Close()
	o := loopback()
	o.secrets = vault{"TOKEN", "127.0.0.1", "s3cret"}
	_, err := o.run(t, map[string]any{"url": s.URL, "secret": "TOKEN"}, nil)
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "Bearer ***") {
		t.Errorf("got %v", err)
	}
}

func TestHTTPStopsAtOnce(t *testing.T) {
	asked := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}))
	defer s.Close()
	cause := errors.New("stop was pressed")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-asked
		cancel(cause)
	}()
	k, _ := node.NewRegistry(nodes.All(nodes.Deps{Models: llm.NewModels(), HTTP: egress.Client(egress.Config{AllowLoopback: true})})...).Kind("http")
	if _, err := k.Run(ctx, must(json.Marshal(map[string]any{"url": s.URL})), node.Call{}); !errors.Is(err, cause) {
		t.Errorf("got %v, want the cause of the context", err)
	}
}
