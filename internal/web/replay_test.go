package web_test

import (
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/web"
)

// TestReplay runs again what a run ran: whole, from a step on, with other inputs, and
// after the workflow was changed.
func TestReplay(t *testing.T) {
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	graph := func(text string) string {
		return `"nodes":[{"id":"a","type":"text","data":{"text":"` + text + `"}},{"id":"b","type":"text","data":{"text":"{{x}}!"}},{"id":"c","type":"debug","data":{}}],` +
			`"edges":[{"id":"1","source":"a","target":"b","targetHandle":"x"},{"id":"2","source":"b","target":"c"}]`
	}
	wf := s.create(graph("one"))
	first := s.run(s.ann, `"workflowId":"`+wf+`","inputs":{"a":"given"}`)
	s.ended(s.ann, first)
	if a := s.do("PUT", "/api/workflows/"+wf, "{"+graph("two")+"}", s.ann.byToken()); a.status != 200 {
		t.Fatal(a.body)
	}
	replay := func(body, want string, version int, reused ...string) string {
		t.Helper()
		a := s.do("POST", "/api/runs/"+first+"/replay", body, s.ann.byToken())
		if a.status != 202 || !strings.HasPrefix(a.header.Get("Location"), "/api/runs/run_") {
			t.Fatalf("%s: %d %s", body, a.status, a.body)
		}
		id := decode[struct{ RunID string }](t, a).RunID
		s.ended(s.ann, id)
		d := s.detail(s.ann, id)
		if d.Status != flow.RunSuccess || d.WorkflowVersion != version || id == first {
			t.Errorf("%s: %s of version %d", body, d.Status, d.WorkflowVersion)
		}
		var got, cached []string
		for _, r := range d.NodeResults {
			if r.NodeID == "c" {
				got = append(got, r.Output["out"].String())
			}
			if r.Cached {
				cached = append(cached, r.NodeID)
			}
		}
		if strings.Join(got, " ") != want || strings.Join(cached, " ") != strings.Join(reused, " ") {
			t.Errorf("%s gave %q with %v reused, want %q with %v", body, got, cached, want, reused)
		}
		return id
	}
	replay(`{}`, "given!", 1)
	replay(``, "given!", 1)
	replay(`{"inputs":{"a":"other"}}`, "other!", 1)
	replay(`{"fromNodeId":"c"}`, "given!", 1, "b")
	replay(`{"fromNodeId":"c","inputs":{"a":"other"}}`, "other!", 1)
	replay(`{"version":2,"inputs":{}}`, "given!", 2)
	if d := s.detail(s.ann, first); d.Status != flow.RunSuccess || len(d.NodeResults) != 3 {
		t.Errorf("the first run changed: %+v", d)
	}
	for body, status := range map[string]int{`{"fromNodeId":"nobody"}`: 422, `{"version":9}`: 404, `{"inputs":{"nobody":1}}`: 422} {
		if a := s.do("POST", "/api/runs/"+first+"/replay", body, s.ann.byToken()); a.status != status {
			t.Errorf("%s: %d %s", body, a.status, a.body)
		}
	}
	if a := s.do("POST", "/api/runs/"+first+"/replay", `{}`, s.bob.byToken()); a.status != 403 {
		t.Errorf("Bob: %d", a.status)
	}
	loose := s.run(s.ann, graph("loose"))
	s.ended(s.ann, loose)
	if a := s.do("POST", "/api/runs/"+loose+"/replay", `{"version":1}`, s.ann.byToken()); a.status != 422 {
		t.Errorf("a version of no workflow: %d %s", a.status, a.body)
	}
	if a := s.do("POST", "/runs/"+loose+"/replay", "from=b", s.ann.byCookie()); a.status != 303 || a.header.Get("Location") == "/runs/"+loose {
		t.Errorf("from the page: %d %s", a.status, a.header.Get("Location"))
	}
	if a := s.do("GET", "/runs/"+loose, "", s.ann.byCookie()); strings.Count(a.body, "Run again from here") != 3 {
		t.Errorf("the page offers it %d times", strings.Count(a.body, "Run again from here"))
	}
}
