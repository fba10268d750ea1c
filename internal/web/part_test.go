package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
)

// part is the graph "words" -> "show" -> "end" with a text in it.
func part(text string) string {
	return fmt.Sprintf(`"nodes":[{"id":"words","type":"text","data":{"text":%q}},{"id":"show","type":"debug","data":{}},{"id":"end","type":"debug","data":{}}],`+
		`"edges":[{"id":"e","source":"words","target":"show"},{"id":"f","source":"show","target":"end"}]`, text)
}

// ran tells of each step of a run whether it was computed or taken over.
func (s *site) ran(p person, id string) map[string]string {
	s.t.Helper()
	if status := s.ended(p, id); status != flow.RunSuccess {
		s.t.Fatalf("the run ended as %s", status)
	}
	out := map[string]string{}
	for _, r := range s.detail(p, id).NodeResults {
		out[r.NodeID] = "computed"
		if r.Cached {
			out[r.NodeID] = r.Reason
		}
	}
	return out
}

func (s *site) detail(p person, id string) flow.RunDetail {
	s.t.Helper()
	a := s.do("GET", "/api/runs/"+id, "", p.byToken())
	return decode[struct{ Run flow.RunDetail }](s.t, a).Run
}

func TestE16_PartsOfAWorkflow(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/api/workflows", `{"name":"Parts",`+part("one")+`}`, s.ann.byToken())
	wf := decode[struct{ Workflow struct{ ID string } }](t, a).Workflow.ID
	start := func(mode, node, text string) string {
		return s.run(s.ann, fmt.Sprintf(`"workflowId":%q,"scope":"partial","mode":%q,"nodeIds":[%q],%s`, wf, mode, node, part(text)))
	}
	first := start("only", "show", "one")
	if d := cmp.Diff(map[string]string{"words": "computed", "show": "computed"}, s.ran(s.ann, first)); d != "" {
		t.Errorf("nothing to take over: %s", d)
	}
	taken := "Same inputs as run " + flow.ID(first).Short() + "."
	second := start("only", "show", "one")
	if d := cmp.Diff(map[string]string{"words": taken, "show": "computed"}, s.ran(s.ann, second)); d != "" {
		t.Errorf("only: %s", d)
	}
	third := start("from", "show", "one")
	if d := cmp.Diff(map[string]string{"words": taken, "show": "computed", "end": "computed"}, s.ran(s.ann, third)); d != "" {
		t.Errorf("from, over a run that took over itself: %s", d)
	}
	if d := cmp.Diff(map[string]string{"words": "computed", "show": "computed"}, s.ran(s.ann, start("upTo", "show", "one"))); d != "" {
		t.Errorf("up to: %s", d)
	}
	changed := start("only", "show", "two")
	if d := cmp.Diff(map[string]string{"words": "computed", "show": "computed"}, s.ran(s.ann, changed)); d != "" {
		t.Errorf("a changed source: %s", d)
	}
	run := s.detail(s.ann, changed)
	for _, r := range run.NodeResults {
		if r.NodeID == "show" && r.Output["out"].String() != "two" {
			t.Errorf("show gave %q", r.Output["out"].String())
		}
	}
	if c := s.detail(s.ann, third).Counts; c.TotalNodes != 3 || c.CachedNodes != 1 || c.SuccessNodes != 3 {
		t.Errorf("counts %+v", c)
	}
}

func TestE15_RunsReuseWhatIsUnchanged(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/api/workflows", `{"name":"Reuse",`+part("one")+`}`, s.ann.byToken())
	wf := decode[struct{ Workflow struct{ ID string } }](t, a).Workflow.ID
	body := func(text, more string) string { return fmt.Sprintf(`"workflowId":%q,%s%s`, wf, part(text), more) }
	first := s.run(s.ann, body("one", ""))
	computed := map[string]string{"words": "computed", "show": "computed", "end": "computed"}
	if d := cmp.Diff(computed, s.ran(s.ann, first)); d != "" {
		t.Errorf("first: %s", d)
	}
	if d := cmp.Diff(computed, s.ran(s.ann, s.run(s.ann, body("one", "")))); d != "" {
		t.Errorf("a run of a script that asks for nothing: %s", d)
	}
	second := s.run(s.ann, body("one", `,"cache":true`))
	for id, how := range s.ran(s.ann, second) {
		if !strings.HasPrefix(how, "Same inputs as run ") {
			t.Errorf("second: %s was %s", id, how)
		}
	}
	if c := s.detail(s.ann, second).Counts; c.TotalNodes != 3 || c.CachedNodes != 3 || c.SuccessNodes != 3 {
		t.Errorf("counts %+v", c)
	}
	if d := cmp.Diff(computed, s.ran(s.ann, s.run(s.ann, body("two", `,"cache":true`)))); d != "" {
		t.Errorf("a changed source: %s", d)
	}
	byCookie := s.do("POST", "/api/execute", "{"+body("two", `,"source":"editor"`)+"}", s.ann.byCookie())
	if got := s.ran(s.ann, decode[struct{ RunID string }](t, byCookie).RunID); !strings.HasPrefix(got["end"], "Same inputs") {
		t.Errorf("the editor reuses without asking: %v", got)
	}
}

func TestDryRun(t *testing.T) {
	s := newSite(t)
	a := s.do("POST", "/api/workflows", `{"name":"Plan",`+part("one")+`}`, s.ann.byToken())
	wf := decode[struct{ Workflow struct{ ID string } }](t, a).Workflow.ID
	s.ended(s.ann, s.run(s.ann, fmt.Sprintf(`"workflowId":%q`, wf)))
	plan := func(members string) string {
		t.Helper()
		a := s.do("POST", "/api/execute?dryRun=1", fmt.Sprintf(`{"workflowId":%q,%s}`, wf, members), s.ann.byToken())
		if a.status != 200 || a.header.Get("Location") != "" || strings.Contains(a.body, `"runId"`) {
			t.Errorf("%d %v %s", a.status, a.header, a.body)
		}
		var said []string
		for _, p := range decode[struct {
			Plan []struct {
				NodeID, Reason string
				Reused         bool
			}
		}](t, a).Plan {
			said = append(said, fmt.Sprintf("%s %v %.14s", p.NodeID, p.Reused, p.Reason))
		}
		return strings.Join(said, ", ")
	}
	for _, c := range []struct{ members, want string }{
		{`"cache":true`, "words true Same inputs as, show true Same inputs as, end true Same inputs as"},
		{part("two") + `,"cache":true`, "words false Text changed., show false A step before , end false A step before "},
		{`"cache":false`, "words false , show false , end false "},
		{`"scope":"partial","mode":"only","nodeIds":["show"]`, "words true Same inputs as, show false "},
		{`"scope":"partial","nodeIds":["show"]`, "words false , show false "},
	} {
		if got := plan(c.members); got != c.want {
			t.Errorf("%s: %s", c.members, got)
		}
	}
	if list := s.do("GET", "/api/runs", "", s.ann.byToken()); !strings.Contains(list.body, `"total":1`) {
		t.Errorf("a dry run was stored: %s", list.body)
	}
	s.play(t, []scenario{
		{"a plan of a broken graph", "POST", "/api/execute?dryRun=1", "{" + loop + "}", s.ann.byToken(), 422, `"code":"cycle"`, ""},
		{"a plan of another's workflow", "POST", "/api/execute?dryRun=1", `{"workflowId":"` + wf + `"}`, s.bob.byToken(), 403, "", ""},
	})
}

func TestLargeValueIsReadWhole(t *testing.T) {
	s := newSite(t)
	long := strings.Repeat("Heddle ", 20_000)
	id := s.run(s.ann, part(long))
	s.ended(s.ann, id)
	var hash string
	for _, r := range s.detail(s.ann, id).NodeResults {
		if ref, ok := r.Output["text"].BlobRef(); ok {
			hash = ref.Hash
		}
	}
	if hash == "" {
		t.Fatal("the text was kept in its row")
	}
	path := "/api/values/" + hash
	a := s.do("GET", path, "", s.ann.byToken())
	if a.status != 200 || a.body != long || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("%d, %d bytes, %s", a.status, len(a.body), a.header.Get("Content-Type"))
	}
	s.play(t, []scenario{
		{"someone else's value", "GET", path, "", s.bob.byToken(), 404, `"code":"not_found"`, "Heddle "},
		{"no such value", "GET", "/api/values/none", "", s.ann.byToken(), 404, `"code":"not_found"`, ""},
		{"nobody", "GET", path, "", nil, 401, "", "Heddle "},
	})
}
