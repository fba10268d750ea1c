package web

import (
	"errors"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"

	"heddle/internal/flow"
	"heddle/views"
)

// statusOf maps a kind of failure to its HTTP status.
func statusOf(k flow.Kind) int {
	switch k {
	case flow.Malformed:
		return fiber.StatusBadRequest
	case flow.Invalid:
		return fiber.StatusUnprocessableEntity
	case flow.NotFound:
		return fiber.StatusNotFound
	case flow.Conflict:
		return fiber.StatusConflict
	case flow.Unauthenticated:
		return fiber.StatusUnauthorized
	case flow.Forbidden:
		return fiber.StatusForbidden
	case flow.TooLarge:
		return fiber.StatusRequestEntityTooLarge
	case flow.UnsupportedType:
		return fiber.StatusUnsupportedMediaType
	case flow.TooMany:
		return fiber.StatusTooManyRequests
	case flow.Unavailable:
		return fiber.StatusServiceUnavailable
	case flow.Internal:
	}
	return fiber.StatusInternalServerError
}

// refusal is the body of every failed answer of the API.
type refusal struct {
	Success   bool           `json:"success" doc:"Always false."`
	Message   string         `json:"error" doc:"A sentence for people."`
	Code      string         `json:"code" doc:"A stable word for programs."`
	Hint      string         `json:"hint,omitempty" doc:"The next step."`
	Errors    []flow.Problem `json:"errors,omitempty" doc:"What is wrong, place by place."`
	Version   int            `json:"version,omitempty" doc:"The current version, for a stale write."`
	SavedBy   string         `json:"savedBy,omitempty" doc:"Who saved the current version, for a stale write."`
	SavedAt   *time.Time     `json:"savedAt,omitempty" doc:"When it was saved, for a stale write."`
	RequestID string         `json:"requestId,omitempty"`

	status int
	retry  int // seconds
}

// Error returns the sentence.
func (p *refusal) Error() string { return p.Message }

// GetStatus returns the HTTP status, for huma.
func (p *refusal) GetStatus() int { return p.status }

// problemOf words an error for the API. What is not a [flow.Error] is internal.
func problemOf(err error) *refusal {
	if p, ok := errors.AsType[*refusal](err); ok {
		return p
	}
	e := known(err)
	p := &refusal{
		Message: e.Message, Code: e.Kind.Code(), Hint: e.Hint, Errors: e.Problems, Version: e.Version, SavedBy: e.SavedBy,
		status: statusOf(e.Kind), retry: int(math.Ceil(e.RetryAfter.Seconds())),
	}
	if !e.SavedAt.IsZero() {
		p.SavedAt = &e.SavedAt
	}
	return p
}

// known returns the [flow.Error] in err, also for Fiber's own errors.
func known(err error) *flow.Error {
	if e, ok := errors.AsType[*flow.Error](err); ok && e.Kind != flow.Internal {
		return e
	}
	if fe, ok := errors.AsType[*fiber.Error](err); ok {
		switch fe.Code {
		case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
			return flow.Errorf(flow.NotFound, "There is nothing at this address.")
		case fiber.StatusRequestEntityTooLarge:
			return flow.Errorf(flow.TooLarge, "The request is too large.")
		case fiber.StatusBadRequest, fiber.StatusUnprocessableEntity, fiber.StatusRequestHeaderFieldsTooLarge:
			return flow.Errorf(flow.Malformed, "The request could not be read.").Because(err)
		}
	}
	return flow.Errorf(flow.Internal, "Something went wrong on our side. Try again in a moment.").Because(err)
}

// fail is the only place where an error becomes a response.
func (s *Server) fail(c *fiber.Ctx, err error) error {
	if c.GetRespHeader(headerRequestID) == "" { // it could not be read, so nothing has looked at it yet
		s.mark(c)
		s.protect(c)
		err = s.cutOff(c, err)
	}
	e := known(err)
	s.logFailure(c, e, err)
	if s.isAPI(c) {
		p := problemOf(err)
		p.RequestID = flow.RequestIDFrom(c.UserContext())
		setRetry(c, p.retry)
		c.Response().ResetBody()
		return c.Status(p.status).JSON(p)
	}
	setRetry(c, int(math.Ceil(e.RetryAfter.Seconds())))
	c.Response().ResetBody()
	c.Status(statusOf(e.Kind))
	page, content := views.Failure(views.FailureView{
		Status: statusOf(e.Kind), Message: e.Message, Hint: e.Hint, RequestID: flow.RequestIDFrom(c.UserContext()), Problems: e.Problems,
	})
	return s.render(c, page, content)
}

func (s *Server) isAPI(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), "/api/") || strings.HasPrefix(c.Path(), hooksPath) || c.Path() == "/ws" || c.Path() == "/api"
}

func (s *Server) logFailure(c *fiber.Ctx, e *flow.Error, err error) {
	if errors.Is(err, fiber.ErrRequestTimeout) {
		return // a kept connection on which nothing more was asked
	}
	if e.Kind == flow.Internal {
		s.Logger.ErrorContext(c.UserContext(), "request failed", slog.String("route", c.Route().Path), slog.Any("error", err))
		return
	}
	if e.Err != nil {
		s.Logger.DebugContext(c.UserContext(), "request refused", slog.String("route", c.Route().Path), slog.String("code", e.Kind.Code()), slog.Any("error", err))
	}
}

func setRetry(c *fiber.Ctx, seconds int) {
	if seconds > 0 {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(seconds))
	}
}

// humaError words huma's own refusals in our envelope: what cannot be read, an
// unknown key and a bad parameter are malformed, a broken rule is invalid.
func humaError(status int, message string, errs ...error) huma.StatusError {
	kind := flow.Invalid
	var list []flow.Problem
	for _, err := range errs {
		d, ok := errors.AsType[*huma.ErrorDetail](err)
		if !ok {
			continue
		}
		where, text := strings.TrimPrefix(d.Location, "body."), d.Message
		if !strings.HasPrefix(d.Location, "body") {
			kind = flow.Malformed
			where = d.Location[strings.IndexByte(d.Location, '.')+1:]
		}
		if text == "unexpected property" {
			kind = flow.Malformed
			text = "There is no such key."
		}
		if key, ok := strings.CutPrefix(text, "expected required property "); ok {
			key, _, _ = strings.Cut(key, " ")
			where, text = strings.TrimPrefix(strings.TrimPrefix(where, "body")+"."+key, "."), "This is required."
		}
		list = append(list, flow.Problem{Path: where, Message: sentence(text)})
	}
	switch {
	case status >= fiber.StatusInternalServerError:
		return problemOf(errors.New(message))
	case status == fiber.StatusRequestEntityTooLarge:
		return problemOf(flow.Errorf(flow.TooLarge, "The request body is too large."))
	case status == fiber.StatusUnsupportedMediaType:
		return problemOf(flow.Errorf(flow.UnsupportedType, "The request body must be JSON."))
	case status == fiber.StatusBadRequest:
		kind = flow.Malformed
	}
	e := flow.Errorf(kind, "The request has %s.", count(len(list), "mistake")).With(list...)
	if len(list) == 0 {
		e = flow.Errorf(kind, "%s", sentence(message))
	}
	return problemOf(e)
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
