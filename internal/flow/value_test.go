package flow_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heddle/internal/flow"
)

func rawValue(s string) flow.Value { return flow.RawValue(json.RawMessage(s)) }

var (
	picture = flow.File(flow.FileRef{File: "file_1", Name: "cat.png", MediaType: "image/png", Size: 9})
	paper   = flow.File(flow.FileRef{File: "file_2", Name: "a.pdf", MediaType: "application/pdf"})
	large   = flow.Blob(flow.BlobRef{Hash: "ab", Size: 99999, Type: flow.TypeText, Preview: "It was a dark"})
)

func TestValueType(t *testing.T) {
	for _, c := range []struct {
		v    flow.Value
		want flow.Type
	}{
		{flow.Text("x"), flow.TypeText},
		{flow.Number(-1.5), flow.TypeNumber},
		{flow.Boolean(true), flow.TypeBoolean},
		{flow.Boolean(false), flow.TypeBoolean},
		{flow.List(), flow.TypeList},
		{rawValue(` {"a":1}`), flow.TypeJSON},
		{rawValue("null"), flow.TypeJSON},
		{flow.Value{}, flow.TypeJSON},
		{picture, flow.TypeImage},
		{paper, flow.TypeFile},
		{large, flow.TypeText},
		{rawValue(`{"$file":5}`), flow.TypeJSON},
	} {
		if got := c.v.Type(); got != c.want {
			t.Errorf("%s is %s, want %s", c.v.Raw(), got, c.want)
		}
	}
}

func TestValueAs(t *testing.T) {
	for _, c := range []struct {
		v    flow.Value
		to   flow.Type
		want string // "" when it must fail
	}{
		{flow.Text("x"), flow.TypeText, `"x"`},
		{flow.Number(4), flow.TypeText, `"4"`},
		{flow.Boolean(true), flow.TypeText, `"true"`},
		{rawValue(`{"a":"b"}`), flow.TypeText, `"{\"a\":\"b\"}"`},
		{picture, flow.TypeText, ""},
		{flow.Text("4"), flow.TypeNumber, ""},
		{flow.Number(1), flow.TypeBoolean, ""},
		{flow.Text("x"), flow.TypeImage, ""},
		{paper, flow.TypeImage, ""},
		{picture, flow.TypeFile, string(picture.Raw())},
		{flow.Text("x"), flow.TypeList, `["x"]`},
		{flow.List(flow.Text("x")), flow.TypeList, `["x"]`},
		{picture, flow.TypeJSON, string(picture.Raw())},
		{flow.Number(1), flow.TypeAny, "1"},
	} {
		got, ok := c.v.As(c.to)
		if ok != (c.want != "") || ok && string(got.Raw()) != c.want {
			t.Errorf("%s as %s: %s %v, want %s", c.v.Raw(), c.to, got.Raw(), ok, c.want)
		}
		if !c.to.Accepts(c.v.Type()) && ok {
			t.Errorf("%s accepts no %s, but As converts it", c.to, c.v.Type())
		}
	}
}

func TestValuePreviewAndString(t *testing.T) {
	for _, c := range []struct {
		v    flow.Value
		n    int
		want string
	}{
		{flow.Text("hello"), 3, "hel"},
		{flow.Text("hé"), 2, "h"},
		{flow.Text(""), 9, ""},
		{flow.Number(1e6), 99, "1000000"},
		{large, 6, "It was"},
		{picture, 3, "cat"},
		{rawValue(`{"a":1}`), 99, `{"a":1}`},
		{flow.Text("a\n\"b\""), 99, "a\n\"b\""},
	} {
		if got := c.v.Preview(c.n); got != c.want {
			t.Errorf("%s: %q, want %q", c.v.Raw(), got, c.want)
		}
	}
}

// TestValueTextSurvives holds the fast paths of Text, String and List against encoding/json.
func TestValueTextSurvives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`a"b`, `a\b`, "<&>", "\x00", "\u2028", "plain"})).Draw(rt, "text")
		v := flow.Text(s)
		var back string
		if err := json.Unmarshal(v.Raw(), &back); err != nil || back != s && utf8.ValidString(s) {
			rt.Fatalf("%q became %s: %v", s, v.Raw(), err)
		}
		if utf8.ValidString(s) && v.String() != s {
			rt.Fatalf("%q reads %q", s, v.String())
		}
		escaped, err := json.Marshal(s)
		if err != nil {
			rt.Fatal(err)
		}
		if got := flow.RawValue(escaped).String(); got != v.String() {
			rt.Fatalf("%s reads %q", escaped, got)
		}
		list := flow.List(v, flow.Number(1), flow.Value{})
		if items := list.Items(); !json.Valid(list.Raw()) || len(items) != 3 || items[0].String() != v.String() || string(items[2].Raw()) != "null" {
			rt.Fatalf("list %s", list.Raw())
		}
	})
}

func TestValueJSON(t *testing.T) {
	in := flow.Values{"a": flow.Text("x"), "b": flow.Number(math.NaN()), "c": {}}
	b, err := json.Marshal(in)
	if err != nil || string(b) != `{"a":"x","b":null,"c":null}` {
		t.Errorf("%s %v", b, err)
	}
	var back flow.Values
	if err := json.Unmarshal([]byte(`{"a":{"x":[1]}}`), &back); err != nil || string(back["a"].Raw()) != `{"x":[1]}` {
		t.Errorf("%v %v", back, err)
	}
	if v, err := flow.ValueOf(map[string]int{"a": 1}); err != nil || string(v.Raw()) != `{"a":1}` {
		t.Error(v, err)
	}
	if _, err := flow.ValueOf(make(chan int)); err == nil {
		t.Error("a channel became a value")
	}
	if f, ok := rawValue(" 2.5 ").Float(); !ok || f != 2.5 {
		t.Error(f, ok)
	}
	if items := (flow.Value{}).Items(); items != nil {
		t.Errorf("nothing has the items %v", items)
	}
	if d := cmp.Diff("[]", string(flow.List().Raw())); d != "" {
		t.Error(d)
	}
	if ref, ok := large.BlobRef(); !ok || ref.Size != 99999 {
		t.Error(ref, ok)
	}
	if _, ok := flow.Text(strings.Repeat(`"$blob"`, 2)).BlobRef(); ok {
		t.Error("a text is a reference")
	}
}
