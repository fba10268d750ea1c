package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"heddle/views"
)

// openAPI answers the document that is made from the registered routes.
func (s *Server) openAPI(c *fiber.Ctx) error {
	raw, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return err
	}
	c.Type("json", "utf-8")
	return c.Send(raw)
}

// apiDocs shows the same document as a page.
func (s *Server) apiDocs(c *fiber.Ctx) error {
	doc := s.api.OpenAPI()
	d := views.APIDoc{Title: "Heddle API", Version: doc.Info.Version, Intro: doc.Info.Description, SpecURL: "/api/openapi.json"}
	groups := map[string]int{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if o == nil {
				continue
			}
			name := o.Tags[0]
			i, ok := groups[name]
			if !ok {
				i = len(d.Groups)
				groups[name] = i
				d.Groups = append(d.Groups, views.APIGroup{Name: name})
			}
			d.Groups[i].Routes = append(d.Groups[i].Routes, s.routeDoc(doc.Components.Schemas, o))
		}
	}
	p, content := views.APIDocs(d)
	return s.render(c, p, content)
}

func (s *Server) routeDoc(r huma.Registry, o *huma.Operation) views.APIRoute {
	scope, _ := o.Extensions["x-scope"].(string)
	out := views.APIRoute{ID: o.OperationID, Method: o.Method, Path: o.Path, Summary: o.Summary, Text: o.Description, Scope: scope}
	for _, p := range o.Parameters {
		out.Params = append(out.Params, views.APIParam{Name: p.Name, In: p.In, Type: typeText(p.Schema), Required: p.Required, Text: p.Description})
	}
	if o.RequestBody != nil {
		for _, m := range o.RequestBody.Content {
			out.Body = outline(r, m.Schema, 0)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(o.Responses)) {
		status, err := strconv.Atoi(code)
		if err != nil || status >= 300 && status != 422 {
			continue
		}
		res := views.APIResponse{Status: status, Text: o.Responses[code].Description}
		for _, m := range o.Responses[code].Content {
			res.Body = outline(r, m.Schema, 0)
		}
		out.Responses = append(out.Responses, res)
	}
	out.Curl = s.curl(o)
	return out
}

func (s *Server) curl(o *huma.Operation) string {
	var b strings.Builder
	b.WriteString(`curl -H "Authorization: Bearer $HEDDLE_TOKEN"`)
	if o.Method != "GET" {
		b.WriteString(" -X " + o.Method)
	}
	if o.RequestBody != nil {
		if _, form := o.RequestBody.Content["multipart/form-data"]; form {
			b.WriteString(" -F file=@picture.png")
		} else {
			b.WriteString(` -H "Content-Type: application/json" -d @body.json`)
		}
	}
	b.WriteString(" " + s.BaseURL + strings.ReplaceAll(o.Path, "{id}", "ID"))
	return b.String()
}

func typeText(sc *huma.Schema) string {
	if sc == nil {
		return "any"
	}
	t := sc.Type
	if t == "" {
		t = "any"
	}
	if len(sc.Enum) > 0 {
		var words []string
		for _, e := range sc.Enum {
			words = append(words, fmt.Sprint(e))
		}
		t += ": " + strings.Join(words, ", ")
	}
	return t
}

// maxOutline is how deep a schema is drawn.
const maxOutline = 4

// outline draws a schema as indented text.
func outline(r huma.Registry, sc *huma.Schema, depth int) string {
	if sc == nil {
		return ""
	}
	if sc.Ref != "" {
		sc = r.SchemaFromRef(sc.Ref)
	}
	if sc.Type == huma.TypeArray {
		return outline(r, sc.Items, depth)
	}
	if len(sc.Properties) == 0 || depth >= maxOutline {
		if depth == 0 {
			return typeText(sc)
		}
		return ""
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sc.Properties)) {
		p := sc.Properties[name]
		shown := p
		if p.Ref != "" {
			shown = r.SchemaFromRef(p.Ref)
		}
		fmt.Fprintf(&b, "%s%s: %s", strings.Repeat("  ", depth), name, typeText(shown))
		if slices.Contains(sc.Required, name) {
			b.WriteString(", required")
		}
		if p.Description != "" {
			b.WriteString(". " + p.Description)
		}
		b.WriteByte('\n')
		if inner := outline(r, p, depth+1); inner != "" {
			b.WriteString(inner + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}
