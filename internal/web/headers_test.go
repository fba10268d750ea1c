package web_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"heddle/internal/web"
)

// routes returns every route of the app as "METHOD path", with an id in each
// parameter, without those of middleware.
func (s *site) routes() []string {
	found := map[string]bool{}
	for _, r := range s.server.App().GetRoutes(true) {
		if r.Method != http.MethodHead {
			found[r.Method+" "+strings.NewReplacer(":id", "none_1", "*", "none.js").Replace(r.Path)] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

var nonceInPolicy = regexp.MustCompile(`script-src 'nonce-([^']+)' 'strict-dynamic'`)

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t)
	routes := s.routes()
	if len(routes) < 40 {
		t.Fatalf("only %d routes: %v", len(routes), routes)
	}
	want := header{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "",
	}
	nonces := map[string]string{}
	check := func(t *testing.T, what string, a answer) {
		t.Helper()
		for k, v := range want {
			if got := a.header.Get(k); got != v {
				t.Errorf("%s: %s is %q, want %q", what, k, got, v)
			}
		}
		if !strings.HasPrefix(a.header.Get("X-Request-Id"), "req_") || a.header.Get("Permissions-Policy") == "" {
			t.Errorf("%s: headers %v", what, a.header)
		}
		policy := a.header.Get("Content-Security-Policy")
		m := nonceInPolicy.FindStringSubmatch(policy)
		if m == nil || nonces[m[1]] != "" || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", what, policy)
			return
		}
		nonces[m[1]] = what
		for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(a.body, -1) {
			if !strings.Contains(script, `nonce="`+m[1]+`"`) && !strings.Contains(script, "application/json") {
				t.Errorf("%s: %s does not run under the policy", what, script)
			}
		}
	}
	for _, route := range append(routes, "GET /nope", "GET /api/nope", "PATCH /workflows", "GET /static/none.js") {
		method, path, _ := strings.Cut(route, " ")
		check(t, route+" by nobody", s.do(method, path, "", nil))
		if path != "/signout" {
			check(t, route+" by Ann", s.do(method, path, "", s.ann.byCookie()))
		}
	}
	check(t, "whole editor", s.do("GET", "/workflows/"+s.workflow(s.ann, "Digest"), "", s.ann.byCookie()))
}

func TestStrictTransport(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.BaseURL = "https://heddle.test" })
	for _, path := range []string{"/livez", "/signin", "/api/workflows", "/nope"} {
		if got := s.do("GET", path, "", nil).header.Get("Strict-Transport-Security"); got != "max-age=63072000" {
			t.Errorf("%s: %q", path, got)
		}
	}
	a := s.do("POST", "/signin", "email=ann%40example.com&password=correct+horse+battery", nil)
	cookie := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-heddle_session=") || !strings.Contains(cookie, "secure") || !strings.Contains(cookie, "path=/;") || strings.Contains(cookie, "domain") {
		t.Errorf("%d, cookie %q", a.status, cookie)
	}
	if a := s.do("GET", "/workflows", "", header{"Cookie": strings.Split(cookie, ";")[0]}); a.status != 200 {
		t.Errorf("with the cookie: %d", a.status)
	}
	if a := s.do("GET", "/workflows", "", header{"Cookie": strings.TrimPrefix(strings.Split(cookie, ";")[0], "__Host-")}); a.status != 303 {
		t.Errorf("with a cookie that a neighbour could have set: %d", a.status)
	}
}

func TestCrossSite(t *testing.T) {
	s := newSite(t)
	id := s.workflow(s.ann, "Digest")
	mutating := 0
	for _, route := range s.routes() {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodGet || path == "/api/webhooks/clerk" || strings.HasPrefix(path, "/hooks/") { // they have signatures, and no cookie counts
			continue
		}
		mutating++
		path = strings.Replace(path, "none_1", id, 1)
		for name, h := range map[string]header{
			"cross-site":                  s.ann.byCookie("Sec-Fetch-Site", "cross-site"),
			"same-site":                   s.ann.byCookie("Sec-Fetch-Site", "same-site"),
			"foreign origin":              s.ann.byCookie("Origin", "https://evil.test"),
			"origin null":                 s.ann.byCookie("Origin", "null"),
			"same host on another port":   s.ann.byCookie("Origin", "http://heddle.test:81"),
			"cross-site with an own look": s.ann.byCookie("Sec-Fetch-Site", "cross-site", "Origin", "http://heddle.test"),
			"cross-site by nobody":        {"Sec-Fetch-Site": "cross-site"},
			"basic is no bearer":          s.ann.byCookie("Sec-Fetch-Site", "cross-site", "Authorization", "Basic eDp5"),
		} {
			if a := s.do(method, path, "", h); a.status != 403 || strings.HasPrefix(path, "/api/") && !strings.Contains(a.body, "another site") {
				t.Errorf("%s, %s: %d %.200s", route, name, a.status, a.body)
			}
		}
	}
	if mutating < 24 {
		t.Errorf("only %d routes change something", mutating)
	}
	if a := s.do("GET", "/api/workflows/"+id, "", s.ann.byCookie()); a.status != 200 {
		t.Errorf("the workflow after it all: %d", a.status)
	}
	s.play(t, []scenario{
		{"same origin by Sec-Fetch-Site", "POST", "/workflows", "name=a", s.ann.byCookie("Sec-Fetch-Site", "same-origin"), 303, "", ""},
		{"same origin by Origin", "POST", "/workflows", "name=a", s.ann.byCookie("Origin", "http://heddle.test"), 303, "", ""},
		{"typed by hand", "POST", "/workflows", "name=a", s.ann.byCookie("Sec-Fetch-Site", "none"), 303, "", ""},
		{"no browser", "POST", "/workflows", "name=a", s.ann.byCookie(), 303, "", ""},
		{"a token needs no origin", "POST", "/api/execute", "{" + hello + "}", s.ann.byToken("Origin", "https://app.test", "Sec-Fetch-Site", "cross-site"), 202, "", ""},
		{"reading from elsewhere", "GET", "/workflows", "", s.ann.byCookie("Sec-Fetch-Site", "cross-site"), 200, "", ""},
	})
}
