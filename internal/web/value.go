package web

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views/ui"
)

// valueRoute is written out: its answer is a text or any JSON.
func (s *Server) valueRoute(group string) {
	s.app.Get("/api/values/:hash", s.storedValue)
	s.routes = append(s.routes, declared{"GET", "/api/values/{hash}", flow.ScopeRunRead})
	refused := huma.SchemaFromType(s.api.OpenAPI().Components.Schemas, reflect.TypeFor[refusal]())
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "get-api-values-hash", Method: "GET", Path: "/api/values/{hash}", Summary: "Read a large value of a run, whole", Tags: []string{group},
		Security:    []map[string][]string{{"token": {}}, {"session": {}}},
		Description: "A token needs the scope " + string(flow.ScopeRunRead) + ". Results name values over 32 KiB by hash, as $blob. A text comes as plain text, anything else as JSON.",
		Parameters:  []*huma.Param{{Name: "hash", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses: map[string]*huma.Response{
			"200":     {Description: "The value", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}, "application/json": {Schema: &huma.Schema{}}}},
			"default": {Description: "Refused", Content: map[string]*huma.MediaType{"application/json": {Schema: refused}}},
		},
	})
}

func (s *Server) storedValue(c *fiber.Ctx) error {
	out, err := s.Studio.StoredValue(c.UserContext(), studio.ByHash{Hash: c.Params("hash")})
	if err != nil {
		return err
	}
	body := []byte(out.Value.Raw())
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	if out.Value.Type() == flow.TypeText {
		body = []byte(out.Value.String())
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	}
	c.Set(fiber.HeaderCacheControl, "private, max-age=31536000, immutable") // a hash names one value for ever
	c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.Send(body)
}

// formatted answers a text, the body, as the elements that it is as Markdown.
func (s *Server) formatted(c *fiber.Ctx) error {
	return s.fragment(c, ui.Formatted(string(c.Body())))
}
