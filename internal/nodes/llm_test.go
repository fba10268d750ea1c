package nodes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
	"heddle/internal/nodes"
)

// answers is a model that gives one answer after the other, or fails with an error
// of the kind that a text "!kind" names.
type answers struct {
	texts []string
	asked []llm.Request
}

func (m *answers) Stream(_ context.Context, r llm.Request) iter.Seq2[llm.Part, error] {
	text := m.texts[len(m.asked)]
	m.asked = append(m.asked, r)
	return func(yield func(llm.Part, error) bool) {
		if kind, bad := strings.CutPrefix(text, "!"); bad {
			yield(llm.Part{}, &llm.Error{Kind: llm.ErrorKind(kind), Provider: "P", Message: "It is " + kind + "."})
			return
		}
		if yield(llm.Part{Text: text}, nil) {
			yield(llm.Part{Usage: &llm.Usage{In: 10, Out: 5}, Finish: llm.FinishStop}, nil)
		}
	}
}

// asking runs the kind llm with the given settings over two providers.
func asking(t *testing.T, data string, one, two *answers) (node.Result, []string, error) {
	t.Helper()
	models := llm.NewModels(
		llm.Provider{ID: "one", Name: "One", Configured: true, Model: one, Default: "small"},
		llm.Provider{ID: "two", Name: "Two", Configured: true, Model: two, Default: "large"},
		llm.Provider{ID: "three", Name: "Three", Setting: "THREE_API_KEY", Default: "x"},
	)
	k, _ := node.NewRegistry(nodes.All(nodes.Deps{Models: models})...).Kind("llm")
	var logs []string
	res, err := k.Run(t.Context(), json.RawMessage(data), node.Call{
		Emit: func(string) {}, Log: func(_ flow.Level, text string) { logs = append(logs, text) },
	})
	return res, logs, err
}

const priceSchema = `{"type":"object","properties":{"price":{"type":"number"},"tags":{"type":"array","items":{"type":"string"}}},"required":["price"]}`

func TestLLM_AnAnswerThatDoesNotFollowTheSchemaIsAskedForOnceMore(t *testing.T) {
	one := &answers{texts: []string{`{"price":"2","tags":["a",3]}`, `{"price":2,"tags":["a"]}`}}
	res, logs, err := asking(t, `{"prompt":"How much?","schema":`+priceSchema+`}`, one, nil)
	if err != nil || string(res.Outputs["json"].Raw()) != `{"price":2,"tags":["a"]}` {
		t.Fatalf("%s %v", res.Outputs["json"].Raw(), err)
	}
	if res.Meta["repaired"] == "" {
		t.Errorf("meta %v", res.Meta)
	}
	if res.Usage.TokensIn != 20 || res.Usage.TokensOut != 10 {
		t.Errorf("both calls count: %+v", res.Usage)
	}
	again := one.asked[1]
	turns := []llm.Turn{{Text: "How much?"}, {Assistant: true, Text: `{"price":"2","tags":["a",3]}`}}
	if d := cmp.Diff(turns, again.Turns); d != "" || !strings.Contains(again.Prompt, "- /price: got string, want number\n- /tags/1: got number, want string") || again.Schema == nil {
		t.Errorf("asked again with %q, turns %s", again.Prompt, d)
	}
	if len(logs) != 1 || !strings.Contains(logs[0], "/tags/1") {
		t.Errorf("logs %q", logs)
	}
}

func TestLLM_ASecondWrongAnswerFailsAndCounts(t *testing.T) {
	one := &answers{texts: []string{`{}`, `{"price":null}`, `never`}}
	res, _, err := asking(t, `{"prompt":"How much?","schema":`+priceSchema+`}`, one, nil)
	if err == nil || !strings.Contains(err.Error(), "/price: got null, want number. It begins: {\"price\":null}") || len(one.asked) != 2 {
		t.Errorf("%v after %d calls", err, len(one.asked))
	}
	if res.Usage.TokensIn != 20 {
		t.Errorf("what was used is lost: %+v", res.Usage)
	}
}

func TestLLM_OtherModelsStandIn(t *testing.T) {
	for name, c := range map[string]struct {
		data     string
		one, two []string
		text     string
		model    string
		err      string
	}{
		"overloaded":      {`{"prompt":"x","provider":"one","alternatives":"two/"}`, []string{"!overloaded"}, []string{"ok"}, "ok", "large", ""},
		"not there":       {`{"prompt":"x","provider":"one","model":"gone","alternatives":"meta/llama\ntwo/big"}`, []string{"!model", "!model"}, []string{"ok"}, "ok", "big", ""},
		"the request":     {`{"prompt":"x","provider":"one","alternatives":"two/"}`, []string{"!request"}, nil, "", "small", "It is request."},
		"all of them":     {`{"prompt":"x","provider":"one","alternatives":"two/"}`, []string{"!rate"}, []string{"!timeout"}, "", "large", "It is timeout."},
		"not configured":  {`{"prompt":"x","provider":"one","alternatives":"three/"}`, nil, nil, "", "", "Three is not configured: set THREE_API_KEY."},
		"nothing is down": {`{"prompt":"x","provider":"one","alternatives":"two/"}`, []string{"ok"}, nil, "ok", "small", ""},
	} {
		one, two := &answers{texts: c.one}, &answers{texts: c.two}
		res, logs, err := asking(t, c.data, one, two)
		if res.Outputs["text"].String() != c.text || res.Meta["model"] != c.model || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %q by %q, %v", name, res.Outputs["text"].String(), res.Meta["model"], err)
		}
		if switched := len(one.asked) + len(two.asked) - 1; switched > 0 && len(logs) != switched {
			t.Errorf("%s: %d switches, logs %q", name, switched, logs)
		}
	}
}

func TestLLM_SettingsAreCheckedBeforeARun(t *testing.T) {
	models := llm.NewModels(llm.Provider{ID: "one", Name: "One", Configured: true, Model: &answers{}, Default: "small"}, llm.Provider{ID: "three", Name: "Three", Setting: "THREE_API_KEY"})
	k, _ := node.NewRegistry(nodes.All(nodes.Deps{Models: models})...).Kind("llm")
	got := map[string]string{}
	for _, p := range k.Check(json.RawMessage(`{"alternatives":"three/","schema":{"type":"objekt"},"stop":"1\n2\n3\n4\n5"}`), nil) {
		got[p.Path] = p.Message
	}
	for path, want := range map[string]string{"alternatives": "THREE_API_KEY", "schema": "/type", "stop": "four are the most"} {
		if !strings.Contains(got[path], want) {
			t.Errorf("%s: %q", path, got[path])
		}
	}
}

// Schemas that refer to each other twice at each level ask for 2^60 checks.
func TestLLM_ASchemaCannotAskForTooMuchWork(t *testing.T) {
	defs := []string{`"a60":{"type":"object"}`}
	for i := range 60 {
		defs = append(defs, fmt.Sprintf(`"a%d":{"allOf":[{"$ref":"#/$defs/a%d"},{"$ref":"#/$defs/a%d"}]}`, i, i+1, i+1))
	}
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	for schema, text := range map[string]string{
		`{"$ref":"#/$defs/a0","$defs":{` + strings.Join(defs, ",") + `}}`:                                                              `{}`,
		`{"anyOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}],"not":{"type":"string"},"allOf":[{"items":{"$ref":"#"}}]}`:           deep,
		`{"$schema":"http://json-schema.org/draft-07/schema#","allOf":[{"items":{"$ref":"#"}},{"items":{"$ref":"#"}}],"type":"array"}`: deep,
	} {
		hung := time.AfterFunc(20*time.Second, func() { panic("the check of a schema hangs") })
		_, _, err := asking(t, `{"prompt":"x","schema":`+schema+`}`, &answers{texts: []string{text, text}}, nil)
		hung.Stop()
		if err == nil || !strings.Contains(err.Error(), "too much work") {
			t.Errorf("%.60s: %v", schema, err)
		}
	}
}
