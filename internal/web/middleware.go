package web

import (
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

// headerRequestID carries a request's id, for support.
const headerRequestID = "X-Request-Id"

// identify gives the request an id and logs it when it is answered, by route
// pattern: a raw path may hold anything.
func (s *Server) identify(c *fiber.Ctx) error {
	s.mark(c)
	began := time.Now()
	err := c.Next()
	if err != nil { // so that the status below is the one that is sent
		err = s.fail(c, err)
	}
	status := c.Response().StatusCode()
	level := slog.LevelDebug
	if status >= fiber.StatusInternalServerError {
		level = slog.LevelError
	}
	s.Logger.Log(c.UserContext(), level, "request", slog.String("method", c.Method()), slog.String("route", c.Route().Path),
		slog.Int("status", status), slog.Duration("took", time.Since(began)))
	return err
}

// mark gives the request its id and the address it came from.
func (s *Server) mark(c *fiber.Ctx) {
	id := "req_" + strings.ToLower(rand.Text()[:20])
	c.Set(headerRequestID, id)
	c.SetUserContext(flow.WithClientIP(flow.WithRequestID(c.UserContext(), id), s.clientIP(c)))
}

// recovered turns a panic into an internal error, with its stack in the log.
func (s *Server) recovered(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logger.ErrorContext(c.UserContext(), "panic", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
			err = errPanic
		}
	}()
	return c.Next()
}

var errPanic = errors.New("a handler panicked")

// guardHeaders sets the security headers of every answer, errors included.
func (s *Server) guardHeaders(c *fiber.Ctx) error {
	s.protect(c)
	return c.Next()
}

func (s *Server) protect(c *fiber.Ctx) {
	nonce := rand.Text()
	c.SetUserContext(templ.WithNonce(c.UserContext(), nonce))
	set := c.Response().Header.Set
	set("Content-Security-Policy", s.policy(nonce))
	set("X-Content-Type-Options", "nosniff")
	set("Referrer-Policy", "no-referrer")
	set("Cross-Origin-Opener-Policy", "same-origin")
	set("Cross-Origin-Resource-Policy", "same-origin")
	set("Permissions-Policy", "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()")
	if s.secure() {
		set("Strict-Transport-Security", "max-age=63072000")
	}
}

// policy is the Content-Security-Policy of trust.md B2; with Clerk its hosts are
// added, as its script needs them.
func (s *Server) policy(nonce string) string {
	script, style, connect, img, extra := "'nonce-"+nonce+"' 'strict-dynamic'", "'self' 'nonce-"+nonce+"'", "'self'", "'self' blob: data:", ""
	if k := s.Studio.Clerk(); k != nil {
		host := "https://" + k.FrontendHost
		connect += " " + host
		img += " https://img.clerk.com"
		style += " 'unsafe-inline'"
		extra = "; frame-src " + host + " https://challenges.cloudflare.com; worker-src 'self' blob:"
		style = strings.Replace(style, " 'nonce-"+nonce+"'", "", 1) // a nonce would switch unsafe-inline off
	}
	return "default-src 'none'; script-src " + script + "; style-src " + style + "; img-src " + img + "; font-src 'self'; connect-src " + connect +
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; manifest-src 'self'" + extra
}

// sameOrigin refuses unsafe requests that another site made a browser send.
func (s *Server) sameOrigin() fiber.Handler {
	check := http.NewCrossOriginProtection()
	return func(c *fiber.Ctx) error {
		if _, is := bearer(c); is || c.Path() == webhookPath {
			return c.Next() // no cookie is looked at
		}
		r := &http.Request{Method: c.Method(), Host: string(c.Context().Host()), Header: http.Header{}, URL: &url.URL{Path: c.Path()}}
		for _, h := range []string{"Sec-Fetch-Site", "Origin"} {
			if v := c.Get(h); v != "" {
				r.Header.Set(h, v)
			}
		}
		if err := check.Check(r); err != nil {
			return flow.Errorf(flow.Forbidden, "This request came from another site and was refused.").Because(err)
		}
		return c.Next()
	}
}

// bearer returns the token in the Authorization header, and whether there is one.
func bearer(c *fiber.Ctx) (string, bool) {
	scheme, token, _ := strings.Cut(c.Get(fiber.HeaderAuthorization), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// credentials returns what the request brings to say who asks. Beside a Bearer
// token, even an empty one, no cookie counts: its origin was not looked at.
func (s *Server) credentials(c *fiber.Ctx) (studio.Credentials, bool) {
	if token, is := bearer(c); is {
		return studio.Credentials{Bearer: token}, true
	}
	return studio.Credentials{Session: c.Cookies(s.cookieName())}, false
}

// authenticate finds out who asks. A bad Bearer token is refused at once; a bad
// cookie only means that nobody is signed in.
func (s *Server) authenticate(c *fiber.Ctx) error {
	who, isBearer := s.credentials(c)
	if !isBearer && who.Session == "" {
		return c.Next()
	}
	a, err := s.Studio.Authenticate(c.UserContext(), who)
	switch {
	case err == nil:
		c.SetUserContext(flow.WithActor(c.UserContext(), a))
	case isBearer && flow.KindOf(err) == flow.Unauthenticated:
		if wait := s.rates.take(c.UserContext(), s.rates.bad, "bad", network(s.clientIP(c))); wait > 0 {
			return tooMany(wait)
		}
		return err
	case isBearer || flow.KindOf(err) != flow.Unauthenticated:
		return err
	}
	return c.Next()
}

func tooMany(wait time.Duration) error {
	return &flow.Error{Kind: flow.TooMany, Message: "Too many requests.", Hint: "Wait for the time in Retry-After and try again.", RetryAfter: wait}
}

// counted lets through what the processes together can count: ways to become somebody.
func (s *Server) counted(c *fiber.Ctx) error {
	if c.Method() == fiber.MethodGet {
		return c.Next()
	}
	name, key, most := "signin", network(s.clientIP(c)), signInsPerMinute
	if a, err := flow.ActorFrom(c.UserContext()); err == nil {
		name, key, most = "tokens", a.User.ID.String(), tokensPerMinute
	}
	if err := s.rates.strict(c.UserContext(), name, key, most); err != nil {
		return err
	}
	return c.Next()
}

// signedIn lets only people through; others go to the sign-in page, or to the
// setup page while there is no account.
func (s *Server) signedIn(c *fiber.Ctx) error {
	if a, err := flow.ActorFrom(c.UserContext()); err == nil {
		if a.Via == flow.ViaToken { // its scopes are those of the API's routes
			return flow.Errorf(flow.Forbidden, "An API token opens no pages.").WithHint("Use the API under /api, or sign in with a browser.")
		}
		return c.Next()
	}
	first, err := s.Studio.NeedsSetup(c.UserContext())
	if err != nil {
		return err
	}
	if first {
		return s.leave(c, "/setup")
	}
	return s.leave(c, signInPath(c))
}

func signInPath(c *fiber.Ctx) string {
	if c.Method() != fiber.MethodGet || c.Path() == "/" {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(c.OriginalURL())
}

// leave sends the browser to another page as a whole, also out of an htmx swap.
func (s *Server) leave(c *fiber.Ctx, to string) error {
	if c.Get("HX-Request") == "true" {
		c.Set("HX-Redirect", to)
		return c.SendStatus(fiber.StatusUnauthorized)
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// limited counts requests of the API by user, else by address.
func (s *Server) limited(c *fiber.Ctx) error {
	key := "ip:" + network(s.clientIP(c))
	if a, err := flow.ActorFrom(c.UserContext()); err == nil {
		key = "user:" + a.User.ID.String()
	}
	wait := s.rates.take(c.UserContext(), s.rates.api, "api", key)
	if wait == 0 && c.Method() == fiber.MethodPost && startsRun(c) && !c.QueryBool("dryRun") {
		wait = s.rates.take(c.UserContext(), s.rates.runs, "runs", key)
	}
	if wait > 0 {
		return tooMany(wait)
	}
	return c.Next()
}

func startsRun(c *fiber.Ctx) bool {
	return c.Path() == "/api/execute" || strings.HasPrefix(c.Path(), "/api/runs/") && strings.HasSuffix(c.Path(), "/replay")
}

// checkBody checks what can be checked before a JSON body is decoded.
func checkBody(c *fiber.Ctx) error {
	body := c.Request().Body()
	if len(body) == 0 || !slices.Contains([]string{fiber.MethodPost, fiber.MethodPut, fiber.MethodPatch}, c.Method()) {
		return nil
	}
	if len(body) > jsonLimit {
		return flow.Errorf(flow.TooLarge, "The request body is larger than 4 MiB.").WithHint("Send files through POST /api/files and refer to them.")
	}
	media, _, _ := strings.Cut(strings.ToLower(c.Get(fiber.HeaderContentType)), ";")
	if media = strings.TrimSpace(media); media != fiber.MIMEApplicationJSON && !strings.HasSuffix(media, "+json") {
		return flow.Errorf(flow.UnsupportedType, "The request body must be JSON.").WithHint("Send Content-Type: application/json.")
	}
	return scanJSON(body)
}
