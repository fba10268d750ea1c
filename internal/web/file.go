package web

import (
	"net/url"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

// fileRoutes are written out: bodies are not JSON here.
func (s *Server) fileRoutes(group string) {
	s.app.Post("/api/files", s.upload)
	s.app.Get("/api/files/:id", s.download)
	s.routes = append(s.routes, declared{"POST", "/api/files", flow.ScopeFileWrite}, declared{"GET", "/api/files/{id}", flow.ScopeFileRead})
	schemas := s.api.OpenAPI().Components.Schemas
	answer := envelope[studio.FileOut]{}.Schema(schemas)
	security := []map[string][]string{{"token": {}}, {"session": {}}}
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	responses := func(status, text, media string, schema *huma.Schema) map[string]*huma.Response {
		refused := huma.SchemaFromType(schemas, reflect.TypeFor[refusal]())
		return map[string]*huma.Response{
			status:    {Description: text, Content: map[string]*huma.MediaType{media: {Schema: schema}}},
			"default": {Description: "Refused", Content: map[string]*huma.MediaType{"application/json": {Schema: refused}}},
		}
	}
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "post-api-files", Method: "POST", Path: "/api/files", Summary: "Upload a file of at most 25 MiB", Tags: []string{group}, Security: security,
		Description: "A token needs the scope " + string(flow.ScopeFileWrite) + ".",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": binary}, Required: []string{"file"}}},
		}},
		Responses: responses("201", "Stored", "application/json", answer),
	})
	s.api.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "get-api-files-id", Method: "GET", Path: "/api/files/{id}", Summary: "Read a file", Tags: []string{group}, Security: security,
		Description: "A token needs the scope " + string(flow.ScopeFileRead) + ". The type is the sniffed one; what is no plain picture comes as an attachment.",
		Parameters:  []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses:   responses("200", "The bytes", "application/octet-stream", binary),
	})
}

func (s *Server) upload(c *fiber.Ctx) error {
	if _, err := flow.Require(c.UserContext(), flow.ScopeFileWrite); err != nil {
		return err // before the form is read
	}
	data, name, err := formFile(c)
	if err != nil {
		return err
	}
	out, err := s.Studio.UploadFile(c.UserContext(), studio.UploadFile{Name: name, Data: data})
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderLocation, "/api/files/"+string(out.File.ID))
	c.Status(fiber.StatusCreated).Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return writeJSON(c, envelope[studio.FileOut]{out})
}

// inline are the types that a browser may show: pictures without scripts in them.
var inline = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

func (s *Server) download(c *fiber.Ctx) error {
	out, err := s.Studio.File(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	if err != nil {
		return err
	}
	way := "attachment"
	if inline[out.Upload.MediaType] {
		way = "inline"
	}
	c.Set(fiber.HeaderContentDisposition, way+"; filename*=UTF-8''"+url.PathEscape(out.Upload.Name))
	c.Set(fiber.HeaderContentType, out.Upload.MediaType)
	c.Set(fiber.HeaderCacheControl, "private, max-age=31536000, immutable") // a file's bytes never change
	c.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	return c.Send(out.Data)
}
