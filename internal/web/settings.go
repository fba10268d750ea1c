package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
	"heddle/views"
)

func (s *Server) settingsPage(c *fiber.Ctx) error {
	m, err := s.settings(c)
	if err != nil {
		return err
	}
	p, content := views.Settings(m)
	return s.render(c, p, content)
}

func (s *Server) settings(c *fiber.Ctx) (flow.Settings, error) {
	m, err := s.Studio.SettingsPage(c.UserContext(), struct{}{})
	m.Address = strings.TrimSuffix(s.BaseURL, "/")
	return m, err
}

func (s *Server) activityPage(c *fiber.Ctx) error {
	list, err := s.Studio.AuditPage(c.UserContext(), studio.ListAudit{Page: pageNumber(c), Limit: 50})
	if err != nil {
		return err
	}
	p, content := views.Activity(list)
	return s.render(c, p, content)
}

// settingsAgain shows the settings with a form that has a mistake.
func (s *Server) settingsAgain(c *fiber.Ctx, err error, forms views.SettingsForms) error {
	return s.again(c, err, func() error {
		m, err := s.settings(c)
		if err != nil {
			return err
		}
		p, content := views.SettingsAgain(m, forms)
		return s.render(c, p, content)
	})
}

func (s *Server) profile(c *fiber.Ctx) error {
	_, err := s.Studio.UpdateProfile(c.UserContext(), studio.Profile{FirstName: c.FormValue("firstName"), LastName: c.FormValue("lastName")})
	if err != nil {
		return s.settingsAgain(c, err, views.SettingsForms{Profile: views.NewForm(typed(c, "firstName", "lastName"), err)})
	}
	return s.see(c, "/settings", &views.Flash{Text: "Your name is saved."})
}

func (s *Server) password(c *fiber.Ctx) error {
	if err := s.Studio.ChangePassword(c.UserContext(), c.FormValue("old"), c.FormValue("new")); err != nil {
		return s.settingsAgain(c, err, views.SettingsForms{Password: views.NewForm(nil, err)})
	}
	return s.see(c, "/settings", &views.Flash{Text: "Your password is changed. Other browsers were signed out."})
}

func (s *Server) createToken(c *fiber.Ctx) error {
	draft := studio.TokenDraft{Name: c.FormValue("name"), Sources: hostsIn(c.FormValue("sources"))}
	values := typed(c, "name", "expiresInDays", "sources")
	for _, raw := range c.Context().PostArgs().PeekMulti("scopes") {
		draft.Scopes = append(draft.Scopes, flow.Scope(raw))
		values["scopes:"+string(raw)] = "on"
	}
	var err error
	if draft.ExpiresInDays, err = tokenDays(values["expiresInDays"]); err != nil {
		return s.settingsAgain(c, err, views.SettingsForms{Token: views.NewForm(values, err)})
	}
	out, err := s.Studio.CreateToken(c.UserContext(), studio.CreateToken{Body: draft})
	if err != nil {
		return s.settingsAgain(c, err, views.SettingsForms{Token: views.NewForm(values, err)})
	}
	m, err := s.settings(c)
	if err != nil {
		return err
	}
	m.NewToken = out.Secret
	p, content := views.Settings(m)
	return s.render(c, p, content)
}

// tokenDays reads how long a token lives; nothing is the default.
func tokenDays(s string) (*int, error) {
	if s == "" {
		return nil, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 3650 {
		return nil, flow.Errorf(flow.Invalid, "A token lives for 0 to 3650 days.").
			With(flow.Problem{Path: "expiresInDays", Message: "Give 0 to 3650 days; 0 is for ever."})
	}
	return &n, nil
}

func (s *Server) deleteToken(c *fiber.Ctx) error {
	if _, err := s.Studio.DeleteToken(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))}); err != nil {
		return hidden(err)
	}
	return s.see(c, "/settings", &views.Flash{Text: "The token is revoked."})
}
