package web_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"heddle/internal/web"
)

// idFields are the places of a request that take an id, each with a request in which
// %s is one of Ann's. A new field that looks like an id fails the walk until it is here.
var idFields = map[string][]struct{ noun, route, body string }{
	"workflowId": {
		{"workflows", "POST /api/execute", `{"workflowId":%q}`},
		{"workflows", "POST /api/execute?dryRun=1", `{"workflowId":%q}`},
		{"workflows", "POST /api/execute", `{"workflowId":%q,` + hello + `}`},
		{"workflows", "POST /api/execute", `{"nodes":[{"id":"w","type":"workflow","data":{"workflow":%q}}],"edges":[]}`},
		{"workflows", "POST /api/execute", `{"nodes":[{"id":"l","type":"list","data":{"items":"a"}},{"id":"m","type":"map","data":{"workflow":%q}}],"edges":[{"id":"e","source":"l","target":"m"}]}`},
		{"workflows", "GET /api/runs?workflowId=%s", ``},
	},
	"nodeIds":    {}, // of the graph in the same request
	"fromNodeId": {}, // of the run in the path
	"$file": {
		{"files", "POST /api/execute", `{"nodes":[{"id":"i","type":"image","data":{"file":{"$file":%q}}},{"id":"d","type":"debug","data":{}}],"edges":[{"id":"e","source":"i","target":"d"}]}`},
		{"files", "POST /api/execute", `{"inputs":{"a":{"$file":%q}},` + hello + `}`},
		{"files", "GET /api/files/%s", ``},
	},
	"$blob": {
		{":hash", "POST /api/execute", `{"inputs":{"a":{"$blob":%q,"size":5,"type":"text"}},` + hello + `}`},
		{":hash", "POST /api/execute", `{"nodes":[{"id":"a","type":"text","data":{"text":{"$blob":%q}}},{"id":"d","type":"debug","data":{}}],"edges":[{"id":"e","source":"a","target":"d"}]}`},
		{":hash", "GET /api/values/%s", ``},
	},
}

// TestZ4_BodyWalk puts Ann's ids into every field of Bob's requests that takes one.
// None tells Bob what is Ann's, none changes a row of hers.
func TestZ4_BodyWalk(t *testing.T) {
	s := newSite(t)
	of := s.belongings()
	for _, name := range s.idsInDocument() {
		if _, known := idFields[name]; !known {
			t.Errorf("the API takes an id in %s, and the walk does not try one", name)
		}
	}
	before := s.rowsOf(s.ann.user.ID)
	tried := 0
	for field, list := range idFields {
		for _, c := range list {
			id := of[c.noun]
			method, path, _ := strings.Cut(c.route, " ")
			if strings.Contains(path, "%s") {
				path = fmt.Sprintf(path, id)
			}
			body := c.body
			if body != "" {
				body = fmt.Sprintf(body, id)
			}
			tried++
			a := s.do(method, path, body, s.bob.byToken())
			if strings.Contains(a.body, canary) || a.status >= 500 {
				t.Errorf("%s in %s %s: %d %.300s", field, c.route, c.body, a.status, a.body)
			}
			if a.status != 202 { // refused, or an empty list
				continue
			}
			run := decode[struct{ RunID string }](t, a).RunID
			s.ended(s.bob, run)
			for _, path := range []string{"/api/runs/" + run, "/api/runs/" + run + "/events", "/api/runs/" + run + "/logs", "/runs/" + run} {
				if a := s.do("GET", path, "", s.bob.byCookie()); strings.Contains(a.body, canary) {
					t.Errorf("%s in %s: the run tells what is Ann's: %.400s", field, c.body, a.body)
				}
			}
		}
	}
	for table, rows := range s.rowsOf(s.ann.user.ID) {
		if fmt.Sprint(rows) != fmt.Sprint(before[table]) {
			t.Errorf("Ann's rows in %s changed", table)
		}
	}
	t.Logf("PROOF Z4: %d requests with another's id in a field, nothing told, nothing changed", tried)
}

// idsInDocument returns the names of all fields and parameters in the API's document
// that look like an id of something, but those in a path: the route walk has them.
func (s *site) idsInDocument() []string {
	_, raw := s.document()
	found := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch x := v.(type) {
		case map[string]any:
			if props, ok := x["properties"].(map[string]any); ok {
				for name := range props {
					if (strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids") || name == "id") && x["readOnly"] == nil {
						found[name] = true
					}
				}
			}
			for _, e := range x {
				walk(e)
			}
		case []any:
			for _, e := range x {
				walk(e)
			}
		}
	}
	for path, ops := range raw["paths"].(map[string]any) {
		for _, op := range ops.(map[string]any) {
			o := op.(map[string]any)
			body, _ := json.Marshal(o["requestBody"])
			if params, ok := o["parameters"].([]any); ok {
				for _, p := range params {
					m := p.(map[string]any)
					if name := m["name"].(string); m["in"] == "query" && (strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "Ids")) {
						found[name] = true
					}
				}
			}
			for _, ref := range refs(string(body)) {
				walk(resolve(raw, ref))
			}
			_ = path
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// refs returns the references in a piece of the document.
func refs(s string) []string {
	var out []string
	for part := range strings.SplitSeq(s, `"$ref":"`) {
		if ref, _, ok := strings.Cut(part, `"`); ok && strings.HasPrefix(ref, "#/") {
			out = append(out, ref)
		}
	}
	return out
}

// TestZ6_TwoUsers lets Ann and Bob do random things with all ids there are, their own
// and the other's. Afterwards no row of one names anything of the other.
func TestZ6_TwoUsers(t *testing.T) {
	steps := 1500
	switch {
	case os.Getenv("HEDDLE_PROVE") == "full":
		steps = 10_000
	case testing.Short():
		steps = 200
	}
	s := newSite(t, func(c *web.Config) { c.RateAPI, c.RateRuns = 0, 0 })
	random := rand.New(rand.NewPCG(5, 6))
	people := []person{s.ann, s.bob}
	ids := map[string][]string{"workflows": {"wf_none"}, "runs": {"run_none"}, "files": {"file_none"}, "tokens": {"tok_none"}}
	owned := map[string]int{} // id -> whose
	pick := func(noun string) string { return ids[noun][random.IntN(len(ids[noun]))] }
	var started [2][]string
	for step := range steps {
		who := random.IntN(2)
		p := people[who]
		wf, run := pick("workflows"), pick("runs")
		note := func(noun, id string) {
			ids[noun], owned[id] = append(ids[noun], id), who
		}
		switch random.IntN(14) {
		case 0:
			note("workflows", s.workflow(p, fmt.Sprint("w", step)))
		case 1:
			a := s.do("POST", "/api/execute", fmt.Sprintf(`{"workflowId":%q}`, wf), p.byToken())
			if a.status == 202 {
				id := decode[struct{ RunID string }](t, a).RunID
				note("runs", id)
				started[who] = append(started[who], id)
			}
		case 2:
			a := s.do("POST", "/api/execute", "{"+part(fmt.Sprint("text ", step))+`,"cache":true}`, p.byToken())
			if a.status == 202 {
				id := decode[struct{ RunID string }](t, a).RunID
				note("runs", id)
				started[who] = append(started[who], id)
			}
		case 3:
			s.do("PUT", "/api/workflows/"+wf, fmt.Sprintf(`{"description":"by %d"}`, who), p.byToken())
		case 4:
			s.do("DELETE", "/api/workflows/"+wf, "", p.byToken())
		case 5:
			s.do("POST", "/workflows/"+wf+"/duplicate", "", p.byCookie())
		case 6:
			s.do("POST", "/workflows/"+wf+"/restore", "", p.byCookie())
		case 7:
			s.do("POST", "/api/runs/"+run+"/cancel", "", p.byToken())
		case 8:
			s.do("POST", "/runs/"+run+"/answer", "node=a&approved=yes", p.byCookie())
		case 9:
			body, kind := form(t, "f.txt", fmt.Sprint("file ", step))
			a := s.do("POST", "/api/files", body, p.byToken("Content-Type", kind))
			note("files", decode[struct{ File struct{ ID string } }](t, a).File.ID)
		case 10:
			s.do("POST", "/api/execute", fmt.Sprintf(`{"inputs":{"a":{"$file":%q}},%s}`, pick("files"), hello), p.byToken())
		case 11:
			a := s.do("POST", "/api/tokens", `{"name":"x"}`, p.byCookie())
			note("tokens", decode[struct{ Token struct{ ID string } }](t, a).Token.ID)
		case 12:
			s.do("DELETE", "/api/tokens/"+pick("tokens"), "", p.byCookie())
		case 13:
			s.do("PUT", fmt.Sprintf("/api/secrets/S%d", step%9), fmt.Sprintf(`{"value":"v%d","hosts":["x.example"]}`, step), p.byCookie())
		}
	}
	for who, list := range started {
		for _, id := range list {
			s.ended(people[who], id)
		}
	}
	s.noneNamesTheOther(t, people, owned)
	t.Logf("PROOF Z6: %d requests by two users with all ids there are, %d objects: no row of one names anything of the other", steps, len(owned))
}

func (s *site) noneNamesTheOther(t *testing.T, people []person, owned map[string]int) {
	t.Helper()
	var foreign [2][]string // what must not be in the rows of each
	for id, who := range owned {
		foreign[1-who] = append(foreign[1-who], id)
	}
	for who, p := range people {
		foreign[1-who] = append(foreign[1-who], p.user.ID.String(), p.user.Email)
	}
	for who, p := range people {
		for table, rows := range s.rowsOf(p.user.ID) {
			text := strings.Join(rows, "\n")
			for _, id := range foreign[who] {
				if i := strings.Index(text, id); i >= 0 && !typed(text, i) {
					t.Errorf("a row of %s in %s names %s, which is another's: …%.200s", p.user.Email, table, id, text[max(0, i-100):])
				}
			}
		}
	}
	if len(owned) < 40 {
		t.Errorf("only %d objects were made", len(owned))
	}
}

// typed reports whether an id stands where a user wrote it: a file that was refused
// is still in the run's inputs, as it was sent.
func typed(text string, at int) bool {
	return strings.HasSuffix(text[:at], `{"$file":"`)
}
