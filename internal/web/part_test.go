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
	taken := "Taken over from run " + first + "."
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
