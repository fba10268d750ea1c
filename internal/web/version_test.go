package web_test

import (
	"fmt"
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/web"
)

// TestE22_CallersRunThePublishedVersion edits a workflow that a webhook starts, and
// sees what runs before and after it is published.
func TestE22_CallersRunThePublishedVersion(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	graph := func(text string) string {
		return fmt.Sprintf(`"nodes":[{"id":"a","type":"text","data":{"text":%q}}],"edges":[]`, text)
	}
	id := s.create(graph("one"))
	h := s.hook(id, "unsigned", "")
	says := func(want string, version int) {
		t.Helper()
		run := decode[taken](t, s.do("POST", h.Path, `{}`, nil)).RunID
		s.ended(s.ann, run)
		r := s.detail(s.ann, run)
		if got := r.NodeResults[0].Output["text"].String(); got != want || r.WorkflowVersion != version {
			t.Errorf("it ran %q of version %d, want %q of %d", got, r.WorkflowVersion, want, version)
		}
	}
	api := func(method, path, body string) string {
		t.Helper()
		a := s.do(method, "/api/workflows/"+id+path, body, s.ann.byToken())
		if a.status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
		}
		return a.body
	}
	api("POST", "/publish", ``)
	api("PUT", "", "{"+graph("two")+"}")
	says("one", 1)
	if a := s.do("POST", "/workflows/"+id+"/versions", "version=2&do=publish", s.ann.byCookie()); a.status != 303 {
		t.Errorf("%d", a.status)
	}
	says("two", 2)
	api("POST", "/versions/1/restore", "")
	api("POST", "/unpublish", "")
	says("one", 3)
	list := decode[struct{ Versions []flow.VersionBrief }](t, answer{body: api("GET", "/versions", "")})
	if len(list.Versions) != 3 || list.Versions[0].Note != "Version 1 again" || !strings.Contains(api("GET", "/versions/2", ""), "two") {
		t.Errorf("%+v", list)
	}
	if a := s.do("GET", "/workflows/"+id+"/versions", "", s.ann.byCookie()); a.status != 200 || strings.Count(a.body, "<tr>") != 4 || !strings.Contains(a.body, "Restore") {
		t.Errorf("%d %.300s", a.status, a.body)
	}
	for path, status := range map[string]int{"/versions/9": 404, "/versions/x": 400, "/versions?page=0": 400} {
		if a := s.do("GET", "/api/workflows/"+id+path, "", s.ann.byToken()); a.status != status {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
	if a := s.do("POST", "/api/workflows/"+id+"/publish", `{"version":9}`, s.ann.byToken()); a.status != 404 {
		t.Errorf("%d %s", a.status, a.body)
	}
}
