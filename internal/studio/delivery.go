package studio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"mime"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"heddle/internal/flow"
	"heddle/internal/identity"
)

// Delivery is a message to a webhook.
type Delivery struct {
	HookID  flow.ID
	Query   url.Values
	Message identity.HookMessage
}

// Proven is a message whose sender holds the secret of the webhook.
type Proven struct {
	Delivery
	hook flow.Hook
	name string // of the delivery: the same for each copy; "" when it has none
}

// Hook returns the webhook that the message is for.
func (p Proven) Hook() flow.ID { return p.hook.ID }

// KnowsHook reports whether there is a webhook with this id.
func (s *Service) KnowsHook(ctx context.Context, id flow.ID) bool {
	if !id.Is(flow.HookPrefix) {
		return false
	}
	_, err := s.store.AnyHook(ctx, id)
	return err == nil
}

// ProveDelivery finds out who sent a message before anything in it is read (trust.md
// H1). What is not proven is [flow.Unauthenticated], whatever the reason: the reason is
// on the owner's page.
func (s *Service) ProveDelivery(ctx context.Context, d Delivery) (Proven, error) {
	refused := flow.Errorf(flow.Unauthenticated, "There is no webhook at this address, or the message is not signed as it wants.").
		WithHint("Look at the webhook under Settings, Webhooks.")
	if !d.HookID.Is(flow.HookPrefix) {
		return Proven{}, refused
	}
	h, err := s.store.AnyHook(ctx, d.HookID)
	if flow.KindOf(err) == flow.NotFound {
		return Proven{}, refused
	}
	if err != nil {
		return Proven{}, err
	}
	secret, err := s.openHook(ctx, h)
	if err != nil {
		s.touchHook(ctx, h, flow.MessageOf(err))
		return Proven{}, refused.Because(err)
	}
	name, err := identity.ProveHook(h.Kind, secret, d.Message, time.Now())
	if err != nil {
		s.touchHook(ctx, h, err.Error())
		return Proven{}, refused.Because(err)
	}
	if !h.Enabled {
		s.touchHook(ctx, h, "the webhook is switched off")
		return Proven{}, flow.Errorf(flow.Forbidden, "This webhook is switched off.").WithHint("Switch it on under Settings, Webhooks.")
	}
	return Proven{Delivery: d, hook: h, name: name}, nil
}

func (s *Service) openHook(ctx context.Context, h flow.Hook) (flow.Secret, error) {
	if s.secrets.Vault == nil {
		return "", errNoVault()
	}
	n, box, err := s.store.Secret(ctx, flow.Owner(h.UserID), h.SecretName())
	if flow.KindOf(err) == flow.NotFound {
		return "", flow.Errorf(flow.Unavailable, "the signing secret is not set yet")
	}
	if err != nil {
		return "", err
	}
	raw, err := s.secrets.Vault.Open(box, n.Owner())
	if err != nil {
		return "", flow.Errorf(flow.Unavailable, "the signing secret cannot be opened").Because(err)
	}
	return flow.Secret(raw), nil
}

// touchEvery bounds how often the use of a webhook is written down.
const touchEvery = 10 * time.Second

// touchHook notes a message that was taken, or why one was refused. Nobody waits for
// it to be right to the second.
func (s *Service) touchHook(ctx context.Context, h flow.Hook, refusal string) {
	last := h.LastUsedAt
	if refusal != "" {
		last = h.LastRefusedAt
	}
	if last != nil && time.Since(*last) < touchEvery {
		return
	}
	if err := s.store.TouchHook(ctx, flow.Owner(h.UserID), h.ID, time.Now(), refusal); err != nil {
		s.log.WarnContext(ctx, "webhook not marked as used", slog.String("webhook_id", h.ID.String()), slog.Any("error", err))
	}
}

// Delivered answers a message that was taken.
type Delivered struct {
	RunID     flow.ID `json:"runId,omitempty" doc:"The run that was started, or that an earlier copy of the message started."`
	Ignored   string  `json:"ignored,omitempty" doc:"Why no run was started, as for GitHub's ping."`
	Challenge string  `json:"challenge,omitempty" doc:"Slack's challenge, given back."`
}

// deliveryLife is how long copies of a message answer the same run (trust.md H2).
const deliveryLife = 7 * 24 * time.Hour

// Deliver starts the run that a proven message asks for. It is on disk before this
// returns; a copy of the message answers the same run.
func (s *Service) Deliver(ctx context.Context, p Proven) (Delivered, error) {
	content, err := p.content()
	if err != nil {
		s.touchHook(ctx, p.hook, flow.MessageOf(err))
		return Delivered{}, err
	}
	if out, is := p.greeting(content); is {
		s.touchHook(ctx, p.hook, "")
		return out, nil
	}
	run, err := s.deliver(ctx, p, content)
	if err != nil {
		s.touchHook(ctx, p.hook, flow.MessageOf(err))
		return Delivered{}, err
	}
	s.touchHook(ctx, p.hook, "")
	return Delivered{RunID: run.ID}, nil
}

func (s *Service) deliver(ctx context.Context, p Proven, content flow.Value) (flow.Run, error) {
	u, err := s.store.UserByID(ctx, p.hook.UserID)
	if err != nil {
		return flow.Run{}, err
	}
	a := flow.Actor{User: u, Via: flow.ViaHook, Scopes: []flow.Scope{flow.ScopeRunStart}}
	w, err := s.store.WorkflowVersion(ctx, a.Owner(), p.hook.WorkflowID, 0)
	if err != nil {
		return flow.Run{}, err
	}
	inputs, err := p.inputs(w, content)
	if err != nil {
		return flow.Run{}, err
	}
	d, err := s.newRun(ctx, a, ExecuteBody{WorkflowID: w.ID, Inputs: inputs})
	if err != nil {
		return flow.Run{}, err
	}
	key := ""
	if p.name != "" {
		sum := sha256.Sum256([]byte(p.name))
		key = string(p.hook.ID) + " " + hex.EncodeToString(sum[:])
	}
	return s.accept(ctx, a, d, key, deliveryLife)
}

// content reads the body: JSON as it is, a form as an object of texts, anything else
// as text.
func (p Proven) content() (flow.Value, error) {
	body := p.Message.Body
	media, _, _ := mime.ParseMediaType(p.Message.Header.Get("Content-Type"))
	switch {
	case len(body) == 0:
		return flow.Text(""), nil
	case media == "application/json" || strings.HasSuffix(media, "+json"):
		if !json.Valid(body) {
			return flow.Value{}, flow.Errorf(flow.Malformed, "The message is not valid JSON.")
		}
		return flow.RawValue(body), nil
	case !utf8.Valid(body):
		return flow.Value{}, flow.Errorf(flow.UnsupportedType, "The message is neither JSON nor text.").WithHint("Send files through POST /api/files.")
	case media == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return flow.Value{}, flow.Errorf(flow.Malformed, "The message is not a valid form.").Because(err)
		}
		return flow.ValueOf(texts(form))
	}
	return flow.Text(string(body)), nil
}

// greeting answers messages that only try the address.
func (p Proven) greeting(content flow.Value) (Delivered, bool) {
	switch p.hook.Kind {
	case flow.HookGitHub:
		return Delivered{Ignored: "ping"}, p.Message.Header.Get("X-Github-Event") == "ping"
	case flow.HookSlack:
		var hello struct{ Type, Challenge string }
		is := json.Unmarshal(content.Raw(), &hello) == nil && hello.Type == "url_verification"
		return Delivered{Challenge: hello.Challenge}, is
	case flow.HookStandard, flow.HookStripe, flow.HookUnsigned:
	}
	return Delivered{}, false
}

// inputs gives the Input steps of the workflow what the message has under their names:
// body or input is all of it, headers and query are objects of texts, and any other
// name is a member of the body's object, else of the query. The rest keep the value
// that is written in them.
func (p Proven) inputs(w flow.Workflow, content flow.Value) (map[string]json.RawMessage, error) {
	g, err := flow.ParseGraph(w.Nodes, w.Edges)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	_ = json.Unmarshal(content.Raw(), &members) // what is no object has no members
	out := map[string]json.RawMessage{}
	for _, n := range g.Nodes {
		var v any
		switch name := n.InputName(); strings.ToLower(name) {
		case "":
			continue
		case "body", flow.InputName:
			v = content
		case "headers":
			v = p.headers()
		case "query":
			v = texts(p.Query)
		default:
			if raw, ok := members[name]; ok {
				v = raw
			} else if p.Query.Has(name) {
				v = p.Query.Get(name)
			} else {
				continue
			}
		}
		// An object of settings: a plain one would be read as the settings themselves.
		if out[n.ID], err = json.Marshal(map[string]any{"value": v}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// private are headers that prove something, or belong to the way and not the message.
var private = map[string]bool{
	"Authorization": true, "Cookie": true, "Proxy-Authorization": true, "Connection": true, "Content-Length": true,
	"Webhook-Signature": true, "X-Hub-Signature": true, "X-Hub-Signature-256": true, "Stripe-Signature": true, "X-Slack-Signature": true,
}

func (p Proven) headers() map[string]string {
	out := map[string]string{}
	for name, values := range p.Message.Header {
		if !private[name] {
			out[strings.ToLower(name)] = strings.Join(values, ", ")
		}
	}
	return out
}

// texts returns the first value of each name.
func texts(v url.Values) map[string]string {
	out := map[string]string{}
	for name := range v {
		out[name] = v.Get(name)
	}
	return out
}
