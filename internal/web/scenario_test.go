package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/web"
)

// scenario is one request and what must come back.
type scenario struct {
	name, method, path, body string
	header                   header
	status                   int
	want, wantNot            string
}

func (s *site) play(t *testing.T, list []scenario) {
	t.Helper()
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(c.method, c.path, c.body, c.header)
			if a.status != c.status || !strings.Contains(a.body, c.want) || c.wantNot != "" && strings.Contains(a.body, c.wantNot) {
				t.Errorf("%s %s: got %d, want %d with %q without %q\n%.2000s", c.method, c.path, a.status, c.status, c.want, c.wantNot, a.body)
			}
			if strings.HasPrefix(c.path, "/api/") && c.status >= 400 && !strings.Contains(a.body, `"requestId":"req_`) {
				t.Errorf("%s %s: no request id in %s", c.method, c.path, a.body)
			}
		})
	}
}

func TestOpenRoutes(t *testing.T) {
	s := newSite(t)
	s.play(t, []scenario{
		{"health", "GET", "/api/health", "", nil, 200, `"database":"ok"`, ""},
		{"health tells the queue", "GET", "/api/health", "", nil, 200, `"queue":"ok"`, ""},
		{"livez", "GET", "/livez", "", nil, 200, "alive", ""},
		{"readyz", "GET", "/readyz", "", nil, 200, "ready", "not"},
		{"openapi", "GET", "/api/openapi.json", "", nil, 200, `"openapi":"3.1`, ""},
		{"api page", "GET", "/docs/api", "", nil, 200, "/api/execute", ""},
		{"unknown api route", "GET", "/api/nope", "", s.ann.byToken(), 404, `"code":"not_found"`, "<html"},
		{"unknown method", "PATCH", "/api/workflows", "", s.ann.byToken(), 404, `"code":"not_found"`, ""},
		{"unknown page", "GET", "/nope", "", s.ann.byCookie(), 404, "<html", ""},
		{"no asset", "GET", "/static/nope.js", "", nil, 404, "", "immutable"},
		{"no way out of the assets", "GET", "/static/..%2f..%2fetc%2fpasswd", "", nil, 404, "", "root:"},
		{"no webhook without Clerk", "POST", "/api/webhooks/clerk", `{}`, nil, 404, "", ""},
		{"no Clerk session without Clerk", "POST", "/auth/session", "token=x", nil, 404, "", ""},
	})
	s.studio.Drain()
	s.play(t, []scenario{
		{"draining is not ready", "GET", "/readyz", "", nil, 503, "not ready", ""},
		{"draining is alive", "GET", "/livez", "", nil, 200, "alive", ""},
	})
}

// graph makes the members of a graph of n text nodes in a row.
func graph(n int) string {
	var b strings.Builder
	b.WriteString(`"nodes":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":"n%d","type":"text","position":{"x":0,"y":0},"data":{"text":"x"}}`, i)
	}
	return b.String() + `],"edges":[]`
}

const loop = `"nodes":[{"id":"left","type":"debug","position":{"x":0,"y":0},"data":{}},{"id":"right","type":"debug","position":{"x":0,"y":0},"data":{}}],` +
	`"edges":[{"id":"e","source":"left","target":"right"},{"id":"f","source":"right","target":"left"}]`

func TestWorkflowRoutes(t *testing.T) {
	s := newSite(t)
	mine, hers, gone := s.workflow(s.ann, "Digest"), s.workflow(s.bob, "Private"), flow.NewID(flow.WorkflowPrefix).String()
	ann, w := s.ann.byToken, "/api/workflows/"
	deep := strings.Repeat(`[`, flow.MaxDepth) + strings.Repeat(`]`, flow.MaxDepth)
	s.play(t, []scenario{
		{"list", "GET", "/api/workflows", "", ann(), 200, `"name":"Digest"`, "Private"},
		{"list by cookie", "GET", "/api/workflows?query=dig&limit=5", "", s.ann.byCookie(), 200, `"total":1`, ""},
		{"list without a hit", "GET", "/api/workflows?query=zebra", "", ann(), 200, `"workflows":[]`, "null"},
		{"list without the tag", "GET", "/api/workflows?tag=zebra", "", ann(), 200, `"total":0`, ""},
		{"page 0", "GET", "/api/workflows?page=0", "", ann(), 400, `"path":"page"`, ""},
		{"page abc", "GET", "/api/workflows?page=abc", "", ann(), 400, `"path":"page"`, ""},
		{"limit 1000", "GET", "/api/workflows?limit=1000", "", ann(), 400, `"path":"limit"`, ""},
		{"create", "POST", "/api/workflows", `{"name":"New","description":"d","tags":["a"],` + hello + `}`, ann(), 201, `"version":1`, ""},
		{"create without a graph", "POST", "/api/workflows", `{"name":"Bare","nodes":[],"edges":[]}`, ann(), 201, `"nodes":[]`, ""},
		{"create keeps foreign members", "POST", "/api/workflows", `{"name":"F","nodes":[{"id":"a","type":"x","data":{},"measured":{"width":1.50}}],"edges":[]}`, ann(), 201, `"measured":{"width":1.50}`, ""},
		{"create needs a name", "POST", "/api/workflows", `{"name":" ","nodes":[],"edges":[]}`, ann(), 422, `"path":"name"`, ""},
		{"create misses the name", "POST", "/api/workflows", `{"nodes":[],"edges":[]}`, ann(), 422, `{"path":"name","message":"This is required."}`, ""},
		{"create with a long name", "POST", "/api/workflows", `{"name":"` + strings.Repeat("x", 101) + `","nodes":[],"edges":[]}`, ann(), 422, `"path":"name"`, ""},
		{"name of a wrong type", "POST", "/api/workflows", `{"name":3,"nodes":[],"edges":[]}`, ann(), 422, `"path":"name"`, ""},
		{"malformed", "POST", "/api/workflows", `{"name":`, ann(), 400, `"code":"malformed"`, ""},
		{"no object", "POST", "/api/workflows", `[1]`, ann(), 400, "must be a JSON object", ""},
		{"more after the end", "POST", "/api/workflows", `{"name":"a"} {}`, ann(), 400, "after the end", ""},
		{"unknown key", "POST", "/api/workflows", `{"name":"a","nodes":[],"edges":[],"shape":1}`, ann(), 400, `"path":"shape"`, ""},
		{"key in another case", "POST", "/api/workflows", `{"name":"a","nodes":[],"edges":[],"NAME":"b"}`, ann(), 400, `"path":"NAME"`, ""},
		{"duplicate key", "POST", "/api/workflows", `{"name":"a","name":"b","nodes":[],"edges":[]}`, ann(), 400, `"path":"name"`, ""},
		{"too deep", "POST", "/api/workflows", `{"name":"a","nodes":` + deep + `,"edges":[]}`, ann(), 400, "deeper than", ""},
		{"empty body", "POST", "/api/workflows", "", ann(), 400, `"code":"malformed"`, ""},
		{"form instead of JSON", "POST", "/api/workflows", "name=a", ann(), 415, "application/json", ""},
		{"text/plain", "POST", "/api/workflows", `{"name":"a"}`, ann("Content-Type", "text/plain"), 415, `"code":"unsupported_type"`, ""},
		{"5 MiB", "POST", "/api/workflows", `{"name":"` + strings.Repeat("x", 5<<20) + `"}`, ann(), 413, `"code":"too_large"`, ""},
		{"11,000 nodes", "POST", "/api/workflows", `{"name":"big",` + graph(11_000) + `}`, ann(), 422, "10,000", ""},
		{"nodes are no list", "POST", "/api/workflows", `{"name":"a","nodes":{"a":1},"edges":[]}`, ann(), 422, `"path":"nodes"`, ""},
		{"a cycle may be saved", "POST", "/api/workflows", `{"name":"loop",` + loop + `}`, ann(), 201, "left", ""},
		{"read", "GET", w + mine, "", ann(), 200, `"name":"Digest"`, ""},
		{"read someone else's", "GET", w + hers, "", ann(), 403, `"code":"forbidden"`, "Private"},
		{"read unknown", "GET", w + gone, "", ann(), 404, `"code":"not_found"`, ""},
		{"read nonsense", "GET", w + "%00%27--", "", ann(), 404, `"code":"not_found"`, ""},
		{"read an id too long", "GET", w + strings.Repeat("x", 65), "", ann(), 400, `"path":"id"`, ""},
		{"change", "PUT", w + mine, `{"description":"about"}`, ann(), 200, `"version":1`, ""},
		{"change with the version", "PUT", w + mine, `{"version":1,` + graph(1) + `}`, ann(), 200, `"version":2`, ""},
		{"change on a stale version", "PUT", w + mine, `{"version":1,` + graph(2) + `}`, ann(), 409, `"version":2`, ""},
		{"change on a stale If-Match", "PUT", w + mine, `{"name":"Late"}`, ann("If-Match", `"1"`), 409, `"version":2`, ""},
		{"change with If-Match", "PUT", w + mine, `{"name":"Digest 2"}`, ann("If-Match", `"2"`), 200, `"name":"Digest 2"`, ""},
		{"change with a weak If-Match", "PUT", w + mine, `{"name":"Digest"}`, ann("If-Match", `W/"2"`), 200, `"name":"Digest"`, ""},
		{"nonsense in If-Match", "PUT", w + mine, `{"name":"a"}`, ann("If-Match", `"abc"`), 400, "If-Match", ""},
		{"change to no name", "PUT", w + mine, `{"name":""}`, ann(), 422, `"path":"name"`, ""},
		{"change of an unknown key", "PUT", w + mine, `{"isPublished":true}`, ann(), 400, `"path":"isPublished"`, ""},
		{"change someone else's", "PUT", w + hers, `{"name":"a"}`, ann(), 403, `"code":"forbidden"`, ""},
		{"change unknown", "PUT", w + gone, `{"name":"a"}`, ann(), 404, "", ""},
		{"delete someone else's", "DELETE", w + hers, "", ann(), 403, "", ""},
		{"delete unknown", "DELETE", w + gone, "", ann(), 404, "", ""},
		{"delete", "DELETE", w + mine, "", ann(), 200, `{"success":true}`, ""},
		{"deleted is gone", "GET", w + mine, "", ann(), 404, "", ""},
		{"delete again", "DELETE", w + mine, "", ann(), 404, "", ""},
		{"node types", "GET", "/api/node-types", "", ann(), 200, `"type":"vision"`, ""},
	})
}

func TestWorkflowHeaders(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/api/workflows", `{"name":"Digest",`+hello+`}`, s.ann.byToken())
	id := decode[struct{ Workflow struct{ ID string } }](t, a).Workflow.ID
	if got := a.header.Get("Location"); got != "/api/workflows/"+id {
		t.Errorf("Location %q", got)
	}
	a = s.do("GET", "/api/workflows/"+id, "", s.ann.byToken())
	if a.header.Get("ETag") != `"1"` || a.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", a.header)
	}
	a = s.do("PUT", "/api/workflows/"+id, "{"+graph(3)+"}", s.ann.byToken("If-Match", a.header.Get("ETag")))
	if a.status != 200 || a.header.Get("ETag") != `"2"` {
		t.Errorf("%d, ETag %q", a.status, a.header.Get("ETag"))
	}
}

func TestRunRoutes(t *testing.T) {
	s := newSite(t)
	wf := s.workflow(s.ann, "Digest")
	mine, hers, gone := s.run(s.ann, hello), s.run(s.bob, hello), flow.NewID(flow.RunPrefix).String()
	for id, p := range map[string]person{mine: s.ann, hers: s.bob} {
		if status := s.ended(p, id); status != flow.RunSuccess {
			t.Fatalf("run ended %s", status)
		}
	}
	logged := s.run(s.ann, gated)
	s.gate <- struct{}{}
	if status := s.ended(s.ann, logged); status != flow.RunSuccess {
		t.Fatalf("run ended %s", status)
	}
	foreign := s.workflow(s.bob, "Private")
	ann, x, r := s.ann.byToken, "/api/execute", "/api/runs/"
	s.play(t, []scenario{
		{"execute a graph", "POST", x, "{" + hello + "}", ann(), 202, `"runId":"run_`, ""},
		{"execute a workflow", "POST", x, `{"workflowId":"` + wf + `"}`, ann(), 202, `"workflowName":"Digest"`, ""},
		{"execute a part", "POST", x, `{"scope":"partial","nodeIds":["a"],` + hello + `}`, ann(), 202, `"scope":"partial"`, ""},
		{"execute with inputs", "POST", x, `{"inputs":{"a":"other"},` + hello + `}`, ann(), 202, "", ""},
		{"execute nothing", "POST", x, `{}`, ann(), 422, "nothing to run", ""},
		{"execute no nodes", "POST", x, `{"nodes":[],"edges":[]}`, ann(), 422, `"code":"invalid"`, ""},
		{"execute a cycle", "POST", x, "{" + loop + "}", ann(), 422, `"code":"cycle"`, ""},
		{"a cycle names its nodes", "POST", x, "{" + loop + "}", ann(), 422, `"nodeId":"left"`, ""},
		{"execute an unknown kind", "POST", x, `{"nodes":[{"id":"q","type":"quantum","data":{}}],"edges":[]}`, ann(), 422, `"nodeId":"q"`, ""},
		{"execute 11,000 nodes", "POST", x, "{" + graph(11_000) + "}", ann(), 422, "10,000", ""},
		{"execute an unknown part", "POST", x, `{"scope":"partial","nodeIds":["zz"],` + hello + `}`, ann(), 422, "zz", ""},
		{"execute a part of nothing", "POST", x, `{"scope":"partial",` + hello + `}`, ann(), 422, `"path":"nodeIds"`, ""},
		{"execute one step only", "POST", x, `{"scope":"partial","mode":"only","nodeIds":["a"],` + hello + `}`, ann(), 202, `"nodeIds":["a"]`, ""},
		{"execute from a step", "POST", x, `{"scope":"partial","mode":"from","nodeIds":["a"],` + hello + `}`, ann(), 202, `"nodeIds":["a",`, ""},
		{"execute in an unknown mode", "POST", x, `{"scope":"partial","mode":"sideways","nodeIds":["a"],` + hello + `}`, ann(), 422, `"path":"mode"`, ""},
		{"execute all in a mode", "POST", x, `{"mode":"only",` + hello + `}`, ann(), 422, `"path":"scope"`, ""},
		{"execute with an unknown scope", "POST", x, `{"scope":"half",` + hello + `}`, ann(), 422, `"path":"scope"`, ""},
		{"execute with an unknown key", "POST", x, `{"turbo":1,` + hello + `}`, ann(), 400, `"path":"turbo"`, ""},
		{"execute someone else's", "POST", x, `{"workflowId":"` + foreign + `"}`, ann(), 403, "", "Private"},
		{"execute unknown", "POST", x, `{"workflowId":"` + flow.NewID(flow.WorkflowPrefix).String() + `"}`, ann(), 404, "", ""},
		{"list", "GET", "/api/runs", "", ann(), 200, mine, hers},
		{"list of the workflow", "GET", "/api/runs?workflowId=" + wf, "", ann(), 200, `"total":1`, ""},
		{"list by status", "GET", "/api/runs?status=failed", "", ann(), 200, `"runs":[]`, "null"},
		{"list by source and time", "GET", "/api/runs?source=api&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z", "", ann(), 200, `"total":0`, ""},
		{"page 0", "GET", "/api/runs?page=0", "", ann(), 400, `"path":"page"`, ""},
		{"page abc", "GET", "/api/runs?page=abc", "", ann(), 400, `"path":"page"`, ""},
		{"limit 1000", "GET", "/api/runs?limit=1000", "", ann(), 400, `"path":"limit"`, ""},
		{"limit 0", "GET", "/api/runs?limit=0", "", ann(), 400, `"path":"limit"`, ""},
		{"unknown status", "GET", "/api/runs?status=happy", "", ann(), 400, `"path":"status"`, ""},
		{"nonsense time", "GET", "/api/runs?from=yesterday", "", ann(), 400, `"path":"from"`, ""},
		{"read", "GET", r + mine, "", ann(), 200, `"nodeResults":[{`, ""},
		{"read someone else's", "GET", r + hers, "", ann(), 403, "", ""},
		{"read unknown", "GET", r + gone, "", ann(), 404, "", ""},
		{"logs", "GET", r + logged + "/logs", "", ann(), 200, `"message":"waiting at the gate"`, ""},
		{"newest logs in the run", "GET", r + logged, "", ann(), 200, `"logs":[{`, ""},
		{"logs after the end", "GET", r + mine + "/logs?after=9999", "", ann(), 200, `"logs":[]`, ""},
		{"logs of someone else", "GET", r + hers + "/logs", "", ann(), 403, "", ""},
		{"logs of unknown", "GET", r + gone + "/logs", "", ann(), 404, "", ""},
		{"events", "GET", r + mine + "/events", "", ann(), 200, `"seq":1`, ""},
		{"events after 1", "GET", r + mine + "/events?after=1&limit=1", "", ann(), 200, `"seq":2`, `"seq":1,`},
		{"events after -1", "GET", r + mine + "/events?after=-1", "", ann(), 400, `"path":"after"`, ""},
		{"events of someone else", "GET", r + hers + "/events", "", ann(), 403, "", ""},
		{"stream of someone else", "GET", r + hers + "/events", "", ann("Accept", "text/event-stream"), 403, `"success":false`, ""},
		{"stream of unknown", "GET", r + gone + "/events", "", ann("Accept", "text/event-stream"), 404, "", ""},
		{"stream from nonsense", "GET", r + mine + "/events?after=x", "", ann("Accept", "text/event-stream"), 400, "", ""},
		{"cancel a finished run", "POST", r + mine + "/cancel", "", ann(), 409, `"code":"conflict"`, ""},
		{"cancel someone else's", "POST", r + hers + "/cancel", "", ann(), 403, "", ""},
		{"cancel unknown", "POST", r + gone + "/cancel", "", ann(), 404, "", ""},
	})
}

func TestCancelRun(t *testing.T) {
	s := newSite(t)
	id := s.run(s.ann, gated)
	if a := s.do("POST", "/api/runs/"+id+"/cancel", "", s.ann.byToken()); a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if status := s.ended(s.ann, id); status != flow.RunCanceled {
		t.Errorf("run ended %s", status)
	}
}

func TestIdempotencyKey(t *testing.T) {
	s := newSite(t)
	start := func(p person, key string) string {
		a := s.do("POST", "/api/execute", "{"+hello+"}", p.byToken("Idempotency-Key", key))
		v := decode[struct{ RunID string }](t, a)
		if a.status != 202 || a.header.Get("Location") != "/api/runs/"+v.RunID {
			t.Fatalf("%d %v", a.status, a.header)
		}
		return v.RunID
	}
	first := start(s.ann, "k1")
	if again := start(s.ann, "k1"); again != first {
		t.Errorf("same key: %s, then %s", first, again)
	}
	if other := start(s.ann, "k2"); other == first {
		t.Error("another key got the same run")
	}
	if foreign := start(s.bob, "k1"); foreign == first {
		t.Error("another user's key got the same run")
	}
}

func TestFileRoutes(t *testing.T) {
	s := newSite(t)
	body, kind := form(t, "../a b.txt", "hello file")
	a := s.do("POST", "/api/files", body, s.ann.byToken("Content-Type", kind))
	id := decode[struct{ File struct{ ID string } }](t, a).File.ID
	if a.status != 201 || a.header.Get("Location") != "/api/files/"+id || !strings.Contains(a.body, `"name":"a b.txt"`) {
		t.Fatalf("%d %v %s", a.status, a.header, a.body)
	}
	markup, htmlKind := form(t, "x.html", "<!doctype html><script>alert(1)</script>")
	page := decode[struct{ File struct{ ID string } }](t, s.do("POST", "/api/files", markup, s.ann.byToken("Content-Type", htmlKind))).File.ID
	got := s.do("GET", "/api/files/"+page, "", s.ann.byCookie())
	if !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("a page could run on our site: %v", got.header)
	}
	empty, emptyKind := form(t, "empty.txt", "")
	bad, badKind := form(t, "x.png", "\x89PNG\r\n\x1a\nbroken")
	large, largeKind := form(t, "large.bin", strings.Repeat("x", flow.MaxUpload+1))
	s.play(t, []scenario{
		{"read", "GET", "/api/files/" + id, "", s.ann.byToken(), 200, "hello file", ""},
		{"read someone else's", "GET", "/api/files/" + id, "", s.bob.byToken(), 403, `"code":"forbidden"`, "hello"},
		{"read unknown", "GET", "/api/files/file_nope", "", s.ann.byToken(), 404, `"code":"not_found"`, ""},
		{"upload by nobody", "POST", "/api/files", body, header{"Content-Type": kind}, 401, "", ""},
		{"upload an empty file", "POST", "/api/files", empty, s.ann.byToken("Content-Type", emptyKind), 422, "", ""},
		{"upload a broken picture", "POST", "/api/files", bad, s.ann.byToken("Content-Type", badKind), 422, "", ""},
		{"upload too much", "POST", "/api/files", large, s.ann.byToken("Content-Type", largeKind), 413, `"code":"too_large"`, ""},
		{"upload JSON", "POST", "/api/files", `{}`, s.ann.byToken(), 415, "multipart/form-data", ""},
		{"upload no field file", "POST", "/api/files", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n", s.ann.byToken("Content-Type", "multipart/form-data; boundary=x"), 400, "file", ""},
	})
}

func TestTokenRoutes(t *testing.T) {
	s := newSite(t)
	ann := s.ann.byCookie
	a := s.do("POST", "/api/tokens", `{"name":"backup","scopes":["graph:read"],"expiresInDays":1}`, ann())
	made := decode[struct {
		Secret string
		Token  struct{ ID string }
	}](t, a)
	if a.status != 201 || !strings.HasPrefix(made.Secret, "hdl_") {
		t.Fatalf("%d %s", a.status, a.body)
	}
	use := header{"Authorization": "Bearer " + made.Secret}
	s.play(t, []scenario{
		{"the new token works", "GET", "/api/workflows", "", use, 200, "", ""},
		{"the new token has its scope only", "POST", "/api/execute", "{" + hello + "}", use, 403, "run:start", ""},
		{"list", "GET", "/api/tokens", "", ann(), 200, `"name":"backup"`, made.Secret},
		{"list refused to a token", "GET", "/api/tokens", "", s.ann.byToken(), 403, `"code":"forbidden"`, "backup"},
		{"create refused to a token", "POST", "/api/tokens", `{"name":"x"}`, s.ann.byToken(), 403, `"code":"forbidden"`, "hdl_"},
		{"delete refused to a token", "DELETE", "/api/tokens/" + made.Token.ID, "", s.ann.byToken(), 403, "", ""},
		{"create without a name", "POST", "/api/tokens", `{"name":""}`, ann(), 422, `"path":"name"`, ""},
		{"create with an unknown scope", "POST", "/api/tokens", `{"name":"x","scopes":["root"]}`, ann(), 422, "scopes", ""},
		{"create with a bad life", "POST", "/api/tokens", `{"name":"x","expiresInDays":-1}`, ann(), 422, `"path":"expiresInDays"`, ""},
		{"delete someone else's", "DELETE", "/api/tokens/" + made.Token.ID, "", s.bob.byCookie(), 403, "", ""},
		{"delete unknown", "DELETE", "/api/tokens/tok_nope", "", ann(), 404, "", ""},
		{"delete", "DELETE", "/api/tokens/" + made.Token.ID, "", ann(), 200, `{"success":true}`, ""},
		{"a revoked token is refused", "GET", "/api/workflows", "", use, 401, "not valid", ""},
	})
}

func TestIdentity(t *testing.T) {
	s := newSite(t)
	expired := s.token(s.ann.user, time.Nanosecond)
	reader := s.token(s.ann.user, 0, flow.ScopeRunRead)
	s.play(t, []scenario{
		{"nobody", "GET", "/api/workflows", "", nil, 401, `"code":"unauthenticated"`, ""},
		{"nobody with a body", "POST", "/api/execute", "{" + hello + "}", nil, 401, "Sign in", ""},
		{"nobody learns nothing of the body", "POST", "/api/execute", `{"turbo":1}`, nil, 401, `"code":"unauthenticated"`, "turbo"},
		{"nobody with broken JSON", "POST", "/api/execute", `{"a":`, nil, 401, "", ""},
		{"a cookie nobody has", "GET", "/api/workflows", "", header{"Cookie": "heddle_session=nope"}, 401, "", ""},
		{"a token nobody has", "GET", "/api/workflows", "", header{"Authorization": "Bearer hdl_nope"}, 401, "not valid", ""},
		{"an empty token", "GET", "/api/workflows", "", header{"Authorization": "Bearer "}, 401, "", ""},
		{"an empty token brings no cookie in", "GET", "/api/workflows", "", s.ann.byCookie("Authorization", "Bearer \u00a0"), 401, "", "workflows"},
		{"the word bearer in any case", "GET", "/api/workflows", "", header{"Authorization": "bearer" + strings.TrimPrefix(s.ann.token, "Bearer")}, 200, "", ""},
		{"a bad token wins over a cookie", "GET", "/api/workflows", "", s.ann.byCookie("Authorization", "Bearer hdl_nope"), 401, "", ""},
		{"an expired token", "GET", "/api/workflows", "", header{"Authorization": expired}, 401, "has expired", ""},
		{"a missing scope", "GET", "/api/workflows", "", header{"Authorization": reader}, 403, "graph:read", ""},
		{"the scope it has", "GET", "/api/runs", "", header{"Authorization": reader}, 200, `"runs":[]`, ""},
		{"a missing scope with a broken body", "POST", "/api/workflows", `{"shape":1}`, header{"Authorization": reader}, 403, "graph:write", "shape"},
	})
}

func TestRateLimit(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 5, 2 })
	for range 2 {
		s.run(s.ann, hello)
	}
	a := s.do("POST", "/api/execute", "{"+hello+"}", s.ann.byToken())
	if a.status != 429 || a.header.Get("Retry-After") != "30" || !strings.Contains(a.body, `"code":"too_many_requests"`) {
		t.Errorf("third start: %d, Retry-After %q, %s", a.status, a.header.Get("Retry-After"), a.body)
	}
	for range 2 {
		if a := s.do("GET", "/api/runs", "", s.ann.byToken()); a.status != 200 {
			t.Errorf("within the limit: %d", a.status)
		}
	}
	if a := s.do("GET", "/api/runs", "", s.ann.byToken()); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("sixth request: %d %v", a.status, a.header)
	}
	if a := s.do("GET", "/api/runs", "", s.bob.byToken()); a.status != 200 {
		t.Errorf("another user: %d", a.status)
	}
	if a := s.do("GET", "/api/health", "", nil); a.status != http.StatusOK {
		t.Errorf("health: %d", a.status)
	}
}

// asking waits for an approval.
const asking = `"nodes":[{"id":"a","type":"approval","data":{"question":"May it?"}}],"edges":[]`

func TestAnswerStep(t *testing.T) {
	s := newSite(t)
	id := s.run(s.ann, asking)
	path, ann := "/api/runs/"+id+"/nodes/a/answer", s.ann.byToken
	s.waits(t, id)
	s.play(t, []scenario{
		{"someone else's", "POST", path, `{"approved":true}`, s.bob.byToken(), 403, "", ""},
		{"unknown run", "POST", "/api/runs/" + flow.NewID(flow.RunPrefix).String() + "/nodes/a/answer", `{"approved":true}`, ann(), 404, "", ""},
		{"another step", "POST", "/api/runs/" + id + "/nodes/b/answer", `{"approved":true}`, ann(), 409, "does not wait", ""},
		{"no answer", "POST", path, `{}`, ann(), 422, `"path":"approved"`, ""},
		{"an answer of the wrong kind", "POST", path, `{"approved":"yes"}`, ann(), 422, `"path":"approved"`, ""},
		{"an answer with more", "POST", path, `{"approved":true,"force":1}`, ann(), 400, `"path":"force"`, ""},
		{"approved", "POST", path, `{"approved":true,"comment":"Fine."}`, ann(), 200, `"run":{`, ""},
		{"answered already", "POST", path, `{"approved":false}`, ann(), 409, `"code":"conflict"`, ""},
	})
	if status := s.ended(s.ann, id); status != flow.RunSuccess {
		t.Errorf("run ended %s", status)
	}
	s.play(t, []scenario{{"the comment is kept", "GET", "/api/runs/" + id, "", ann(), 200, `"comment":"Fine."`, ""}})
	other := s.run(s.ann, asking)
	s.waits(t, other)
	s.play(t, []scenario{{"a waiting run is stopped at once", "POST", "/api/runs/" + other + "/cancel", "", ann(), 202, `"status":"canceled"`, ""}})
}

// waits returns when a run is parked.
func (s *site) waits(t *testing.T, id string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if a := s.do("GET", "/api/runs/"+id, "", s.ann.byToken()); strings.Contains(a.body, `"status":"waiting","scope"`) {
			return
		}
	}
	t.Fatal("the run does not wait")
}
