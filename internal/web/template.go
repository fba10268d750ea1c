package web

import (
	"github.com/gofiber/fiber/v2"

	"heddle/internal/gallery"
	"heddle/internal/studio"
	"heddle/views"
)

// useTemplate makes a workflow from an example of the gallery and opens it.
func (s *Server) useTemplate(c *fiber.Ctx) error {
	e, ok := gallery.Find(c.Params("slug"))
	if !ok {
		return fiber.ErrNotFound
	}
	out, err := s.Studio.CreateWorkflow(c.UserContext(), studio.CreateWorkflow{Body: studio.WorkflowDraft{
		Name: e.Name, Description: e.Description, Tags: e.Tags, Nodes: e.Nodes, Edges: e.Edges,
	}})
	if err != nil {
		return err
	}
	return s.see(c, views.WorkflowPath(out.Workflow.ID), &views.Flash{Text: "Made “" + out.Workflow.Name + "” from a template."})
}
