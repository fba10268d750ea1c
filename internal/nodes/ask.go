package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// question is one call of a model by a node.
type question struct {
	provider     string // empty: the configured default
	alternatives string // other models, one a line
	request      llm.Request
}

// answer is what the model said, whole, and what the run's record should tell of it.
type answer struct {
	text   string
	finish llm.Finish
	used   llm.Choice // who answered
	usage  flow.Usage
	meta   flow.Meta
}

// ask streams the answer to q to the viewers and returns it whole.
func (d Deps) ask(ctx context.Context, q question, c node.Call) (answer, error) {
	choices, err := d.choices(asked{q.provider, q.request.Model, q.alternatives}, d.ownOf(ctx, c))
	if err != nil {
		return answer{}, err
	}
	m := &llm.Fallback{Choices: choices, Switched: func(from, to llm.Choice, because error) {
		c.Log(flow.LevelWarn, from.Provider.Name+" "+from.Model+" did not answer: "+message(because)+" Going on with "+to.Provider.Name+" "+to.Model+".")
	}}
	whole, err := llm.Collect(ctx, m, q.request, c.Emit)
	a := record(whole, m.Used)
	if err != nil {
		return a, failed(err, m.Used.Provider) // what was used counts all the same
	}
	return a, a.check(m.Used.Provider, c)
}

// defaults names the provider and the model that a step without them uses.
func (d Deps) defaults(params map[string]json.RawMessage) string {
	text := func(key string) string {
		if raw, ok := params[key]; ok {
			return strings.TrimSpace(flow.RawValue(raw).String())
		}
		return ""
	}
	n := asked{text("provider"), text("model"), text("alternatives")}
	if n.provider != "" && n.model != "" && n.alternatives == "" {
		return ""
	}
	choices, err := d.choices(n, anyOwn)
	if err != nil {
		return "none"
	}
	var out []string
	for _, c := range choices {
		out = append(out, c.Provider.ID+" "+c.Model)
	}
	return strings.Join(out, ", ")
}

// ownModel returns the model that is called with the key of the run's owner; nil when
// they have none for the provider.
type ownModel func(p llm.Provider) (llm.Model, error)

// anyOwn stands for an owner with a key for every provider, where nobody is asked.
func anyOwn(p llm.Provider) (llm.Model, error) {
	if p.Own == nil {
		return nil, nil
	}
	return p.Own(""), nil
}

func (d Deps) ownOf(ctx context.Context, c node.Call) ownModel {
	return func(p llm.Provider) (llm.Model, error) {
		if d.Secrets == nil || p.Own == nil {
			return nil, nil
		}
		key, err := d.Secrets.Key(ctx, c.RunID, p.ID)
		if err != nil || key == "" {
			return nil, err
		}
		return p.Own(key), nil
	}
}

// provider returns the provider called id, with the owner's own key if they have one.
func (d Deps) provider(id string, own ownModel) (llm.Provider, error) {
	p, err := d.listed(id)
	if p.ID != "" {
		m, failure := own(p)
		if failure != nil {
			return p, failure
		}
		if m != nil {
			p.Model, p.Configured = m, true
			return p, nil
		}
	}
	if err == nil {
		return p, nil
	}
	e := flow.Errorf(flow.Invalid, "%s", message(err)).Because(err)
	for _, known := range d.Models.List() {
		if known.ID == id && known.Setting != "" {
			if known.Own != nil {
				return p, e.WithHint("Add your key under Settings, Model providers, set %s where Heddle runs, or choose another provider for this step.", known.Setting)
			}
			return p, e.WithHint("Set %s where Heddle runs and restart it, or choose another provider for this step.", known.Setting)
		}
	}
	return p, e
}

// listed returns the provider called id, also one that is not configured: then with
// the error that says so.
func (d Deps) listed(id string) (llm.Provider, error) {
	if id == "" {
		return d.Models.Default(), nil
	}
	p, err := d.Models.Provider(id)
	if err == nil {
		return p, nil
	}
	for _, known := range d.Models.List() {
		if known.ID == id {
			return known, err
		}
	}
	return llm.Provider{}, err
}

func record(whole llm.Answer, used llm.Choice) answer {
	p, model := used.Provider, used.Model
	a := answer{text: whole.Text, finish: whole.Finish, used: used, meta: flow.Meta{"provider": p.ID, "model": model, "finish": string(whole.Finish)}}
	maps.Copy(a.meta, whole.Meta)
	a.usage = usage(whole.Usage, p, model)
	return a
}

// usage counts what an answer consumed. The cost is nil when it is not known;
// an answer without any model is free.
func usage(u *llm.Usage, p llm.Provider, model string) flow.Usage {
	var out flow.Usage
	if u != nil {
		out = flow.Usage{TokensIn: u.In, TokensOut: u.Out, CostUSD: llm.Cost(p.ID, model, *u)}
	}
	if p.NoAI {
		out.CostUSD = new(0.0)
	}
	return out
}

// check refuses an answer that is none, and warns of one that is not whole.
func (a answer) check(p llm.Provider, c node.Call) error {
	switch a.finish {
	case llm.FinishLength:
		c.Log(flow.LevelWarn, "The answer was cut at the token limit. Raise Max tokens to get all of it.")
	case llm.FinishBlocked:
		return flow.Errorf(flow.Invalid, "%s stopped the answer because of its content.", p.Name).
			WithHint("Change the prompt or the pictures and try again.")
	case llm.FinishStop:
	default: // the stream ended without saying why: a cut connection looks like this
		return flow.Errorf(flow.Unavailable, "The answer of %s ended too early.", p.Name).WithHint("Try again.")
	}
	if strings.TrimSpace(a.text) == "" {
		c.Log(flow.LevelWarn, "The model "+a.meta["model"]+" gave an empty answer.")
	}
	return nil
}

// failed turns a model's error into one that the engine and people understand.
// The end of ctx passes through as it is.
func failed(err error, p llm.Provider) error {
	e, ok := errors.AsType[*llm.Error](err)
	if !ok {
		return err
	}
	out := &flow.Error{Kind: flow.Invalid, Message: e.Message, Hint: hint(e.Kind, p), Err: err}
	if e.Passing() {
		out.Kind, out.RetryAfter = flow.Unavailable, e.RetryAfter
	}
	if e.Kind == llm.ErrRate {
		out.Kind = flow.TooMany
	}
	return out
}

func message(err error) string {
	if e, ok := errors.AsType[*llm.Error](err); ok {
		return e.Message
	}
	return "The model provider cannot be used."
}

// hint names the next step after a failed call.
func hint(k llm.ErrorKind, p llm.Provider) string {
	switch k {
	case llm.ErrAuth:
		if p.Setting == "" {
			return "Check the key of " + p.Name + "."
		}
		return "Check the setting " + p.Setting + " where Heddle runs, or choose another provider for this step."
	case llm.ErrRequest:
		return "Check this step's settings: the model, its limits and the schema."
	case llm.ErrModel:
		if p.Default == "" {
			return "Choose another model for this step."
		}
		return "Choose another model for this step, such as " + p.Default + "."
	case llm.ErrRate:
		return p.Name + " limits how much may be asked at once. Wait a little and run this step again."
	case llm.ErrOverloaded, llm.ErrMalformed:
		return "This usually passes. Run this step again in a moment, or choose another provider."
	case llm.ErrTimeout:
		return "Run this step again, ask for a shorter answer, or raise the step's timeout."
	case llm.ErrConnection:
		return "Check that this server can reach " + p.Name + ", then run this step again."
	case llm.ErrBlocked:
		return "Change the prompt or the pictures and try again."
	}
	return ""
}
