package web

import (
	"bytes"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"heddle/internal/flow"
	"heddle/internal/identity"
	"heddle/internal/studio"
	"heddle/views"
)

// hooksPath is where messages of webhooks come in. No cookie or token is looked at.
const hooksPath = "/hooks/"

// delivery takes a message: first it is proven, then counted, then read. The answer
// comes after the run is on disk (trust.md H1 to H3).
func (s *Server) delivery(c *fiber.Ctx) error {
	ctx, from := c.UserContext(), network(s.clientIP(c))
	proven, err := s.Studio.ProveDelivery(ctx, deliveryOf(c))
	if err != nil {
		if wait := s.rates.take(ctx, s.rates.bad, "bad", from); wait > 0 {
			return tooMany(wait)
		}
		return err
	}
	if wait := s.rates.take(ctx, s.rates.hooks, "hooks", proven.Hook().String()); wait > 0 {
		return tooMany(wait)
	}
	if body := proven.Message.Body; len(body) > 0 && bytes.Contains(bytes.ToLower(c.Request().Header.ContentType()), []byte("json")) {
		if err := scanAnyJSON(body); err != nil {
			return err
		}
	}
	out, err := s.Studio.Deliver(ctx, proven)
	if err != nil {
		return err
	}
	status := fiber.StatusOK
	if out.RunID != "" {
		status = fiber.StatusAccepted
	}
	c.Status(status).Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return writeJSON(c, envelope[studio.Delivered]{out})
}

// describeDelivery puts the addresses of webhooks into the API's description.
func (s *Server) describeDelivery(group string) {
	schemas := s.api.OpenAPI().Components.Schemas
	refused := huma.SchemaFromType(schemas, reflect.TypeFor[refusal]())
	taken := map[string]*huma.MediaType{"application/json": {Schema: envelope[studio.Delivered]{}.Schema(schemas)}}
	for path, summary := range map[string]string{"{id}": "Send a message to a webhook", "{id}/{key}": "Send a message to an unsigned webhook"} {
		o := &huma.Operation{
			OperationID: operationID(op{method: "POST", path: hooksPath + path}), Method: "POST", Path: hooksPath + path, Summary: summary, Tags: []string{group},
			Security:    []map[string][]string{{"signature": {}}},
			Description: "What the sender knows proves it: a signature in the headers, or the end of the address. The same message within seven days answers the same run.",
			RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{}}, "text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}}},
			Responses: map[string]*huma.Response{
				"202":     {Description: "A run was started, and is on disk", Content: taken},
				"200":     {Description: "The message only tries the address", Content: taken},
				"default": {Description: "Refused", Content: map[string]*huma.MediaType{"application/json": {Schema: refused}}},
			},
		}
		for name := range strings.FieldsFuncSeq(path, func(r rune) bool { return strings.ContainsRune("{}/", r) }) {
			o.Parameters = append(o.Parameters, &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
		}
		s.api.OpenAPI().AddOperation(o)
	}
}

func deliveryOf(c *fiber.Ctx) studio.Delivery {
	header := http.Header{}
	for k, v := range c.Request().Header.All() {
		header.Add(string(k), string(v))
	}
	query := url.Values{}
	for k, v := range c.Context().QueryArgs().All() {
		query.Add(string(k), string(v))
	}
	return studio.Delivery{
		HookID: flow.ID(c.Params("id")), Query: query,
		Message: identity.HookMessage{Key: c.Params("key"), Header: header, Body: bytes.Clone(c.Request().Body())},
	}
}

// hookLimit is the most that is read of a message before it is proven: more than from
// other strangers only at the address of a webhook that exists.
func (s *Server) hookLimit(h *fasthttp.RequestHeader) (int, bool) {
	rest, is := strings.CutPrefix(string(h.RequestURI()), hooksPath)
	if !is {
		return 0, false
	}
	id, _, _ := strings.Cut(rest, "?")
	id, _, _ = strings.Cut(id, "/")
	ctx, cancel := lookWithin()
	defer cancel()
	if s.Studio.KnowsHook(ctx, flow.ID(id)) {
		return flow.MaxHookMessage, true
	}
	return strangerLimit, true
}

func (s *Server) createHook(c *fiber.Ctx) error {
	in := studio.CreateHook{Body: studio.HookDraft{
		Name: c.FormValue("name"), WorkflowID: flow.ID(c.FormValue("workflowId")), Kind: flow.HookKind(c.FormValue("kind")), Secret: flow.Secret(c.FormValue("secret")),
	}}
	out, err := s.Studio.CreateHook(c.UserContext(), in)
	if err != nil {
		return s.settingsAgain(c, hidden(err), views.SettingsForms{Hook: views.NewForm(typed(c, "name", "workflowId", "kind"), hidden(err))})
	}
	m, err := s.settings(c)
	if err != nil {
		return err
	}
	m.NewHook = &flow.NewHook{Hook: out.Webhook, Path: out.Path, Secret: flow.Secret(out.Secret)}
	p, content := views.Settings(m)
	return s.render(c, p, content)
}

// changeHook does what one of the small forms of a webhook says.
func (s *Server) changeHook(c *fiber.Ctx) error {
	in, text := studio.UpdateHook{ID: flow.ID(c.Params("id"))}, "The webhook takes messages."
	switch c.FormValue("do") {
	case "off":
		in.Body.Enabled, text = new(false), "The webhook is switched off."
	case "on":
		in.Body.Enabled = new(true)
	case "secret":
		in.Body.Secret, text = flow.Secret(c.FormValue("secret")), "The signing secret is kept. The old one counts no more."
	default:
		return flow.Errorf(flow.Malformed, "The form says not what to do.")
	}
	if _, err := s.Studio.UpdateHook(c.UserContext(), in); err != nil {
		if flow.KindOf(err) != flow.Invalid {
			return hidden(err)
		}
		return s.settingsAgain(c, err, views.SettingsForms{HookID: in.ID, HookSecret: views.NewForm(nil, err)})
	}
	return s.see(c, "/settings#webhooks", &views.Flash{Text: text})
}

func (s *Server) deleteHook(c *fiber.Ctx) error {
	if _, err := s.Studio.DeleteHook(c.UserContext(), studio.ByID{ID: flow.ID(c.Params("id"))}); err != nil {
		return hidden(err)
	}
	return s.see(c, "/settings#webhooks", &views.Flash{Text: "The webhook is gone."})
}
