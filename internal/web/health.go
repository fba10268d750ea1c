package web

import (
	"io/fs"
	"mime"
	"path"
	"strings"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
)

func (s *Server) health(c *fiber.Ctx) error {
	h := s.Studio.Health(c.UserContext())
	c.Set(fiber.HeaderCacheControl, "no-store")
	if h.Status != "ok" {
		c.Status(fiber.StatusServiceUnavailable)
	}
	return c.JSON(h)
}

func (s *Server) ready(c *fiber.Ctx) error {
	if !s.Studio.Ready(c.UserContext()) {
		return c.Status(fiber.StatusServiceUnavailable).SendString("not ready")
	}
	return c.SendString("ready")
}

// asset answers a bundled file. Its name holds its hash, so it may be kept for ever.
func (s *Server) asset(c *fiber.Ctx) error {
	name := path.Clean(c.Params("*"))
	if !fs.ValidPath(name) || strings.HasSuffix(name, ".gz") || strings.HasPrefix(path.Base(name), ".") {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	c.Set(fiber.HeaderContentType, typeByName(name))
	c.Vary(fiber.HeaderAcceptEncoding)
	files := s.Assets.FS()
	if strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
		if raw, err := fs.ReadFile(files, name+".gz"); err == nil {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(raw)
		}
	}
	raw, err := fs.ReadFile(files, name)
	if err != nil {
		return flow.Errorf(flow.NotFound, "There is nothing at this address.").Because(err)
	}
	return c.Send(raw)
}

func typeByName(name string) string {
	switch path.Ext(name) { // not left to the machine's own table
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".json", ".map":
		return "application/json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return fiber.MIMEOctetStream
}
