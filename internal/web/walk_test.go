package web_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"heddle/internal/flow"
	"heddle/internal/vault"
	"heddle/internal/web"
)

// access says who may use a route.
type access string

const (
	open   access = "open"   // anybody
	people access = "people" // who is signed in, in a browser
	signed access = "signed" // who signs the message itself
)

// pageAccess declares every route that is not in the API's own table. A route that is
// in neither fails the walk.
var pageAccess = map[string]access{
	"GET /livez": open, "GET /readyz": open, "GET /api/health": open, "GET /static/*": open, "GET /api/openapi.json": open, "GET /docs/api": open,
	"GET /setup": open, "POST /setup": open, "GET /signin": open, "POST /signin": open, "GET /reset": open, "POST /reset": open, "GET /signup": open, "POST /signup": open, "POST /auth/session": open,
	"POST /api/webhooks/clerk": signed, "POST /hooks/:id": signed, "POST /hooks/:id/:key": signed,
	"GET /ws": people, "GET /": people, "POST /signout": people,
	"GET /workflows": people, "POST /workflows": people, "POST /workflows/import": people, "GET /templates": people,
	"GET /workflows/:id": people, "GET /workflows/:id/thumbnail.svg": people, "GET /workflows/:id/export": people,
	"POST /workflows/:id/duplicate": people, "POST /workflows/:id/delete": people, "POST /workflows/:id/restore": people, "POST /workflows/:id/inspector": people, "GET /workflows/:id/versions": people, "POST /workflows/:id/versions": people,
	"GET /runs": people, "GET /runs/:id": people, "GET /runs/:id/graph": people, "POST /runs/:id/cancel": people, "POST /runs/:id/replay": people, "POST /runs/:id/answer": people,
	"POST /formatted": people,
	"GET /settings":   people, "GET /settings/activity": people, "POST /settings/profile": people, "POST /settings/password": people,
	"POST /settings/tokens": people, "POST /settings/tokens/:id/delete": people,
	"POST /settings/secrets": people, "POST /settings/secrets/:name/delete": people,
	"POST /settings/webhooks": people, "POST /settings/webhooks/:id": people, "POST /settings/webhooks/:id/delete": people,
	"POST /settings/providers/:provider/key": people, "POST /settings/providers/:provider/key/delete": people,
}

// canary is in everything that is Ann's. Nobody else may ever be told it.
const canary = "canary-ann"

// newVault is what the site keeps secrets in.
func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	v, err := vault.New(make([]byte, vault.KeySize))
	must(t, err)
	return v
}

// belongings are objects of Ann's, by the name that a route has for them.
func (s *site) belongings() map[string]string {
	s.t.Helper()
	a := s.do("POST", "/api/workflows", fmt.Sprintf(`{"name":%q,"description":%q,"tags":[%q],%s}`, canary, canary, canary, part(canary+strings.Repeat(" long", 9000))), s.ann.byToken())
	wf := decode[struct{ Workflow struct{ ID string } }](s.t, a).Workflow.ID
	run := s.run(s.ann, fmt.Sprintf(`"workflowId":%q`, wf))
	s.ended(s.ann, run)
	body, kind := form(s.t, canary+".txt", canary)
	a = s.do("POST", "/api/files", body, s.ann.byToken("Content-Type", kind))
	file := decode[struct{ File struct{ ID string } }](s.t, a).File.ID
	a = s.do("POST", "/api/tokens", fmt.Sprintf(`{"name":%q}`, canary), s.ann.byCookie())
	token := decode[struct{ Token struct{ ID string } }](s.t, a).Token.ID
	if a := s.do("PUT", "/api/secrets/CANARY", `{"value":"`+canary+`","hosts":["`+canary+`.example"]}`, s.ann.byCookie()); a.status != 200 {
		s.t.Fatalf("secret: %d %s", a.status, a.body)
	}
	a = s.do("POST", "/api/webhooks", fmt.Sprintf(`{"name":%q,"workflowId":%q}`, canary, wf), s.ann.byCookie())
	hook := decode[struct{ Webhook struct{ ID string } }](s.t, a).Webhook.ID
	hash := ""
	for _, r := range s.detail(s.ann, run).NodeResults {
		if ref, ok := r.Output["text"].BlobRef(); ok {
			hash = ref.Hash
		}
	}
	return map[string]string{"workflows": wf, "runs": run, "files": file, "tokens": token, "webhooks": hook, "hooks": hook, ":name": "CANARY", ":provider": "offline", ":node": "words", ":version": "1", ":hash": hash}
}

// concrete puts Ann's objects into a route's pattern.
func concrete(pattern string, of map[string]string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	for noun, id := range of {
		if strings.HasPrefix(noun, ":") {
			path = strings.ReplaceAll(path, noun, id)
			continue
		}
		path = strings.Replace(path, "/"+noun+"/:id", "/"+noun+"/"+id, 1)
	}
	return method, strings.Replace(path, "*", "none.js", 1)
}

// bodyOf is what a route needs to come as far as its own checks.
func bodyOf(pattern string, of map[string]string) string {
	switch pattern {
	case "POST /api/execute":
		return fmt.Sprintf(`{"workflowId":%q}`, of["workflows"])
	case "POST /api/workflows":
		return `{"name":"x","nodes":[],"edges":[]}`
	case "PUT /api/workflows/:id":
		return `{"name":"taken over"}`
	case "POST /api/runs/:id/nodes/:node/answer":
		return `{"approved":true}`
	case "PUT /api/secrets/:name":
		return `{"value":"stolen","hosts":["evil.example"]}`
	case "PUT /api/providers/:provider/key":
		return `{"value":"stolen"}`
	case "POST /api/webhooks":
		return fmt.Sprintf(`{"name":"taken over","workflowId":%q}`, of["workflows"])
	case "PUT /api/webhooks/:id":
		return `{"name":"taken over","enabled":false}`
	case "POST /workflows/:id/versions":
		return "version=1&do=publish"
	case "POST /api/workflows/:id/publish", "POST /api/runs/:id/replay":
		return `{}`
	case "POST /settings/webhooks":
		return "name=STOLEN&workflowId=" + of["workflows"]
	case "POST /settings/webhooks/:id":
		return "do=off"
	case "POST /api/tokens":
		return `{"name":"x"}`
	case "POST /workflows/:id/inspector":
		return `{"node":{"id":"a","type":"text","data":{}}}`
	}
	if strings.HasPrefix(pattern, "POST /settings") || pattern == "POST /runs/:id/answer" {
		return "name=STOLEN&value=stolen&hosts=evil.example&firstName=x&old=a&new=b&node=words&approved=yes"
	}
	return ""
}

// patterns are the routes of the app as they were registered.
func (s *site) patterns() []string {
	found := map[string]bool{}
	for _, r := range s.server.App().GetRoutes(true) {
		if r.Method != http.MethodHead {
			found[r.Method+" "+r.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// rowsOf returns every row of the database that belongs to a user, as text.
func (s *site) rowsOf(user flow.ID) map[string][]string {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.store.FilePath()+"?mode=ro")
	must(s.t, err)
	defer db.Close()
	out := map[string][]string{}
	for table, where := range map[string]string{
		"users": "id = ?", "workflows": "user_id = ?", "runs": "user_id = ?", "files": "user_id = ?", "tokens": "user_id = ?", "secrets": "user_id = ?", "hooks": "user_id = ?", "audit": "user_id = ?",
		"workflow_versions": "workflow_id IN (SELECT id FROM workflows WHERE user_id = ?)",
		"node_results":      "run_id IN (SELECT id FROM runs WHERE user_id = ?)",
		"run_events":        "run_id IN (SELECT id FROM runs WHERE user_id = ?)",
	} {
		out[table] = s.dump(db, "SELECT * FROM "+table+" WHERE "+where, user)
	}
	return out
}

// sql writes to the database by hand.
func (s *site) sql(statement string) {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.store.FilePath())
	must(s.t, err)
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(s.t.Context()), statement)
	must(s.t, err)
}

func (s *site) dump(db *sql.DB, query string, args ...any) []string {
	s.t.Helper()
	rows, err := db.QueryContext(s.t.Context(), query, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	must(s.t, err)
	var out []string
	for rows.Next() {
		cells, refs := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			refs[i] = &cells[i]
		}
		must(s.t, rows.Scan(refs...))
		var b strings.Builder
		for i, n := range names {
			if n == "last_used_at" || n == "last_refused_at" || n == "refusal" || n == "updated_at" && strings.Contains(query, "users") {
				continue // these tell of a look, not of a change
			}
			if raw, ok := cells[i].([]byte); ok {
				cells[i] = string(raw)
			}
			fmt.Fprintf(&b, "%s=%v\n", n, cells[i])
		}
		out = append(out, b.String())
	}
	must(s.t, rows.Err())
	return out
}

// TestZ3_RouteWalk asks every route as everybody. Only the owner gets in; what is
// Ann's is told to nobody else, and nothing of hers changes by their hands.
func TestZ3_RouteWalk(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	declared := s.server.Declared()
	of := s.belongings()
	readOnly := header{"Authorization": s.token(s.ann.user, 0, flow.ScopeGraphRead, flow.ScopeRunRead, flow.ScopeFileRead)}
	noScope := header{"Authorization": s.token(s.ann.user, 0, flow.ScopeFileWrite)}
	expired := header{"Authorization": s.token(s.ann.user, time.Nanosecond)}
	time.Sleep(time.Millisecond)
	before := s.rowsOf(s.ann.user.ID)
	ask := func(pattern string, h header) answer {
		method, path := concrete(pattern, of)
		return s.do(method, path, bodyOf(pattern, of), with(maps.Clone(h), nil))
	}
	patterns := s.patterns()
	if len(patterns) < 60 {
		t.Fatalf("only %d routes", len(patterns))
	}
	asked, refused := 0, 0
	expect := func(pattern, who string, a answer, allowed bool, want ...int) {
		t.Helper()
		asked++
		if !allowed {
			refused++
		}
		if strings.Contains(a.body, canary) || strings.Contains(fmt.Sprint(a.header), canary) {
			t.Errorf("%s tells %s what is Ann's: %d %.300s", pattern, who, a.status, a.body)
		}
		if len(want) > 0 && !slices.Contains(want, a.status) {
			t.Errorf("%s by %s: %d, want one of %v: %.200s", pattern, who, a.status, want, a.body)
		}
	}
	for _, pattern := range patterns {
		scope, isAPI := declared[pattern]
		kind, isPage := pageAccess[pattern]
		switch {
		case isAPI == isPage:
			t.Errorf("%s: no scope and no access is declared for it (or both)", pattern)
			continue
		case kind == open:
			if a := ask(pattern, nil); a.status == 401 || a.status == 403 {
				t.Errorf("%s is open and refuses: %d", pattern, a.status)
			}
			expect(pattern, "nobody", ask(pattern, nil), true)
			expect(pattern, "Bob", ask(pattern, s.bob.byCookie()), true)
			continue
		case kind == signed:
			expect(pattern, "nobody", ask(pattern, nil), false, 401, 404)
			continue
		}
		out, foreign := []int{303, 401}, []int{200, 303, 400, 403, 404, 422}
		if isAPI {
			out, foreign = []int{401}, []int{200, 201, 400, 403, 404, 415, 422}
		}
		if strings.Contains(pattern, "/:") && !strings.Contains(pattern, ":name") && !strings.Contains(pattern, ":provider") { // another's object: Z2
			foreign = []int{403, 404}
			if !isAPI {
				foreign = []int{404}
			}
		}
		if pattern == "POST /workflows/:id/inspector" { // it looks at the node in the body alone
			foreign = []int{200}
		}
		expect(pattern, "nobody", ask(pattern, nil), false, out...)
		expect(pattern, "an expired token", ask(pattern, expired), false, 401)
		if kind == people && pattern != "GET /ws" {
			expect(pattern, "a token", ask(pattern, s.ann.byToken()), false, 403)
			expect(pattern, "a read-only token", ask(pattern, readOnly), false, 403)
		}
		bob := s.bob
		if pattern == "POST /signout" {
			bob = s.person("gone@example.com", "http://heddle.test")
		}
		expect(pattern, "Bob's cookie", ask(pattern, bob.byCookie()), false, foreign...)
		switch {
		case isPage:
			continue
		case scope == "": // people alone
			expect(pattern, "Bob's token", ask(pattern, s.bob.byToken()), false, 403)
			expect(pattern, "Ann's token", ask(pattern, s.ann.byToken()), false, 403)
		default:
			expect(pattern, "Bob's token", ask(pattern, s.bob.byToken()), false, foreign...)
			if scope != flow.ScopeFileWrite {
				expect(pattern, "a token without the scope", ask(pattern, noScope), false, 403)
			}
		}
		if method, _, _ := strings.Cut(pattern, " "); method != http.MethodGet {
			expect(pattern, "a read-only token", ask(pattern, readOnly), false, 403)
		}
	}
	for table, rows := range s.rowsOf(s.ann.user.ID) {
		if fmt.Sprint(rows) != fmt.Sprint(before[table]) {
			t.Errorf("others changed Ann's rows in %s:\n%.2000s\nbefore:\n%.2000s", table, rows, before[table])
		}
	}
	for pattern := range declared {
		if !slices.Contains(patterns, pattern) {
			t.Errorf("%s is declared, and is no route", pattern)
		}
	}
	for pattern := range pageAccess {
		if !slices.Contains(patterns, pattern) {
			t.Errorf("%s is declared, and is no route", pattern)
		}
	}
	if !testing.Short() {
		s.ownerWalk(t, patterns, declared)
	}
	t.Logf("PROOF X1: %d routes, %d requests by others, %d that had to be refused, 0 leaks, no row of the owner changed", len(patterns), asked, refused)
}

// ownerWalk sees that the owner gets in everywhere, so that the walk above refuses for
// the right reason. Each route gets objects of its own.
func (s *site) ownerWalk(t *testing.T, patterns []string, declared map[string]flow.Scope) {
	var of map[string]string
	for _, pattern := range patterns {
		scope, isAPI := declared[pattern]
		if !isAPI && pageAccess[pattern] != people || pattern == "POST /signout" || pattern == "GET /ws" {
			continue
		}
		if of == nil {
			of = s.belongings()
		}
		h := s.ann.byCookie()
		if isAPI && scope != "" {
			h = header{"Authorization": s.token(s.ann.user, 0, scope)}
			if pattern == "POST /api/execute" || strings.HasSuffix(pattern, "/duplicate") || strings.HasSuffix(pattern, "/restore") { // the saved workflow is read too
				h = header{"Authorization": s.token(s.ann.user, 0, scope, flow.ScopeGraphRead)}
			}
		}
		method, path := concrete(pattern, of)
		if a := s.do(method, path, bodyOf(pattern, of), h); a.status == 401 || a.status == 403 || a.status == 404 && !strings.Contains(pattern, ":provider") && !strings.Contains(pattern, "/restore") {
			t.Errorf("%s keeps the owner out: %d %.200s", pattern, a.status, a.body)
		}
		if method != http.MethodGet {
			of = nil // it may have changed them
		}
	}
}
