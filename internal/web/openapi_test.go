package web_test

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// document is the part of an OpenAPI document that the tests look at.
type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct{ Title, Version string }
	Paths   map[string]map[string]operation
}

type operation struct {
	OperationID string `json:"operationId"`
	Summary     string
	Tags        []string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   any
	}
	RequestBody *content
	Responses   map[string]struct {
		Description string
		Content     map[string]struct{ Schema any }
	}
	Security []map[string][]string
}

type content struct {
	Content map[string]struct{ Schema any }
}

func (s *site) document() (doc document, raw map[string]any) {
	s.t.Helper()
	a := s.do("GET", "/api/openapi.json", "", nil)
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		s.t.Fatalf("%d %v", a.status, a.header)
	}
	return decode[document](s.t, a), decode[map[string]any](s.t, a)
}

var pathParam = regexp.MustCompile(`\{(\w+)\}`)

func TestDocumentIsSound(t *testing.T) {
	s := newSite(t)
	doc, raw := s.document()
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Title == "" || doc.Info.Version != "test" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	ids := map[string]string{}
	for path, item := range doc.Paths {
		for method, o := range item {
			where := strings.ToUpper(method) + " " + path
			if o.OperationID == "" || ids[o.OperationID] != "" {
				t.Errorf("%s: operationId %q is also %s", where, o.OperationID, ids[o.OperationID])
			}
			ids[o.OperationID] = where
			if o.Summary == "" || len(o.Tags) != 1 || len(o.Security) == 0 {
				t.Errorf("%s: summary %q, tags %v, security %v", where, o.Summary, o.Tags, o.Security)
			}
			checkResponses(t, where, o)
			checkParams(t, where, path, o)
		}
	}
	checkRefs(t, raw, raw)
}

func checkResponses(t *testing.T, where string, o operation) {
	t.Helper()
	good, bad := false, false
	for code, r := range o.Responses {
		good = good || code[0] == '2'
		bad = bad || code[0] == '4' || code == "default"
		if r.Description == "" {
			t.Errorf("%s: response %s has no description", where, code)
		}
		for kind, m := range r.Content {
			if m.Schema == nil {
				t.Errorf("%s: response %s has no schema for %s", where, code, kind)
			}
		}
	}
	if !good || !bad {
		t.Errorf("%s: responses %v do not tell both success and failure", where, slices.Sorted(maps.Keys(o.Responses)))
	}
}

func checkParams(t *testing.T, where, path string, o operation) {
	t.Helper()
	var declared, named []string
	for _, p := range o.Parameters {
		if p.Schema == nil || !slices.Contains([]string{"path", "query", "header", "cookie"}, p.In) {
			t.Errorf("%s: parameter %+v", where, p)
		}
		if p.In == "path" {
			declared = append(declared, p.Name)
			if !p.Required {
				t.Errorf("%s: path parameter %s is not required", where, p.Name)
			}
		}
	}
	for _, m := range pathParam.FindAllStringSubmatch(path, -1) {
		named = append(named, m[1])
	}
	if d := cmp.Diff(named, declared); d != "" {
		t.Errorf("%s: path parameters (-path +declared)\n%s", where, d)
	}
}

// checkRefs follows every $ref in v.
func checkRefs(t *testing.T, root map[string]any, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && resolve(root, ref) == nil {
			t.Errorf("%s leads nowhere", ref)
		}
		for _, inner := range v {
			checkRefs(t, root, inner)
		}
	case []any:
		for _, inner := range v {
			checkRefs(t, root, inner)
		}
	}
}

func resolve(root map[string]any, ref string) any {
	var at any = root
	for step := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[step]
	}
	return at
}

// TestDocumentIsComplete compares the document with the routes of the app, both ways.
func TestDocumentIsComplete(t *testing.T) {
	s := newSite(t)
	doc, _ := s.document()
	var told, served []string
	for path, item := range doc.Paths {
		for method := range item {
			told = append(told, strings.ToUpper(method)+" "+path)
		}
	}
	for _, r := range s.server.App().GetRoutes(true) {
		if !strings.HasPrefix(r.Path, "/api/") && !strings.HasPrefix(r.Path, "/hooks/") || r.Method == "HEAD" ||
			slices.Contains([]string{"/api/health", "/api/openapi.json", "/api/webhooks/clerk"}, r.Path) {
			continue
		}
		served = append(served, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}"))
	}
	slices.Sort(told)
	slices.Sort(served)
	if d := cmp.Diff(slices.Compact(served), told); d != "" {
		t.Errorf("routes (-served +documented)\n%s", d)
	}
	if len(told) < 17 {
		t.Errorf("only %d routes", len(told))
	}
}

// TestAnswersAreAsDocumented compares the members of real answers with the document.
func TestAnswersAreAsDocumented(t *testing.T) {
	s := newSite(t)
	wf, run := s.workflow(s.ann, "Digest"), s.run(s.ann, hello)
	s.ended(s.ann, run)
	doc, root := s.document()
	for path, id := range map[string]string{
		"/api/workflows": "", "/api/workflows/{id}": wf, "/api/runs": "", "/api/runs/{id}": run, "/api/runs/{id}/logs": run,
		"/api/runs/{id}/events": run, "/api/node-types": "", "/api/tokens": "",
	} {
		schema := object(t, root, doc.Paths[path]["get"].Responses["200"].Content["application/json"].Schema)
		a := s.do("GET", strings.Replace(path, "{id}", id, 1), "", s.ann.byCookie())
		sameMembers(t, path, root, schema, decode[map[string]any](t, a))
	}
	refused := s.do("GET", "/api/workflows/none", "", s.ann.byCookie())
	answers := doc.Paths["/api/workflows/{id}"]["get"].Responses["404"].Content
	if len(answers) != 1 {
		t.Fatalf("404 has %d kinds of content", len(answers))
	}
	for kind, m := range answers {
		if got := refused.header.Get("Content-Type"); got != kind {
			t.Errorf("404 comes as %q, documented is %q", got, kind)
		}
		schema := object(t, root, m.Schema)
		for name := range decode[map[string]any](t, refused) {
			if _, ok := schema["properties"].(map[string]any)[name]; !ok {
				t.Errorf("404: %s is not documented", name)
			}
		}
	}
}

// object returns the schema that v is or refers to.
func object(t *testing.T, root map[string]any, v any) map[string]any {
	t.Helper()
	m, _ := v.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		m, _ = resolve(root, ref).(map[string]any)
	}
	if m["properties"] == nil {
		raw, _ := json.Marshal(v)
		t.Fatalf("no object schema: %s", raw)
	}
	return m
}

// sameMembers compares the members of got, and of its objects and of the objects
// in its lists, with the schema.
func sameMembers(t *testing.T, where string, root, schema, got map[string]any) {
	t.Helper()
	properties, _ := schema["properties"].(map[string]any)
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, ok := got[name.(string)]; !ok {
			t.Errorf("%s: %s is documented as always there", where, name)
		}
	}
	for name, v := range got {
		if _, ok := properties[name]; !ok {
			if schema["additionalProperties"] != true {
				t.Errorf("%s: %s is not documented", where, name)
			}
			continue
		}
		inner, _ := properties[name].(map[string]any)
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
			inner, _ = inner["items"].(map[string]any)
		}
		if ref, ok := inner["$ref"].(string); ok {
			inner, _ = resolve(root, ref).(map[string]any)
		}
		if m, ok := v.(map[string]any); ok && inner["properties"] != nil {
			sameMembers(t, where+"."+name, root, inner, m)
		}
	}
}

// TestGraphsAreAnyJSON: what a body says as nodes and edges is not checked by its schema,
// so that it need not be read for that.
func TestGraphsAreAnyJSON(t *testing.T) {
	_, raw := newSite(t).document()
	schemas := raw["components"].(map[string]any)["schemas"].(map[string]any)
	found := 0
	for path, item := range raw["paths"].(map[string]any) {
		for method, o := range item.(map[string]any) {
			body, ok := o.(map[string]any)["requestBody"].(map[string]any)
			if !ok {
				continue
			}
			media, _ := body["content"].(map[string]any)["application/json"].(map[string]any)
			schema, _ := media["schema"].(map[string]any)
			if ref, ok := schema["$ref"].(string); ok {
				schema = schemas[ref[strings.LastIndex(ref, "/")+1:]].(map[string]any)
			}
			members, _ := schema["properties"].(map[string]any)
			for _, name := range []string{"nodes", "edges"} {
				m, ok := members[name].(map[string]any)
				if !ok {
					continue
				}
				found++
				for key := range m {
					if key != "description" && key != "examples" {
						t.Errorf("%s %s: the schema of %s has %s, and readMembers leaves it out", method, path, name, key)
					}
				}
			}
		}
	}
	if found < 6 {
		t.Errorf("%d graphs in bodies", found)
	}
}
