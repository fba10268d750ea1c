package node_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/node"
)

type params struct {
	Prompt string   `json:"prompt"`
	Temp   *float64 `json:"temp"`
	Mode   string   `json:"mode"`
}

func spec() node.Spec {
	return node.Spec{
		Type: "test", Input: "prompt",
		Inputs:  []node.Port{{Name: "prompt", Type: flow.TypeText}, {Name: "extra", Type: flow.TypeAny, Multiple: true}},
		Outputs: []node.Port{{Name: "text", Type: flow.TypeText}, {Name: "json", Type: flow.TypeJSON}},
		Fields: []node.Field{
			{Key: "prompt", Template: true}, {Key: "temp"}, {Key: "mode", Default: "fast"},
		},
	}
}

// run returns the parameters that a kind of spec gets.
func run(data string, in flow.Values) (params, error) {
	var got params
	k := node.Define(spec(), func(_ context.Context, p params, _ node.Call) (node.Result, error) {
		got = p
		return node.Result{}, nil
	})
	_, err := k.Run(context.Background(), json.RawMessage(data), node.Call{Inputs: in})
	return got, err
}

func TestDefineGivesEveryFieldItsFinalValue(t *testing.T) {
	for _, c := range []struct {
		name, data string
		in         flow.Values
		want       params
	}{
		{"defaults", ``, nil, params{Mode: "fast"}},
		{"data", `{"prompt":"hi","temp":0.5,"mode":"slow"}`, nil, params{"hi", new(0.5), "slow"}},
		{"null is unset", `{"mode":null}`, nil, params{Mode: "fast"}},
		{"unknown members are not parameters", `{"Prompt":"no","x":1}`, nil, params{Mode: "fast"}},
		{"template", `{"prompt":"Dear {{who}}"}`, flow.Values{"who": flow.Text("Ann")}, params{Prompt: "Dear Ann", Mode: "fast"}},
		{"an edge wins and is no template", `{"prompt":"mine"}`, flow.Values{"prompt": flow.Text("{{who}}"), "who": flow.Text("Ann")}, params{Prompt: "{{who}}", Mode: "fast"}},
		{"an absent value does not win", `{"prompt":"mine"}`, flow.Values{"prompt": {}}, params{Prompt: "mine", Mode: "fast"}},
		{"escapes survive", `{"prompt":"a \"quote\" \u00fc {{who}}"}`, flow.Values{"who": flow.Text("\"\n")}, params{Prompt: "a \"quote\" ü \"\n", Mode: "fast"}},
	} {
		got, err := run(c.data, c.in)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
	for _, data := range []string{`[]`, `{"temp":"warm"}`, `{`} {
		if _, err := run(data, nil); flow.KindOf(err) != flow.Invalid {
			t.Errorf("%s: %v", data, err)
		}
	}
}

func TestDefinePanicsWhenFormAndCodeDrift(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	node.Define(node.Spec{Type: "x", Fields: []node.Field{{Key: "other"}}}, func(context.Context, params, node.Call) (node.Result, error) { return node.Result{}, nil })
}

func TestInputsFor(t *testing.T) {
	s := spec()
	for _, c := range []struct {
		data string
		want []string
	}{
		{``, []string{"prompt", "extra"}},
		{`{"prompt":"{{b}} {{a}} {{b}} {{extra}}"}`, []string{"prompt", "extra", "b", "a"}},
		{`{"mode":"{{no}}"}`, []string{"prompt", "extra"}},
		{`broken`, []string{"prompt", "extra"}},
		{`{"prompt":5}`, []string{"prompt", "extra"}},
	} {
		var got []string
		for _, p := range s.InputsFor(json.RawMessage(c.data)) {
			got = append(got, p.Name)
			if own := p.Name == "prompt" || p.Name == "extra"; own == p.Dynamic || p.Dynamic && (!p.Required || p.Type != flow.TypeText) {
				t.Errorf("%s: port %+v", c.data, p)
			}
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", c.data, d)
		}
	}
	if s.InputsFor(nil)[0].Name = "changed"; s.Inputs[0].Name != "prompt" {
		t.Error("the spec's own ports were given away")
	}
	d := node.Spec{Fields: []node.Field{{Key: "q", Template: true, Default: "about {{topic}}"}}}
	if p := d.InputsFor(nil); len(p) != 1 || p[0].Name != "topic" {
		t.Errorf("marks of a default: %+v", p)
	}
}

func TestPortsByName(t *testing.T) {
	s := spec()
	if p, ok := s.Output(""); !ok || p.Name != "text" {
		t.Error("the empty name is not the first output")
	}
	if p, ok := s.Output("json"); !ok || p.Type != flow.TypeJSON {
		t.Error("json not found")
	}
	if _, ok := s.Output("nope"); ok {
		t.Error("found an output that is not there")
	}
	if p, ok := s.InputFor(json.RawMessage(`{"prompt":"{{x}}"}`), "x"); !ok || !p.Dynamic {
		t.Error("a mark is no port")
	}
}

func TestRegistry(t *testing.T) {
	k := node.Define(spec(), func(context.Context, params, node.Call) (node.Result, error) { return node.Result{}, nil })
	r := node.NewRegistry(k)
	if got, ok := r.Kind("test"); !ok || got.Type != "test" || len(r.Specs()) != 1 {
		t.Error("the kind is not there")
	}
	if _, ok := r.Kind("nope"); ok {
		t.Error("found a kind that is not there")
	}
	defer func() {
		if recover() == nil {
			t.Error("two kinds of one type were accepted")
		}
	}()
	node.NewRegistry(k, k)
}

func TestDescribe(t *testing.T) {
	var pic bytes.Buffer
	if err := png.Encode(&pic, image.NewGray(image.Rect(0, 0, 7, 5))); err != nil {
		t.Fatal(err)
	}
	u, err := node.Describe("a.png", pic.Bytes())
	if err != nil || u.MediaType != "image/png" || u.Width != 7 || u.Height != 5 || !u.ID.Is(flow.FilePrefix) || len(u.Hash) != 64 {
		t.Errorf("%+v %v", u, err)
	}
	if u, err := node.Describe("a.txt", []byte("hello")); err != nil || u.MediaType != "text/plain" || u.Width != 0 {
		t.Errorf("%+v %v", u, err)
	}
	bomb := append([]byte(nil), pic.Bytes()...)
	copy(bomb[16:], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // claims 65536 x 65536
	for name, c := range map[string]struct {
		data []byte
		kind flow.Kind
	}{
		"empty": {nil, flow.Invalid}, "large": {make([]byte, flow.MaxUpload+1), flow.TooLarge}, "cut": {pic.Bytes()[:20], flow.Invalid}, "bomb": {bomb, flow.Invalid},
	} {
		if _, err := node.Describe(name, c.data); flow.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}
