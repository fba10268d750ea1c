package views

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/views/ui"
)

const fallbackExample = `"no answer"`

// fieldView is one field of the inspector with its value and what is said about it.
type fieldView struct {
	node.Field
	Value     string
	Connected bool
	Sources   []node.Source // the steps that feed it
	Marks     []markView    // the inputs that its {{name}} marks make
	Problem   string
	Providers []flow.ProviderStatus // in the order they are offered
	Provider  *flow.ProviderStatus  // the chosen one, or the one that is used by default
	Image     *flow.FileRef
	Price     string
	Note      string
	Secrets   []string      // names of the secrets that can be used
	Callees   []node.Callee // the workflows that can be called
	Callee    *node.Callee  // the chosen one; nil: none, or one that is not there
}

func fieldsOf(p node.Panel) []fieldView {
	data := members(p.Node.Data)
	providers := offered(p.Providers)
	chosen := chosenProvider(providers, flow.RawValue(data["provider"]).String())
	out := make([]fieldView, 0, len(p.Spec.Fields))
	for _, f := range p.Spec.Fields {
		v := fieldView{Field: f, Providers: providers, Provider: chosen}
		v.Value = fieldValue(f, data[f.Key])
		v.Connected = slices.Contains(p.Connected, f.Key)
		v.Sources = sourcesOf(p, f.Key)
		v.Marks = marksOf(p, f, data)
		v.Problem = fieldProblem(p.Problems, f.Key)
		v.describe(data[f.Key])
		switch f.Widget { //nolint:exhaustive // the others offer nothing of the user's
		case node.WidgetWorkflow:
			v.offer(p.Callees)
		case node.WidgetSecret:
			v.offerSecrets(p.Secrets)
		}
		out = append(out, v)
	}
	return out
}

// describe adds what a widget says beyond the value.
func (f *fieldView) describe(raw json.RawMessage) {
	switch f.Widget {
	case node.WidgetProvider:
		if p := f.Provider; p != nil && !p.Usable() && f.Value != "" {
			f.Note = notReadyNote(*p)
		} else if p != nil && p.NoAI {
			f.Note = p.Name + " computes its answers; it uses no AI model."
		}
	case node.WidgetModel:
		f.Price = f.modelPrice()
	case node.WidgetImage:
		f.Image = imageOf(raw)
	case node.WidgetSecret:
		f.Help = strings.TrimSpace(f.Help + " The name of a secret. Its value is read where Heddle runs and is never shown or kept here.")
	case node.WidgetText, node.WidgetTextarea, node.WidgetNumber, node.WidgetSwitch, node.WidgetSelect, node.WidgetJSON, node.WidgetSchema, node.WidgetWorkflow:
	}
}

// notReadyNote says how a provider is set up.
func notReadyNote(p flow.ProviderStatus) string {
	if p.TakesKey {
		return p.Name + " is not set up: add your key under Settings, or set " + p.Setting + " on the server."
	}
	return p.Name + " is not configured: set " + p.Setting + " on the server."
}

// offerSecrets adds the names of the user's secrets.
func (f *fieldView) offerSecrets(names []string) {
	f.Secrets = names
	if f.Value != "" && !slices.Contains(names, f.Value) {
		f.Note = "You keep no secret with this name. Add it under Settings, Secrets."
	}
}

// offer adds the workflows that can be called.
func (f *fieldView) offer(callees []node.Callee) {
	f.Callees = callees
	for i := range callees {
		if callees[i].ID.String() == f.Value {
			f.Callee = &callees[i]
			return
		}
	}
	if f.Value != "" {
		f.Note = "This workflow is not there, or it is not yours. Choose another one."
	}
}

// calleeWords says what a workflow takes and gives.
func calleeWords(c node.Callee) string {
	takes, gives := "It has no Input step.", ""
	if len(c.Inputs) > 0 {
		takes = "Its inputs: " + strings.Join(c.Inputs, ", ") + "."
	}
	if len(c.Results) > 0 {
		gives = " Its results: " + strings.Join(c.Results, ", ") + "."
	}
	return takes + gives
}

func members(data json.RawMessage) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	_ = json.Unmarshal(data, &m) // data that is no object has no members
	return m
}

// fieldValue returns the field's value as its widget shows it.
func fieldValue(f node.Field, raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		if f.Default == nil {
			return ""
		}
		b, err := json.Marshal(f.Default)
		if err != nil {
			return ""
		}
		raw = b
	}
	if raw[0] == '[' && (f.Widget == node.WidgetText || f.Widget == node.WidgetTextarea) {
		return joined(f, raw)
	}
	if (f.Widget == node.WidgetJSON || f.Widget == node.WidgetSchema) && raw[0] != '"' {
		return pretty(raw)
	}
	return flow.RawValue(raw).String()
}

// joined returns a list of texts as it is typed: an item a line, or between commas
// where there is one line. Other lists stay JSON.
func joined(f node.Field, raw json.RawMessage) string {
	var items []string
	if json.Unmarshal(raw, &items) != nil {
		return flow.RawValue(raw).String()
	}
	if f.Widget == node.WidgetText {
		return strings.Join(items, ", ")
	}
	return strings.Join(items, "\n")
}

// pretty returns JSON with two spaces a level; what is no JSON comes back as it is.
func pretty(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

func fieldProblem(list []flow.Problem, key string) string {
	for _, p := range list {
		if p.Path == key || strings.HasSuffix(p.Path, "data."+key) {
			return p.Message
		}
	}
	return ""
}

// generalProblems returns the problems that no field shows.
func generalProblems(p node.Panel) []flow.Problem {
	var out []flow.Problem
	for _, pr := range p.Problems {
		shown := p.Spec != nil && slices.ContainsFunc(p.Spec.Fields, func(f node.Field) bool {
			return fieldProblem([]flow.Problem{pr}, f.Key) != ""
		})
		if !shown {
			out = append(out, pr)
		}
	}
	return out
}

func labelOf(n flow.Node) string { return flow.RawValue(members(n.Data)["label"]).String() }

func kindTitle(p node.Panel) string {
	if p.Spec != nil {
		return p.Spec.Title
	}
	return orWord(p.Node.Type, "no kind")
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}

func (f fieldView) id() string { return "insp-f-" + f.Key }

func (f fieldView) rows() string {
	n := strings.Count(f.Value, "\n") + 1
	return strconv.Itoa(min(max(n, 4), 14))
}

// attributes are those that every widget carries: the editor reads data-key and
// data-widget.
func (f fieldView) attributes() templ.OrderedAttributes {
	a := templ.OrderedAttributes{
		{Key: "name", Value: "data." + f.Key},
		{Key: "data-key", Value: f.Key},
		{Key: "data-widget", Value: string(f.Widget)},
		{Key: "disabled", Value: f.Connected},
		{Key: "required", Value: f.Required && !f.Connected},
	}
	if f.Problem != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-invalid", Value: "true"})
	}
	if ids := f.describedBy(); ids != "" {
		a = append(a, templ.KeyValue[string, any]{Key: "aria-describedby", Value: ids})
	}
	if f.Template {
		a = append(a, templ.KeyValue[string, any]{Key: "data-template", Value: "true"})
	}
	return a
}

func (f fieldView) describedBy() string {
	var ids []string
	if f.Problem != "" {
		ids = append(ids, f.id()+"-err")
	}
	if f.Connected {
		ids = append(ids, f.id()+"-fed")
	}
	if f.Help != "" {
		ids = append(ids, f.id()+"-help")
	}
	return strings.Join(ids, " ")
}

func (f fieldView) limits() templ.OrderedAttributes {
	var a templ.OrderedAttributes
	for _, l := range []struct {
		name string
		v    *float64
	}{{"min", f.Min}, {"max", f.Max}, {"step", f.Step}} {
		if l.v != nil {
			a = append(a, templ.KeyValue[string, any]{Key: l.name, Value: strconv.FormatFloat(*l.v, 'f', -1, 64)})
		}
	}
	if f.Step == nil {
		a = append(a, templ.KeyValue[string, any]{Key: "step", Value: "any"})
	}
	return a
}

// missingOption reports whether the value is none of the options, as in a
// document from elsewhere; it is shown as it is.
func (f fieldView) missingOption() bool {
	return !slices.ContainsFunc(f.Options, func(o node.Option) bool { return o.Value == f.Value })
}

func imageOf(raw json.RawMessage) *flow.FileRef {
	v := flow.RawValue(raw)
	if ref, ok := v.FileRef(); ok {
		return &ref
	}
	if id := flow.ID(v.String()); id.Is(flow.FilePrefix) {
		return &flow.FileRef{File: id}
	}
	return nil
}

func imageWords(f flow.FileRef) string {
	var parts []string
	if f.Name != "" {
		parts = append(parts, f.Name)
	}
	if f.Width > 0 && f.Height > 0 {
		parts = append(parts, ui.Number(f.Width)+" × "+ui.Number(f.Height))
	}
	if f.Size > 0 {
		parts = append(parts, ui.Size(f.Size))
	}
	return strings.Join(parts, " · ")
}

// policy is what the engine does when the node is slow or fails.
type policy struct{ Timeout, OnError, Fallback, Attempts, Delay string }

func policyOf(n flow.Node) policy {
	d := members(n.Data)
	p := policy{Timeout: flow.RawValue(d["timeout"]).String(), OnError: flow.RawValue(d["onError"]).String()}
	retry := members(d["retry"])
	p.Attempts, p.Delay = flow.RawValue(retry["attempts"]).String(), flow.RawValue(retry["delay"]).String()
	if raw := d["fallback"]; len(raw) > 0 {
		p.Fallback = pretty(raw)
	}
	return p
}

func (p policy) changed() bool {
	return p.Timeout != "" || p.Fallback != "" || p.Attempts != "" || p.Delay != "" || (p.OnError != "" && p.OnError != "fail")
}
