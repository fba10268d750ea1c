package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// typed is a kind with one port of a type on each side, which gives v.
func typed(typ string, in, out flow.Type, v flow.Value, see func(flow.Value)) node.Kind {
	return node.Define(node.Spec{
		Type: typ, Purity: node.Pure,
		Inputs:  []node.Port{{Name: "in", Label: "In", Type: in}},
		Outputs: []node.Port{{Name: "out", Label: "Out", Type: out}},
	}, func(_ context.Context, _ struct{}, c node.Call) (node.Result, error) {
		if see != nil {
			see(c.Inputs["in"])
		}
		return node.Result{Outputs: flow.Values{"out": v}}, nil
	})
}

func TestE18_ValuesAreConvertedWithoutLossOnly(t *testing.T) {
	for _, c := range []struct {
		name string
		in   flow.Type
		give flow.Value
		want string // JSON that arrives; "" when it must fail
	}{
		{"number to text", flow.TypeText, flow.Number(4.5), `"4.5"`},
		{"one to a list", flow.TypeList, flow.Text("x"), `["x"]`},
		{"text to number", flow.TypeNumber, flow.Text("4.5"), ""},
		{"json to text", flow.TypeText, flow.RawValue([]byte(`{"a":1}`)), `"{\"a\":1}"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			w := newWorld(t, engine.Config{}, typed("src", flow.TypeAny, flow.TypeAny, c.give, nil),
				typed("dst", c.in, flow.TypeAny, flow.Text("ok"), func(v flow.Value) { got = string(v.Raw()) }))
			b := (&g{}).node("a", "src", map[string]any{"label": "Source"}).node("b", "dst", map[string]any{"label": "Sink"}).edge("a", "b")
			s := w.execute(t.Context(), b.run())
			if got != c.want {
				t.Errorf("arrived %q, want %q", got, c.want)
			}
			if c.want != "" {
				return
			}
			want := `The output "out" of "Source" gave text, but the input "In" of "Sink" takes number.`
			if r := w.result("b"); s != flow.RunPartial || r.Error != want {
				t.Errorf("%s %q", s, r.Error)
			}
		})
	}
}

func TestE19_LargeValuesTravelAsReferences(t *testing.T) {
	large := strings.Repeat("x", flow.InlineLimit)
	for _, delay := range []bool{false, true} {
		var seen []int
		m := engine.NewMemory()
		j := &tape{next: m, left: -1}
		see := func(v flow.Value) { seen = append(seen, len(v.String())) }
		w := newWorld(t, engine.Config{Journal: j, PerRun: 1}, typed("src", flow.TypeAny, flow.TypeText, flow.Text(large), nil),
			typed("pure", flow.TypeText, flow.TypeText, flow.Text("ok"), see), kind("effect", node.Effect, func(_ context.Context, c node.Call, _ string) (node.Result, error) {
				see(c.Inputs["in"].Items()[0])
				return out(c.Inputs["in"]), nil
			}))
		w.memory, w.engine.Blobs = m, m
		b := (&g{}).node("a", "src", nil).node("p", "pure", nil).arg("e", "effect", "").edge("a", "p").edge("a", "e")
		if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
			t.Fatal(delay, s)
		}
		if d := cmp.Diff([]int{len(large), len(large)}, seen); d != "" {
			t.Error(d)
		}
		stored := 0
		for _, s := range j.steps {
			for _, r := range s.Results {
				for _, v := range []flow.Value{r.Output["out"], r.Inputs["in"]} {
					if len(v.Raw()) > 2000 {
						t.Errorf("%s: %d bytes inline", r.NodeID, len(v.Raw()))
					}
				}
			}
			for _, b := range s.Blobs {
				stored += len(b.Data)
			}
		}
		if stored > 3*len(large) {
			t.Errorf("%d bytes stored for values of %d", stored, len(large))
		}
		ref, ok := m.Claim((&g{}).run()).Results[0].Output["out"].BlobRef()
		if !ok || ref.Type != flow.TypeText || len(ref.Preview) != flow.PreviewLimit || ref.Size != int64(len(large)+2) {
			t.Errorf("reference %+v", ref)
		}
		if preview := w.nodeEvents("a")[0].Output["out"]; len(preview) != flow.PreviewLimit {
			t.Errorf("preview of %d bytes", len(preview))
		}
	}
}

func TestE19_FilesArePreviewedWhole(t *testing.T) {
	ref := flow.File(flow.FileRef{File: "file_1", Name: "cat.png", MediaType: "image/png", Size: 5})
	w := newWorld(t, engine.Config{}, typed("src", flow.TypeAny, flow.TypeImage, ref, nil))
	w.execute(t.Context(), (&g{}).node("a", "src", nil).run())
	if got := w.nodeEvents("a")[0].Output["out"]; got != string(ref.Raw()) {
		t.Errorf("preview %s", got)
	}
}

func TestUsageIsSummedAndUnknownPricesStayUnknown(t *testing.T) {
	call := func(_ context.Context, _ node.Call, arg string) (node.Result, error) {
		u := flow.Usage{TokensIn: 10, TokensOut: 5}
		if arg != "free" {
			u.CostUSD = new(0.25)
		}
		return node.Result{Usage: u}, nil
	}
	for _, c := range []struct {
		second string
		want   *float64
	}{{"", new(0.5)}, {"free", nil}} {
		w := newWorld(t, engine.Config{}, kind("call", node.Model, call), kind("say", node.Pure, say))
		w.execute(t.Context(), (&g{}).arg("a", "call", "").arg("b", "call", c.second).arg("c", "say", "").run())
		want := flow.Usage{TokensIn: 20, TokensOut: 10, CostUSD: c.want}
		if d := cmp.Diff(want, w.memory.Row("run_1").Usage); d != "" {
			t.Error(d)
		}
	}
}

func TestMalformedOutputsFailTheNode(t *testing.T) {
	w := newWorld(t, engine.Config{}, typed("src", flow.TypeAny, flow.TypeAny, flow.RawValue([]byte(`{"a":`)), nil),
		kind("odd", node.Pure, func(context.Context, node.Call, string) (node.Result, error) {
			return node.Result{Outputs: flow.Values{"nowhere": flow.Text("x")}}, nil
		}))
	if s := w.execute(t.Context(), (&g{}).node("a", "src", nil).arg("b", "odd", "").run()); s != flow.RunFailed {
		t.Error(s)
	}
	if a, b := w.result("a").Error, w.result("b").Error; !strings.Contains(a, "malformed") || !strings.Contains(b, `"nowhere"`) {
		t.Errorf("%q, %q", a, b)
	}
}

// loads counts what is read from the stored blobs.
type loads struct {
	engine.Blobs
	n int
}

func (l *loads) Blob(ctx context.Context, o flow.Owner, hash string) ([]byte, error) {
	l.n++
	return l.Blobs.Blob(ctx, o, hash)
}

func TestE19_DurableValuesLeaveMemory(t *testing.T) {
	large := flow.Text(strings.Repeat("x", flow.InlineLimit))
	var got []int
	w := newWorld(t, engine.Config{}, typed("src", flow.TypeAny, flow.TypeText, large, nil), kind("effect", node.Effect, func(_ context.Context, c node.Call, _ string) (node.Result, error) {
		got = append(got, len(c.Inputs["in"].Items()[0].Raw()))
		return out(flow.Text("ok")), nil
	}))
	l := &loads{Blobs: w.memory}
	w.engine.Blobs = l
	b := (&g{}).node("a", "src", nil).arg("one", "effect", "").arg("two", "effect", "").edge("a", "one").edge("a", "two").edge("one", "two")
	if s := w.execute(t.Context(), b.run()); s != flow.RunSuccess {
		t.Fatal(s)
	}
	if d := cmp.Diff([]int{len(large.Raw()), len(large.Raw())}, got); d != "" {
		t.Error(d)
	}
	if l.n == 0 {
		t.Error("the second effect starts after the value is durable, but it was still in memory")
	}
}
