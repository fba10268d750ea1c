package nodes_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/gallery"
	"heddle/internal/node"
)

const branchEdges = `[
	{"id":"1","source":"t","target":"if","targetHandle":"value"},
	{"id":"2","source":"if","sourceHandle":"true","target":"yes","targetHandle":"x"},
	{"id":"3","source":"if","sourceHandle":"false","target":"no","targetHandle":"x"},
	{"id":"4","source":"yes","target":"join"},
	{"id":"5","source":"no","target":"join"},
	{"id":"6","source":"join","target":"sort","targetHandle":"value"},
	{"id":"7","source":"sort","sourceHandle":"long one","target":"a"},
	{"id":"8","source":"sort","sourceHandle":"short","target":"b"},
	{"id":"9","source":"sort","sourceHandle":"default","target":"c"}]`

// Rules E1 and E2: one side of a condition is dead, a merge needs only one of its
// edges, and of a switch one way is taken.
func TestE2_WaysPartAndJoin(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	for text, want := range map[string]string{
		"a long text": "if join sort t yes a",
		"text":        "if join no sort t b",
		"abc":         "if join no sort t c",
	} {
		raw, _ := json.Marshal(text)
		e := gallery.Example{Edges: json.RawMessage(branchEdges), Nodes: json.RawMessage(`[
			{"id":"t","type":"text","data":{"text":` + string(raw) + `}},
			{"id":"if","type":"condition","data":{"expression":"value.size() > 5"}},
			{"id":"yes","type":"text","data":{"text":"long: {{x}}"}},
			{"id":"no","type":"text","data":{"text":"{{x}}"}},
			{"id":"join","type":"merge"},
			{"id":"sort","type":"switch","data":{"expression":"value.startsWith(\"long\") ? \"long one\" : value == \"text\" ? \"short\" : \"?\"","cases":"long one\nshort"}},
			{"id":"a","type":"debug"},{"id":"b","type":"debug"},{"id":"c","type":"debug"}]`)}
		results := runAll(t, reg, e)
		for id, r := range results {
			ran := strings.Contains(" "+want+" ", " "+id+" ")
			if ran != (r.Status == flow.NodeSuccess) || !ran && r.Status != flow.NodeSkipped {
				t.Errorf("%s: %s is %s", text, id, r.Status)
			}
		}
		if len(results) != 9 {
			t.Errorf("%s: %d results", text, len(results))
		}
	}
}

// A document may be hostile, and a path is typed by anybody.
func FuzzPath(f *testing.F) {
	for _, path := range []string{"$", "$.a", "$..a", "$[*]", "$[0,1]", "$[::2]", "$[?@.a > 1]", "$[?length(@.a) == 2 && !@.b]", `$["odd \u00e9"]`, "$[-1]", "$[?match(@, 'a')]", "a", "$.", "$[?@ == null]"} {
		f.Add(path, `{"a":[1,{"a":2,"b":null},"x"],"b":true}`)
	}
	k, ok := registry(f, &scripted{}, nil).Kind("json")
	if !ok {
		f.Fatal("there is no kind json")
	}
	f.Fuzz(func(t *testing.T, path, doc string) {
		// What hangs ends the process, so that the input is kept.
		hung := time.AfterFunc(5*time.Second, func() { panic("hangs: " + path) })
		defer hung.Stop()
		data, _ := json.Marshal(map[string]string{"mode": "path", "path": path})
		res, err := k.Run(t.Context(), data, node.Call{Inputs: flow.Values{"in": flow.Text(doc)}})
		if err != nil {
			if flow.KindOf(err) != flow.Invalid {
				t.Errorf("no sentence for people: %v", err)
			}
			return
		}
		if !json.Valid(res.Outputs["value"].Raw()) {
			t.Errorf("gave %q", res.Outputs["value"].Raw())
		}
	})
}

func TestSplitRefusesALargeText(t *testing.T) {
	k, _ := registry(t, &scripted{}, nil).Kind("split")
	_, err := k.Run(t.Context(), json.RawMessage(`{}`), node.Call{Inputs: flow.Values{"text": flow.Text(strings.Repeat("x", 5<<20+1))}})
	compareError(t, "invalid\nThe text is larger than 5 MiB.\nTake a part of it before, for example with a Transform step.\n", err)
}

// A pattern that fits more often than a list has places must not lose parts.
func TestSplitKeepsWhatComesLate(t *testing.T) {
	k, _ := registry(t, &scripted{}, nil).Kind("split")
	res, err := k.Run(t.Context(), json.RawMessage(`{"by":"pattern","pattern":","}`), node.Call{Inputs: flow.Values{"text": flow.Text(strings.Repeat(",", 30_000) + "a,b")}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(`["a","b"]`, string(res.Outputs["list"].Raw())); diff != "" {
		t.Error(diff)
	}
}
