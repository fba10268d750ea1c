package web

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

// strangerLimit is the most that is read of a body before it is known who sends it
// (trust.md Z5). Forms to sign in and signed webhooks are far smaller.
const strangerLimit = 64 << 10

// intake decides, after the headers of a request, how much of its body is read. Small
// bodies are read at once: who sends them is found out afterwards, as always.
func (s *Server) intake(h *fasthttp.RequestHeader) fasthttp.RequestConfig {
	n := h.ContentLength()
	if n <= strangerLimit && n != chunked {
		return fasthttp.RequestConfig{}
	}
	if limit, is := s.hookLimit(h); is {
		return fasthttp.RequestConfig{MaxRequestBodySize: limit}
	}
	if s.knows(h) {
		if bytes.HasPrefix(bytes.ToLower(h.ContentType()), []byte(fiber.MIMEApplicationForm)) {
			return fasthttp.RequestConfig{MaxRequestBodySize: formLimit}
		}
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: strangerLimit}
}

// formLimit is the most that is read of a form without files: a million fields take
// far more memory than their bytes.
const formLimit = 256 << 10

// chunked is the length of a body that does not say how long it is.
const chunked = -1

// knows reports whether a request's headers prove who sends it.
func (s *Server) knows(h *fasthttp.RequestHeader) bool {
	who := studio.Credentials{Session: string(h.Cookie(s.cookieName()))}
	scheme, token, _ := strings.Cut(string(h.Peek(fiber.HeaderAuthorization)), " ")
	if strings.EqualFold(scheme, "Bearer") {
		who = studio.Credentials{Bearer: strings.TrimSpace(token)}
	}
	if who == (studio.Credentials{}) {
		return false
	}
	ctx, cancel := lookWithin()
	defer cancel()
	_, err := s.Studio.Authenticate(ctx, who)
	return err == nil
}

// lookWithin bounds what is looked up before a body is read.
func lookWithin() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 5*time.Second)
}

// unpacked refuses compressed bodies: Fiber would unpack them without a limit, and a
// few KiB can become gigabytes.
func unpacked(c *fiber.Ctx) error {
	if how := strings.ToLower(strings.TrimSpace(c.Get(fiber.HeaderContentEncoding))); how != "" && how != "identity" {
		return flow.Errorf(flow.UnsupportedType, "The request body is compressed.").WithHint("Send it as it is, without Content-Encoding.")
	}
	return c.Next()
}

// cutOff words the refusal of a body that was not read to its end: too large, or from
// somebody who may send nothing that large.
func (s *Server) cutOff(c *fiber.Ctx, err error) error {
	if !errors.Is(err, fiber.ErrRequestEntityTooLarge) || s.knows(&c.Request().Header) {
		return err
	}
	if limit, is := s.hookLimit(&c.Request().Header); is && limit == flow.MaxHookMessage {
		return flow.Errorf(flow.TooLarge, "The message is larger than 1 MiB.").WithHint("Send an address from which a step fetches the rest.")
	}
	return flow.Errorf(flow.Unauthenticated, "Sign in to do this.").WithHint("Send a session cookie or an Authorization: Bearer token.").Because(err)
}
