package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// Secrets gives a step the secrets of the run's owner.
type Secrets interface {
	// Secret returns the secret of the given name that belongs to the owner of the
	// run, if it may be sent to host. Errors are for the user.
	Secret(ctx context.Context, run flow.ID, name, host string) (flow.Secret, error)
	// Key returns the owner's own key of a model provider; "" when they have none.
	Key(ctx context.Context, run flow.ID, provider string) (flow.Secret, error)
}

type httpParams struct {
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Query   json.RawMessage `json:"query"`
	Headers json.RawMessage `json:"headers"`
	Body    json.RawMessage `json:"body"`
	Secret  string          `json:"secret"`
	Auth    string          `json:"auth"`
	Answer  string          `json:"answer"`
	OnError string          `json:"failure"`
}

func httpKind(d Deps) node.Kind {
	return node.Define(node.Spec{
		Type:    "http",
		Version: 1,
		Title:   "HTTP request",
		Summary: "Sends a request to a web address and gives the answer.",
		Docs: "Calls any public web address or API. The answer's body comes as text, JSON or a file, with the status and the headers beside it. " +
			"An answer other than 2xx fails the step unless it is passed on. Requests that change something carry an Idempotency-Key that stays " +
			"the same when the step is tried again. Private and local addresses are not reached. Text and JSON may have 5 MiB, a file 25 MiB.",
		Category: "Web",
		Icon:     "http",
		Color:    string(flow.TypeJSON),
		Purity:   node.Effect, // GET too: what it answers may be another thing the next time
		Inputs: []node.Port{
			{Name: "url", Label: "Address", Type: flow.TypeText, Help: "The address; it wins over the setting."},
			{Name: "body", Label: "Body", Type: flow.TypeAny, Help: "What is sent: a text, JSON or a file."},
			{Name: "headers", Label: "Headers", Type: flow.TypeJSON, Help: "A JSON object of headers; it wins over the setting."},
			{Name: "query", Label: "Query", Type: flow.TypeJSON, Help: "A JSON object of query parameters; it wins over the setting."},
		},
		Outputs: []node.Port{
			{Name: "body", Label: "Body", Type: flow.TypeAny, Help: "The body of the answer: text, JSON or a file."},
			{Name: "status", Label: "Status", Type: flow.TypeNumber, Help: "The status, as in 200."},
			{Name: "headers", Label: "Headers", Type: flow.TypeJSON, Help: "The headers of the answer by lower-case name."},
		},
		Fields:  httpFields(),
		Input:   "url",
		Preview: "url",
	}, d.runHTTP)
}

func httpFields() []node.Field {
	return []node.Field{
		{Key: "method", Label: "Method", Widget: node.WidgetSelect, Default: http.MethodGet, Help: "GET reads; the others may change something.", Options: choices(methods()...)},
		{
			Key: "url", Label: "Address", Widget: node.WidgetText, Required: true, Template: true, Placeholder: "https://api.example.com/items/{{id}}",
			Help: "Begins with https:// or http://. Put values with spaces or signs into the query.",
		},
		{Key: "query", Label: "Query", Widget: node.WidgetJSON, Help: `A JSON object that is added to the address, as in {"page": 2, "tag": ["a", "b"]}.`},
		{Key: "headers", Label: "Headers", Widget: node.WidgetJSON, Help: `A JSON object, as in {"Accept": "application/json"}. Keys do not belong here: write {{secret.NAME}} where one goes.`},
		{Key: "body", Label: "Body", Widget: node.WidgetTextarea, Template: true, Help: "What is sent. A connected file, JSON or text is sent as such. Not for GET and HEAD."},
		{Key: "secret", Label: "Secret", Widget: node.WidgetSecret, Help: "The name of the secret that signs the request in."},
		{Key: "auth", Label: "Sent as", Widget: node.WidgetSelect, Default: "bearer", Help: "How the secret is sent.", Options: []node.Option{
			{Value: "bearer", Label: "Authorization: Bearer …"}, {Value: "basic", Label: "Authorization: Basic … (the secret is user:password)"}, {Value: "key", Label: "X-API-Key: …"},
		}},
		{Key: "answer", Label: "Read the answer as", Widget: node.WidgetSelect, Default: "auto", Help: "Automatic goes by the content type that the server names.", Options: []node.Option{
			{Value: "auto", Label: "Automatic"}, {Value: "text", Label: "Text"}, {Value: "json", Label: "JSON"}, {Value: "file", Label: "File"},
		}},
		{Key: "failure", Label: "An answer other than 2xx", Widget: node.WidgetSelect, Default: "fail", Help: "Whether the step fails, or gives such an answer as any other.", Options: []node.Option{
			{Value: "fail", Label: "Fails the step"}, {Value: "pass", Label: "Is passed on"},
		}},
	}
}

func methods() []string {
	return []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}
}

func choices(values ...string) []node.Option {
	out := make([]node.Option, len(values))
	for i, v := range values {
		out[i] = node.Option{Value: v, Label: v}
	}
	return out
}

func (d Deps) runHTTP(ctx context.Context, p httpParams, c node.Call) (node.Result, error) {
	req, err := newRequest(ctx, p, c)
	if err != nil {
		return node.Result{}, err
	}
	used, err := d.fillIn(req, c)
	if err != nil {
		return node.Result{}, err
	}
	secret, err := d.sign(req, p, c)
	if err != nil {
		return node.Result{}, err
	}
	hide := newHider(append(used, secret))
	resp, err := d.HTTP.Do(req)
	if err != nil {
		return node.Result{}, unreachable(ctx, req.URL.Hostname(), err)
	}
	defer resp.Body.Close()
	if (resp.StatusCode < 200 || resp.StatusCode > 299) && p.OnError != "pass" {
		return node.Result{}, statusError(resp, hide)
	}
	return response{p.Answer, resp, c, hide}.result(ctx)
}

// sign adds the secret that p names to the request and returns it.
func (d Deps) sign(req *http.Request, p httpParams, c node.Call) (flow.Secret, error) {
	if p.Secret == "" {
		return "", nil
	}
	secret, err := d.secret(req, p.Secret, c)
	if err != nil {
		return "", err
	}
	name, value := credentials(p.Auth, secret)
	if badValue(value) {
		return "", flow.Errorf(flow.Invalid, "The secret %s cannot be sent in a header.", p.Secret).WithHint("A line break may have come in when it was pasted. Save it again.")
	}
	req.Header.Set(name, value)
	return secret, nil
}

// fillIn puts secrets into the headers that ask for them, and returns them.
func (d Deps) fillIn(req *http.Request, c node.Call) ([]flow.Secret, error) {
	var used []flow.Secret
	for _, values := range req.Header {
		for i, v := range values {
			for _, m := range node.SecretMark.FindAllStringSubmatch(v, -1) {
				secret, err := d.secret(req, m[1], c)
				if err != nil {
					return nil, err
				}
				used = append(used, secret)
				values[i] = strings.ReplaceAll(values[i], m[0], secret.Reveal())
			}
			if badValue(values[i]) {
				return nil, flow.Errorf(flow.Invalid, "A secret cannot be sent in a header.").WithHint("A line break may have come in when it was pasted. Save it again.")
			}
		}
	}
	return used, nil
}

// secret returns a secret of the run's owner that may go where the request goes.
func (d Deps) secret(req *http.Request, name string, c node.Call) (flow.Secret, error) {
	if req.URL.Scheme != "https" && !local(req.URL.Hostname()) {
		return "", flow.Errorf(flow.Invalid, "A secret is sent over https:// only.").WithHint("Use an address that begins with https://.")
	}
	if d.Secrets == nil {
		return "", flow.Errorf(flow.Invalid, "The secret %s cannot be used: this server keeps no secrets.", name).
			WithHint("Remove the secret from the step, or ask who runs the server to set up secrets.")
	}
	return d.Secrets.Secret(req.Context(), c.RunID, name, req.URL.Hostname())
}

// summary is what the run shows of an answer beside its outputs.
func summary(resp *http.Response, size int) flow.Meta {
	return flow.Meta{"status": fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode)), "size": count(size, "byte")}
}
