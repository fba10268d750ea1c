package nodes_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
)

// Rule E4: what a setting will fail on is found before the run.
func TestE4_SettingsAreCheckedBeforeTheRun(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	for _, c := range []struct{ kind, data, want string }{
		{"transform", `{"expression":"value + 1"}`, ""},
		{"transform", `{}`, ""}, // that it is missing is said elsewhere
		{"transform", `{"expression":"valeu"}`, `expression: Line 1, column 1: there is no "valeu" here. The input is value. Texts stand in quotes.`},
		{"transform", `{"expression":"a + b","inputs":"a,b"}`, ""},
		{"transform", `{"expression":"1","inputs":"a-b"}`, `inputs: "a-b" cannot be a name: use letters without accents, digits and _, and begin with a letter.`},
		{"transform", `{"expression":"1","inputs":"in"}`, `inputs: The name "in" means something else in an expression. Choose another.`},
		{"transform", `{"expression":"1","inputs":"expression"}`, `inputs: The name "expression" is a setting of this step. Choose another.`},
		{"transform", `{"expression":"1","inputs":7}`, "inputs: The names must be a text, with a name a line or with commas between."},
		{"transform", `{"expression":"1","inputs":"` + strings.Repeat("x", 65) + `"}`, `inputs: The name "` + strings.Repeat("x", 32) + `…" is longer than 64 bytes.`},
		{"transform", `{"expression":7}`, "expression: This setting has a value of the wrong kind: a number."},
		{"condition", `{"expression":"value > 1"}`, ""},
		{"condition", `{"expression":"value"}`, ""},
		{"condition", `{"expression":"1 + 1"}`, "expression: The expression gives neither true nor false. Compare something, as in value > 10."},
		{"condition", `{"expression":"value >"}`, "expression: Line 1, column 8: the expression ends too early. Look for a missing bracket, quote or operator."},
		{"switch", `{"cases":"a\nb"}`, ""},
		{"switch", `{"cases":"a\ndefault"}`, `cases: The output "default" has a meaning of its own. Name the case differently.`},
		{"switch", `{"cases":["error"]}`, `cases: The output "error" has a meaning of its own. Name the case differently.`},
		{"switch", `{"cases":"` + strings.Repeat("x", 65) + `"}`, `cases: The name "` + strings.Repeat("x", 32) + `…" is longer than 64 bytes.`},
		{"switch", `{"cases":"a","expression":"value +"}`, "expression: Line 1, column 8: the expression ends too early. Look for a missing bracket, quote or operator."},
		{"split", `{"by":"pattern","pattern":"(a"}`, "pattern: The regular expression cannot be read: missing closing ): `(a`. Write it in RE2's form, which has no look-around and no back-references. A backslash before a sign takes it as it is."},
		{"split", `{"by":"separator","separator":""}`, "separator: There is no separator to split at. Write one, such as a comma, or split at each line."},
		{"split", `{"pattern":"(a"}`, ""},
		{"json", `{"mode":"path","path":"$.a["}`, "path: The path cannot be read"},
		{"json", `{"path":"$.a["}`, ""},
		{"output", `{"name":"a\nb"}`, "name: The name has a line break or another control character in it."},
		{"output", `{"name":" "}`, ""}, // that it is missing is said elsewhere
	} {
		k, _ := reg.Kind(c.kind)
		var all []string
		for _, p := range k.Check(json.RawMessage(c.data), nil) {
			all = append(all, p.Path+": "+p.Message)
		}
		got := strings.Join(all, "\n")
		if got != c.want && (c.want == "" || !strings.HasPrefix(got, c.want)) {
			t.Errorf("%s %s\n got %s\nwant %s", c.kind, c.data, got, c.want)
		}
	}
}

func TestCasesAreOutputsAndNamesAreInputs(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	k, _ := reg.Kind("switch")
	data := json.RawMessage(`{"inputs":"kind, body","cases":"a\nb c"}`)
	var got []string
	for _, p := range append(k.InputsFor(data), k.OutputsFor(data)...) {
		got = append(got, p.Name)
	}
	if diff := cmp.Diff([]string{"kind", "body", "a", "b c", "default"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestE4_AResultHasANameOfItsOwn(t *testing.T) {
	reg := registry(t, &scripted{}, nil)
	graph := func(first, second string) flow.Graph {
		g, err := flow.ParseGraph([]byte(`[{"id":"t","type":"text","data":{"text":"hi"}},{"id":"a","type":"output","data":`+first+`},{"id":"b","type":"output","data":`+second+`}]`),
			[]byte(`[{"id":"e1","source":"t","target":"a"},{"id":"e2","source":"t","target":"b"}]`))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	for _, c := range []struct {
		first, second string
		fine          bool
	}{
		{`{"name":"one"}`, `{"name":"two"}`, true},
		{`{"name":"one"}`, `{"name":" one "}`, false},
		{`{"name":"result"}`, `{}`, false},
		{`{"name":"one","disabled":true}`, `{"name":"one"}`, true},
	} {
		err := engine.Check(reg, graph(c.first, c.second), engine.CheckOptions{})
		if (err == nil) != c.fine {
			t.Errorf("%s and %s: %v", c.first, c.second, err)
		}
		if e, ok := err.(*flow.Error); ok && (len(e.Problems) != 1 || e.Problems[0].Code != "duplicate_output" || e.Problems[0].NodeID != "b" || e.Problems[0].Path != "nodes.2.data.name") { //nolint:errorlint // Check returns it unwrapped
			t.Errorf("%s and %s: %+v", c.first, c.second, e.Problems)
		}
	}
	given := flow.Values{"b": flow.RawValue([]byte(`{"name":"one"}`))}
	if engine.Check(reg, graph(`{"name":"one"}`, `{"name":"two"}`), engine.CheckOptions{Inputs: given}) == nil {
		t.Error("a name that the run sets is not compared")
	}
}
