package web

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/identity"
	"heddle/views"
)

// cookieName is the session cookie's name; with https browsers enforce its prefix.
func (s *Server) cookieName() string {
	if s.secure() {
		return "__Host-heddle_session"
	}
	return "heddle_session"
}

// begin opens a session for a user and sets the cookie.
func (s *Server) begin(c *fiber.Ctx, u flow.User, sid string) error {
	secret, ends, err := s.Studio.StartSession(c.UserContext(), u, identity.StartSession{UserAgent: clip(c.Get(fiber.HeaderUserAgent), 300), ClerkSID: sid})
	if err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{Name: s.cookieName(), Value: secret, Path: "/", Expires: ends, HTTPOnly: true, Secure: s.secure(), SameSite: "Lax"})
	return nil
}

func (s *Server) accountView(c *fiber.Ctx, f views.Form) views.AccountView {
	v := views.AccountView{Form: f, Next: "", SignupOpen: s.SignupOpen, NeedsCode: s.SetupCode}
	if next := c.FormValue("next", c.Query("next")); next != "" {
		v.Next = nextPath(next)
	}
	if k := s.Studio.Clerk(); k != nil {
		v.Clerk = &views.ClerkMount{PublishableKey: k.PublishableKey, FrontendHost: k.FrontendHost}
	}
	return v
}

func typed(c *fiber.Ctx, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		out[n] = c.FormValue(n)
	}
	return out
}

func (s *Server) setupPage(c *fiber.Ctx) error {
	needed, err := s.Studio.NeedsSetup(c.UserContext())
	if err != nil {
		return err
	}
	if !needed {
		return s.see(c, "/signin", nil)
	}
	p, content := views.Setup(s.accountView(c, views.Form{}))
	return s.render(c, p, content)
}

func (s *Server) setup(c *fiber.Ctx) error {
	u, err := s.Studio.Setup(c.UserContext(), identity.Setup{
		Code: c.FormValue("code"), Email: c.FormValue("email"), Password: c.FormValue("password"), FirstName: c.FormValue("firstName"), LastName: c.FormValue("lastName"),
	})
	if err == nil {
		err = s.begin(c, u, "")
	}
	if err != nil {
		p, content := views.Setup(s.accountView(c, views.NewForm(typed(c, "code", "email", "firstName", "lastName"), err)))
		return s.again(c, err, func() error { return s.render(c, p, content) })
	}
	return s.see(c, "/workflows", &views.Flash{Text: "Welcome. Three examples are ready to run."})
}

// again shows a form again with its mistake; a failure that is not the user's is
// answered as one.
func (s *Server) again(c *fiber.Ctx, err error, show func() error) error {
	e := known(err)
	if e.Kind == flow.Internal || e.Kind == flow.Unavailable {
		return err
	}
	status := statusOf(e.Kind)
	if e.Kind == flow.Unauthenticated { // a wrong password: the page stays, nobody is sent away
		status = fiber.StatusUnprocessableEntity
	}
	setRetry(c, int((e.RetryAfter + time.Second - 1).Seconds()))
	c.Status(status)
	return show()
}

func (s *Server) signInPage(c *fiber.Ctx) error {
	if _, err := flow.ActorFrom(c.UserContext()); err == nil {
		return s.see(c, nextPath(c.Query("next")), nil)
	}
	first, err := s.Studio.NeedsSetup(c.UserContext())
	if err != nil {
		return err
	}
	if first {
		return s.see(c, "/setup", nil)
	}
	p, content := views.SignIn(s.accountView(c, views.Form{}))
	return s.render(c, p, content)
}

func (s *Server) signIn(c *fiber.Ctx) error {
	u, err := s.Studio.SignIn(c.UserContext(), identity.SignIn{Email: c.FormValue("email"), Password: c.FormValue("password"), IP: s.clientIP(c)})
	if err == nil {
		err = s.begin(c, u, "")
	}
	if err != nil {
		p, content := views.SignIn(s.accountView(c, views.NewForm(typed(c, "email"), err)))
		return s.again(c, err, func() error { return s.render(c, p, content) })
	}
	return s.see(c, nextPath(c.FormValue("next")), nil)
}

func (s *Server) signUpPage(c *fiber.Ctx) error {
	p, content := views.SignUp(s.accountView(c, views.Form{}))
	return s.render(c, p, content)
}

func (s *Server) signUp(c *fiber.Ctx) error {
	u, err := s.Studio.SignUp(c.UserContext(), identity.SignUp{
		Email: c.FormValue("email"), Password: c.FormValue("password"), FirstName: c.FormValue("firstName"), LastName: c.FormValue("lastName"), IP: s.clientIP(c),
	})
	if err == nil {
		err = s.begin(c, u, "")
	}
	if err != nil {
		p, content := views.SignUp(s.accountView(c, views.NewForm(typed(c, "email", "firstName", "lastName"), err)))
		return s.again(c, err, func() error { return s.render(c, p, content) })
	}
	return s.see(c, "/workflows", &views.Flash{Text: "Welcome. Three examples are ready to run."})
}

// resetPage shows the form of a reset link. Whether the link is good is said after the
// form was sent: looking at it must not tell.
func (s *Server) resetPage(c *fiber.Ctx) error {
	v := s.accountView(c, views.Form{})
	v.Secret = clip(c.Query("secret"), 100)
	p, content := views.Reset(v)
	return s.render(c, p, content)
}

func (s *Server) reset(c *fiber.Ctx) error {
	u, err := s.Studio.Reset(c.UserContext(), identity.Reset{Secret: c.FormValue("secret"), Password: c.FormValue("password"), IP: s.clientIP(c)})
	if err == nil {
		err = s.begin(c, u, "")
	}
	if err != nil {
		v := s.accountView(c, views.NewForm(nil, err))
		v.Secret = clip(c.FormValue("secret"), 100)
		p, content := views.Reset(v)
		return s.again(c, err, func() error { return s.render(c, p, content) })
	}
	return s.see(c, "/workflows", &views.Flash{Text: "Your password is changed. All other browsers were signed out."})
}

func (s *Server) signOut(c *fiber.Ctx) error {
	if err := s.Studio.SignOut(c.UserContext()); err != nil {
		return err
	}
	c.Cookie(&fiber.Cookie{Name: s.cookieName(), Path: "/", Expires: time.Unix(1, 0), HTTPOnly: true, Secure: s.secure(), SameSite: "Lax"})
	return s.see(c, "/signin?signed-out=1", nil)
}

// clerkSession turns a session token that Clerk's script got into our own session.
func (s *Server) clerkSession(c *fiber.Ctx) error {
	if s.Studio.Clerk() == nil {
		return fiber.ErrNotFound
	}
	u, sid, err := s.Studio.ClerkSignIn(c.UserContext(), c.FormValue("token"))
	if err == nil {
		err = s.begin(c, u, sid)
	}
	if err != nil {
		p, content := views.SignIn(s.accountView(c, views.NewForm(nil, err)))
		return s.again(c, err, func() error { return s.render(c, p, content) })
	}
	return s.see(c, nextPath(c.FormValue("next")), nil)
}

func (s *Server) clerkWebhook(c *fiber.Ctx) error {
	if s.Studio.Clerk() == nil {
		return fiber.ErrNotFound
	}
	h := http.Header{}
	for _, name := range []string{"Svix-Id", "Svix-Timestamp", "Svix-Signature", "Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"} {
		if v := c.Get(name); v != "" {
			h.Set(name, v)
		}
	}
	if err := s.Studio.ClerkWebhook(c.UserContext(), h, c.Request().Body()); err != nil {
		return err
	}
	return c.JSON(fiber.Map{"success": true})
}
