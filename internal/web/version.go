package web

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

func (s *Server) versionsPage(c *fiber.Ctx) error {
	list, err := s.Studio.VersionsPage(c.UserContext(), studio.ListVersions{ID: flow.ID(c.Params("id")), Page: pageNumber(c), Limit: 50})
	if err != nil {
		return hidden(err)
	}
	p, content := views.Versions(list)
	return s.render(c, p, content)
}

// changeVersion does what one of the small forms beside a version says.
func (s *Server) changeVersion(c *fiber.Ctx) error {
	ctx, id := c.UserContext(), flow.ID(c.Params("id"))
	n, err := strconv.Atoi(c.FormValue("version"))
	if err != nil || n < 1 {
		return flow.Errorf(flow.Malformed, "The form says not which version.")
	}
	var text string
	switch c.FormValue("do") {
	case "publish":
		_, err = s.Studio.Publish(ctx, studio.Publish{ID: id, Body: &studio.PublishBody{Version: n}})
		text = "Version " + strconv.Itoa(n) + " is published."
	case "unpublish":
		_, err = s.Studio.Unpublish(ctx, studio.ByID{ID: id})
		text = "No version is published: others run what was saved last."
	case "restore":
		var out studio.WorkflowOut
		out, err = s.Studio.RestoreVersion(ctx, studio.ByVersion{ID: id, Version: n})
		text = "Version " + strconv.Itoa(n) + " is saved again, as version " + strconv.Itoa(out.Workflow.Version) + "."
	default:
		return flow.Errorf(flow.Malformed, "The form says not what to do.")
	}
	if err != nil {
		return hidden(err)
	}
	return s.see(c, views.WorkflowPath(id)+"/versions", &views.Flash{Text: text})
}
