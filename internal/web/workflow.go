package web

import (
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

// pageNumber reads the page parameter of a list; nonsense is the first page.
func pageNumber(c *fiber.Ctx) int {
	n, err := strconv.Atoi(c.Query("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

func (s *Server) workflowsPage(c *fiber.Ctx) error {
	list, err := s.Studio.WorkflowsPage(c.UserContext(), studio.ListWorkflows{Query: clip(c.Query("query"), 200), Tag: c.Query("tag"), Page: pageNumber(c)})
	if err != nil {
		return err
	}
	p, content := views.Workflows(list)
	return s.render(c, p, content)
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func (s *Server) newWorkflow(c *fiber.Ctx) error {
	if slug := c.FormValue("template"); slug != "" {
		out, err := s.Studio.CreateFromTemplate(c.UserContext(), clip(slug, 80))
		if err != nil {
			return err
		}
		return s.see(c, views.WorkflowPath(out.Workflow.ID), nil)
	}
	name := strings.TrimSpace(c.FormValue("name"))
	if name == "" {
		name = "Untitled workflow"
	}
	out, err := s.Studio.CreateWorkflow(c.UserContext(), studio.CreateWorkflow{Body: studio.WorkflowDraft{Name: clip(name, flow.MaxName)}})
	if err != nil {
		return err
	}
	return s.see(c, views.WorkflowPath(out.Workflow.ID), nil)
}

func (s *Server) importWorkflow(c *fiber.Ctx) error {
	raw, name, err := formFile(c)
	if err != nil {
		return s.importRefused(c, err)
	}
	d, err := flow.ParseDocument(raw)
	if err != nil {
		return s.importRefused(c, err)
	}
	if d.Name == "" {
		d.Name = clip(strings.TrimSuffix(name, ".json"), flow.MaxName)
	}
	out, err := s.Studio.CreateWorkflow(c.UserContext(), studio.CreateWorkflow{Body: studio.WorkflowDraft{
		Name: d.Name, Description: d.Description, Tags: d.Tags, Nodes: d.Nodes, Edges: d.Edges,
	}})
	if err != nil {
		return s.importRefused(c, err)
	}
	text := "Imported “" + out.Workflow.Name + "”."
	if len(out.MissingSecrets) > 0 {
		text += " It needs secrets that you do not keep yet: " + strings.Join(out.MissingSecrets, ", ") + ". Add them under Settings."
	}
	return s.see(c, views.WorkflowPath(out.Workflow.ID), &views.Flash{Text: text})
}

// importRefused goes back to the list and says why.
func (s *Server) importRefused(c *fiber.Ctx, err error) error {
	e := known(err)
	if e.Kind == flow.Internal {
		return err
	}
	text := "Not imported. " + e.Message
	if len(e.Problems) > 0 {
		text += " " + e.Problems[0].Path + ": " + e.Problems[0].Message
	}
	return s.see(c, "/workflows", &views.Flash{Text: strings.TrimSpace(text + " " + e.Hint), Fail: true})
}

func formFile(c *fiber.Ctx) (data []byte, name string, err error) {
	if media, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";"); !strings.EqualFold(strings.TrimSpace(media), fiber.MIMEMultipartForm) {
		return nil, "", flow.Errorf(flow.UnsupportedType, "The request body must be a form with a file.").WithHint("Send it as multipart/form-data in the field file.")
	}
	head, err := c.FormFile("file")
	if err != nil {
		return nil, "", flow.Errorf(flow.Malformed, "No file was sent.").WithHint("Send it as the form field file.").Because(err)
	}
	f, err := head.Open()
	if err != nil {
		return nil, "", err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, flow.MaxUpload+1))
	return data, head.Filename, err
}

func (s *Server) exportWorkflow(c *fiber.Ctx) error {
	d, err := s.Studio.ExportWorkflow(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	if err != nil {
		return hidden(err)
	}
	raw, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentDisposition, "attachment; filename*=UTF-8''"+url.PathEscape(d.Name+".json"))
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Type("json", "utf-8")
	return c.Send(append(raw, '\n'))
}

func (s *Server) templatesPage(c *fiber.Ctx) error {
	list, err := s.Studio.Templates(c.UserContext())
	if err != nil {
		return err
	}
	p, content := views.Templates(list)
	return s.render(c, p, content)
}

// thumbnail answers a workflow's picture. Its address names the version, so what
// a browser keeps is never out of date.
func (s *Server) thumbnail(c *fiber.Ctx) error {
	out, err := s.Studio.Workflow(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	if err != nil {
		return hidden(err)
	}
	c.Set(fiber.HeaderCacheControl, "private, no-cache")
	if c.Query("v") == strconv.Itoa(out.Workflow.Version) {
		c.Set(fiber.HeaderCacheControl, "private, max-age=2592000, immutable")
	}
	c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; sandbox")
	c.Type("svg", "utf-8")
	return views.Thumbnail(out.Workflow.Nodes, out.Workflow.Edges).Render(c.UserContext(), c.Response().BodyWriter())
}

func (s *Server) duplicateWorkflow(c *fiber.Ctx) error {
	out, err := s.Studio.DuplicateWorkflow(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	if err != nil {
		return hidden(err)
	}
	return s.see(c, "/workflows", &views.Flash{Text: "Made “" + out.Workflow.Name + "”."})
}

func (s *Server) deleteWorkflow(c *fiber.Ctx) error {
	id := flow.ID(c.Params("id"))
	out, err := s.Studio.Workflow(c.UserContext(), studio.ByID{ID: id})
	if err != nil {
		return hidden(err)
	}
	if _, err := s.Studio.DeleteWorkflow(c.UserContext(), studio.ByID{ID: id}); err != nil {
		return hidden(err)
	}
	to := c.FormValue("next")
	if !ownPath(to) || !strings.HasPrefix(to, "/workflows") || strings.HasPrefix(to, views.WorkflowPath(id)) {
		to = "/workflows"
	}
	return s.see(c, to, &views.Flash{Text: "Deleted “" + out.Workflow.Name + "”.", Undo: views.WorkflowPath(id) + "/restore"})
}

func (s *Server) restoreWorkflow(c *fiber.Ctx) error {
	out, err := s.Studio.RestoreWorkflow(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	if err != nil {
		return hidden(err)
	}
	return s.see(c, "/workflows", &views.Flash{Text: "“" + out.Workflow.Name + "” is back."})
}

// inspector answers the form of one node as it is on the screen.
func (s *Server) inspector(c *fiber.Ctx) error {
	var in studio.Inspect
	if err := json.Unmarshal(c.Request().Body(), &in); err != nil {
		return flow.Errorf(flow.Malformed, "The node could not be read.").Because(err)
	}
	panel, err := s.Studio.Inspect(c.UserContext(), in)
	if err != nil {
		return err
	}
	return s.fragment(c, views.InspectorForm(panel))
}
