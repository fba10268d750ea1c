package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humafiber"

	"heddle/internal/flow"
	"heddle/internal/studio"
)

// declared is what the route table says of one API route.
type declared struct {
	method, path string
	scope        flow.Scope // what a token needs; "" where people alone, or anybody, may
}

// newAPI returns huma on our Fiber app, with our error envelope and no pages of its own.
func (s *Server) newAPI() huma.API {
	huma.NewError, huma.ValidateStrictCasing = humaError, true // "NAME" is no second way to write "name"
	conf := huma.DefaultConfig("Heddle", s.Version)
	conf.OpenAPIPath, conf.DocsPath, conf.SchemasPath, conf.CreateHooks = "", "", "", nil
	conf.Formats = map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()}
	conf.Info.Description = "Everything the pages do, as JSON. Send Authorization: Bearer hdl_..., a token made under Settings."
	conf.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":     {Type: "http", Scheme: "bearer", Description: "An API token, or a Clerk session token."},
		"session":   {Type: "apiKey", In: "cookie", Name: s.cookieName()},
		"signature": {Type: "apiKey", In: "header", Name: "Webhook-Signature", Description: "By the Standard Webhooks rules; GitHub, Stripe and Slack have headers of their own."},
	}
	conf.Transformers = append(conf.Transformers, func(c huma.Context, _ string, v any) (any, error) {
		if p, ok := v.(*refusal); ok {
			p.RequestID = flow.RequestIDFrom(c.Context())
			if p.retry > 0 {
				c.SetHeader("Retry-After", strconv.Itoa(p.retry))
			}
		}
		return v, nil
	})
	api := humafiber.New(s.app, conf)
	api.UseMiddleware(func(c huma.Context, next func(huma.Context)) { next(decoded{c}) })
	describe(api.OpenAPI().Components.Schemas)
	return api
}

// decoded is a request whose parts of the path are decoded: the id of a step may hold a
// space or, where another step called it, a slash. Routes are found before that.
type decoded struct{ request }

// request is [huma.Context] by a name that does not hide its method Context.
type request = huma.Context

// Param returns a decoded part of the path. What no id can hold stays as it came, and
// so names nothing.
func (d decoded) Param(name string) string {
	raw := d.request.Param(name)
	if s, err := url.PathUnescape(raw); err == nil && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return raw
}

// Unwrap returns the request as it came.
func (d decoded) Unwrap() huma.Context { return d.request }

// eventDoc is how an event looks, for the OpenAPI document.
type eventDoc struct {
	Type  string    `json:"type" enum:"run.status,node.status,node.delta,log"`
	RunID string    `json:"runId"`
	Seq   int64     `json:"seq" doc:"1..n without a gap."`
	At    time.Time `json:"at"`

	_ struct{} `additionalProperties:"true"`
}

func describe(r huma.Registry) {
	r.RegisterTypeAlias(reflect.TypeFor[flow.Value](), reflect.TypeFor[json.RawMessage]())
	r.RegisterTypeAlias(reflect.TypeFor[flow.Event](), reflect.TypeFor[eventDoc]())
}

// envelope is a success: "success": true before the use case's own members.
type envelope[T any] struct{ value T }

// writeTo writes the envelope.
func (e envelope[T]) writeTo(w io.Writer) error {
	var b bytes.Buffer
	if err := writeJSON(&b, e.value); err != nil {
		return err
	}
	inner := bytes.TrimRight(b.Bytes(), "\n")
	if len(inner) <= 2 {
		_, err := io.WriteString(w, `{"success":true}`)
		return err
	}
	_, err := io.WriteString(w, `{"success":true,`)
	if err == nil {
		_, err = w.Write(inner[1:])
	}
	return err
}

// Schema describes the envelope in the OpenAPI document.
func (e envelope[T]) Schema(r huma.Registry) *huma.Schema {
	t := reflect.TypeFor[T]()
	inner := r.Schema(t, false, "Answer")
	if inner.Ref != "" {
		inner = r.SchemaFromRef(inner.Ref)
	}
	out := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"success": {Type: huma.TypeBoolean, Enum: []any{true}},
	}, Required: []string{"success"}}
	maps.Copy(out.Properties, inner.Properties)
	out.Required = append(out.Required, inner.Required...)
	return out
}

// reply is a success with its headers.
type reply[T any] struct {
	Status   int
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     envelope[T]
}

// op declares one API route.
type op struct {
	status  int
	method  string
	path    string
	scope   flow.Scope
	summary string
	group   string
}

// route registers a use case as an API route.
func route[In, Out any](s *Server, o op, call func(context.Context, In) (Out, error)) {
	s.routes = append(s.routes, declared{o.method, o.path, o.scope})
	detail := ""
	if o.scope != "" {
		detail = "A token needs the scope " + string(o.scope) + "."
	}
	huma.Register(s.api, huma.Operation{
		OperationID: operationID(o), Method: o.method, Path: o.path, Summary: o.summary, Description: detail, Tags: []string{o.group},
		DefaultStatus: o.status, MaxBodyBytes: jsonLimit, Errors: []int{400, 401, 403, 404, 409, 413, 415, 422, 429, 500},
		Security: []map[string][]string{{"token": {}}, {"session": {}}}, Extensions: map[string]any{"x-scope": string(o.scope)},
		Middlewares: huma.Middlewares{s.guard(o.scope)},
	}, func(ctx context.Context, in *In) (*reply[Out], error) {
		out, err := call(ctx, *in)
		if err != nil {
			e := known(err)
			if e.Kind == flow.Internal {
				s.Logger.ErrorContext(ctx, "request failed", slog.String("route", o.method+" "+o.path), slog.Any("error", err))
			}
			return nil, problemOf(err)
		}
		return answer(o.status, out), nil
	})
}

// guard refuses who may not call a route before a word is said about the body.
func (s *Server) guard(scope flow.Scope) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humafiber.Unwrap(ctx)
		_, err := flow.ActorFrom(c.UserContext())
		if scope != "" {
			_, err = flow.Require(c.UserContext(), scope)
		}
		if err == nil {
			err = checkBody(c)
		}
		if err == nil {
			next(ctx)
			return
		}
		if err := s.fail(c, err); err != nil {
			s.Logger.ErrorContext(c.UserContext(), "refusal not written", slog.Any("error", err))
		}
	}
}

func answer[Out any](status int, out Out) *reply[Out] {
	r := &reply[Out]{Status: status, Body: envelope[Out]{out}}
	switch v := any(out).(type) {
	case studio.WorkflowOut:
		r.ETag = `"` + strconv.Itoa(v.Workflow.Version) + `"`
		if status == http.StatusCreated {
			r.Location = "/api/workflows/" + string(v.Workflow.ID)
		}
	case studio.RunStarted:
		if v.Run == nil {
			r.Status = http.StatusOK // a plan, nothing was started
			return r
		}
		r.Location = "/api/runs/" + string(v.RunID)
	}
	return r
}

// operationID makes "get-api-workflows-id" of a route.
func operationID(o op) string {
	return strings.ToLower(o.method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(o.path)
}
