package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

// page answers with the outcome of call, rendered by view.
func page[Out any](s *Server, call func(*fiber.Ctx) (Out, error), view func(Out) (views.Page, templ.Component)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		out, err := call(c)
		if err != nil {
			return hidden(err)
		}
		p, content := view(out)
		return s.render(c, p, content)
	}
}

// byID calls a use case with the id in the path.
func byID[Out any](call func(context.Context, studio.ByID) (Out, error)) func(*fiber.Ctx) (Out, error) {
	return func(c *fiber.Ctx) (Out, error) {
		return call(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))})
	}
}

// hidden shows someone else's object as one that does not exist.
func hidden(err error) error {
	if flow.KindOf(err) == flow.Forbidden {
		return flow.Errorf(flow.NotFound, "There is nothing at this address.").Because(err)
	}
	return err
}

// render writes a page: the content alone for an htmx swap, the whole document
// otherwise.
func (s *Server) render(c *fiber.Ctx, p views.Page, content templ.Component) error {
	c.Vary("HX-Request", "HX-Request-Type", "HX-History-Restore-Request")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Type("html", "utf-8")
	p.Assets, p.RequestID, p.Flash = s.assets, flow.RequestIDFrom(c.UserContext()), s.takeFlash(c)
	if a, err := flow.ActorFrom(c.UserContext()); err == nil {
		p.User = &a.User
	}
	whole := views.Layout(p, content)
	if partial(c) {
		whole = views.Part(p, content)
	}
	return whole.Render(c.UserContext(), c.Response().BodyWriter())
}

// fragment writes a component that is no page.
func (s *Server) fragment(c *fiber.Ctx, content templ.Component) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Type("html", "utf-8")
	return content.Render(c.UserContext(), c.Response().BodyWriter())
}

// partial reports whether htmx wants the content without the document around it.
func partial(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-Request-Type") == "partial" && c.Get("HX-History-Restore-Request") != "true"
}

// see sends the browser to another page after a form was done, with a message.
func (s *Server) see(c *fiber.Ctx, to string, f *views.Flash) error {
	if f != nil {
		s.putFlash(c, *f)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

const flashCookie = "heddle_flash"

// putFlash keeps a message for the next page in a cookie.
func (s *Server) putFlash(c *fiber.Ctx, f views.Flash) {
	raw, err := json.Marshal(f)
	if err != nil {
		return
	}
	c.Cookie(&fiber.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(raw), Path: "/", HTTPOnly: true, Secure: s.secure(), SameSite: "Lax", MaxAge: 60})
}

func (s *Server) takeFlash(c *fiber.Ctx) *views.Flash {
	value := c.Cookies(flashCookie)
	if value == "" {
		return nil
	}
	c.Cookie(&fiber.Cookie{Name: flashCookie, Path: "/", HTTPOnly: true, Secure: s.secure(), SameSite: "Lax", Expires: time.Unix(1, 0)})
	raw, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return nil
	}
	var f views.Flash
	if json.Unmarshal(raw, &f) != nil || f.Undo != "" && !ownPath(f.Undo) {
		return nil
	}
	return &f
}

// ownPath reports whether a path stays on this site.
func ownPath(p string) bool {
	return strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") && !strings.ContainsAny(p, "\\\r\n\t")
}

// nextPath returns where to go after signing in.
func nextPath(p string) string {
	if !ownPath(p) || strings.HasPrefix(p, "/signin") {
		return "/workflows"
	}
	return p
}
