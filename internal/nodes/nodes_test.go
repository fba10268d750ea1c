package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/llm"
	"heddle/internal/node"
)

// A kind that is written but not listed in All would silently not exist.
func TestEveryKindFileIsListedAndTested(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	listed := map[string]bool{}
	for _, s := range reg.Specs() {
		listed[s.Type] = true
	}
	for _, typ := range definedTypes(t) {
		if !listed[typ] {
			t.Errorf("the kind %s is defined but not in All", typ)
		}
		if cases, _ := filepath.Glob("testdata/" + typ + "/*.txtar"); len(cases) == 0 {
			t.Errorf("the kind %s has no case under testdata/%s", typ, typ)
		}
		if _, err := os.Stat(typ + ".go"); err != nil {
			t.Errorf("the kind %s is not in %s.go", typ, typ)
		}
		delete(listed, typ)
	}
	for typ := range listed {
		t.Errorf("the kind %s is in All, but no node.Define of it was found", typ)
	}
}

// definedTypes reads the Type of every node.Define in the folder's sources.
func definedTypes(t *testing.T) []string {
	t.Helper()
	files, _ := filepath.Glob("*.go")
	var types []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if typ := definedType(n); typ != "" {
				types = append(types, typ)
			}
			return true
		})
	}
	return types
}

func definedType(n ast.Node) string {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return ""
	}
	if fun, ok := call.Fun.(*ast.SelectorExpr); !ok || fun.Sel.Name != "Define" {
		return ""
	}
	spec, ok := call.Args[0].(*ast.CompositeLit)
	if !ok {
		return ""
	}
	for _, e := range spec.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if key, ok := kv.Key.(*ast.Ident); ok && key.Name == "Type" {
			return strings.Trim(kv.Value.(*ast.BasicLit).Value, `"`)
		}
	}
	return ""
}

// Palette, inspector and docs are made from the specs alone.
func TestSpecsAreComplete(t *testing.T) {
	for _, s := range registry(t, &scripted{}, nil).Specs() {
		if s.Version < 1 || s.Title == "" || s.Summary == "" || len(s.Docs) < 80 || s.Category == "" || s.Icon == "" || s.Color == "" || s.Purity == "" {
			t.Errorf("%s: the spec lacks something: %+v", s.Type, s)
		}
		if s.Inputs == nil || s.Outputs == nil || s.Fields == nil {
			t.Errorf("%s: a list is nil, which becomes null in JSON", s.Type)
		}
		for _, p := range append(s.Inputs, s.Outputs...) {
			if p.Label == "" || p.Help == "" || p.Type == "" {
				t.Errorf("%s: the port %s lacks something", s.Type, p.Name)
			}
		}
		for _, f := range s.Fields {
			if f.Label == "" || f.Help == "" || f.Widget == "" || (f.Widget == node.WidgetNumber && (f.Min == nil || f.Max == nil)) {
				t.Errorf("%s: the field %s lacks something", s.Type, f.Key)
			}
		}
		checkNames(t, s)
	}
}

func checkNames(t *testing.T, s node.Spec) {
	t.Helper()
	if _, ok := s.Field(s.Input); s.Input != "" && !ok {
		t.Errorf("%s: Input names no field: %s", s.Type, s.Input)
	}
	if _, ok := s.Output(s.Stream); s.Stream != "" && !ok {
		t.Errorf("%s: Stream names no output: %s", s.Type, s.Stream)
	}
	_, field := s.Field(s.Preview)
	if _, output := s.Output(s.Preview); !field && !output {
		t.Errorf("%s: Preview names neither a field nor an output: %s", s.Type, s.Preview)
	}
}

func TestDynamicPortsOfTemplates(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	for typ, want := range map[string][]string{"text": {"a", "b"}, "llm": {"prompt", "system", "images", "conversation", "a", "b"}} {
		k, _ := reg.Kind(typ)
		var got []string
		for _, p := range k.InputsFor(json.RawMessage(`{"text":"{{a}} and {{b}}","prompt":"{{a}} or {{b}}"}`)) {
			got = append(got, p.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", typ, diff)
		}
	}
}

type stopped struct{ err error }

func (s stopped) Stream(context.Context, llm.Request) iter.Seq2[llm.Part, error] {
	return func(yield func(llm.Part, error) bool) { yield(llm.Part{}, s.err) }
}

// The engine tells a cancel from a failure by the cause, so it must arrive as it is.
func TestCancelPassesThrough(t *testing.T) {
	cause := errors.New("stop was pressed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	reg := registry(t, stopped{cause}, nil)
	call := node.Call{Files: memory{}, Emit: func(string) {}, Log: func(flow.Level, string) {}}
	for typ, data := range map[string]string{"llm": `{"prompt":"hello"}`, "image": `{"url":"https://example.com/a.png"}`} {
		k, _ := reg.Kind(typ)
		if _, err := k.Run(ctx, json.RawMessage(data), call); !errors.Is(err, cause) || flow.KindOf(err) != flow.Internal {
			t.Errorf("%s: got %v, want the cause of the context", typ, err)
		}
	}
}

func TestCostOfAKnownModel(t *testing.T) {
	price := llm.Catalog()[0]
	m := &scripted{parts: []scriptPart{{Text: "hi", Usage: &llm.Usage{In: 1000, Out: 500}, Finish: llm.FinishStop}}}
	d := registryOf(t, llm.Provider{ID: price.Provider, Name: "Known", Configured: true, Model: m, Default: price.Model})
	k, _ := d.Kind("llm")
	res, err := k.Run(t.Context(), json.RawMessage(`{"prompt":"hello"}`), node.Call{Emit: func(string) {}, Log: func(flow.Level, string) {}})
	if err != nil {
		t.Fatal(err)
	}
	want := flow.Usage{TokensIn: 1000, TokensOut: 500, CostUSD: llm.Cost(price.Provider, price.Model, llm.Usage{In: 1000, Out: 500})}
	if diff := cmp.Diff(want, res.Usage); diff != "" || want.CostUSD == nil {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}
