package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

func (s *Server) putSecret(c *fiber.Ctx) error {
	in := studio.PutSecret{Name: strings.TrimSpace(c.FormValue("name")), Body: studio.SecretDraft{Value: flow.Secret(c.FormValue("value")), Hosts: hostsIn(c.FormValue("hosts"))}}
	if _, err := s.Studio.PutSecret(c.UserContext(), in); err != nil {
		return s.settingsAgain(c, err, views.SettingsForms{Secret: views.NewForm(typed(c, "name", "hosts"), err)})
	}
	return s.see(c, "/settings#secrets", &views.Flash{Text: "The secret " + in.Name + " is kept."})
}

// hostsIn splits what was typed at spaces, commas and line ends.
func hostsIn(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' || r == '\r' || r == '\t' || r == ';' })
}

func (s *Server) deleteSecret(c *fiber.Ctx) error {
	if _, err := s.Studio.DeleteSecret(c.UserContext(), studio.ByName{Name: c.Params("name")}); err != nil {
		return hidden(err)
	}
	return s.see(c, "/settings#secrets", &views.Flash{Text: "The secret is gone."})
}

func (s *Server) putProviderKey(c *fiber.Ctx) error {
	in := studio.PutProviderKey{Provider: c.Params("provider")}
	in.Body.Value = flow.Secret(c.FormValue("value"))
	if _, err := s.Studio.PutProviderKey(c.UserContext(), in); err != nil {
		if flow.KindOf(err) == flow.NotFound {
			return hidden(err)
		}
		return s.settingsAgain(c, err, views.SettingsForms{Provider: in.Provider, Key: views.NewForm(nil, err)})
	}
	return s.see(c, "/settings#providers", &views.Flash{Text: "Your key is kept. Your runs use it from now on."})
}

func (s *Server) deleteProviderKey(c *fiber.Ctx) error {
	if _, err := s.Studio.DeleteProviderKey(c.UserContext(), studio.ByProvider{Provider: c.Params("provider")}); err != nil {
		return hidden(err)
	}
	return s.see(c, "/settings#providers", &views.Flash{Text: "Your key is gone."})
}
