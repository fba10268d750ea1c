package nodes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/static"
)

// A case is a txtar file under testdata/<kind>:
//
//	data.json          the node's data
//	inputs.json        what arrives on the ports (optional)
//	files.json         id -> picture, as in "png 4x3", see draw (optional)
//	http.json          address -> {"status", "picture"} (optional)
//	model.json         the parts the scripted model answers (optional)
//	resume.json        how a wait ended: an answer, or null when its time was over (optional)
//	want.json          outputs, usage, meta, emitted, logs
//	want-request.json  what the model was asked (optional)
//	want-wait          instead of want.json: question and reason by line
//	want-error         instead of want.json: code, message and hint by line
func TestCases(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		kind := filepath.Base(filepath.Dir(file))
		t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			runCase(t, kind, open(t, file))
		})
	}
}

type sections map[string][]byte

func open(t *testing.T, file string) sections {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := sections{}
	for _, f := range txtar.Parse(raw).Files {
		switch f.Name {
		case "data.json", "inputs.json", "files.json", "http.json", "model.json", "want.json", "want-request.json", "want-error", "want-wait", "resume.json":
			s[f.Name] = f.Data
		default:
			t.Fatalf("unknown section %s", f.Name)
		}
	}
	if s.count("want.json", "want-error", "want-wait") != 1 {
		t.Fatal("a case needs exactly one of want.json, want-error and want-wait")
	}
	return s
}

func (s sections) count(names ...string) (n int) {
	for _, name := range names {
		if s[name] != nil {
			n++
		}
	}
	return n
}

// resume returns how the wait ended that the case begins after.
func (s sections) resume(t *testing.T) *node.Resume {
	t.Helper()
	if s["resume.json"] == nil {
		return nil
	}
	return &node.Resume{Answer: decode[*flow.Answer](t, s, "resume.json")}
}

func decode[T any](t *testing.T, s sections, name string) T {
	t.Helper()
	var v T
	if raw := s[name]; raw != nil {
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	return v
}

type outcome struct {
	Outputs flow.Values `json:"outputs"`
	Usage   flow.Usage  `json:"usage"`
	Meta    flow.Meta   `json:"meta,omitempty"`
	Emitted []string    `json:"emitted,omitempty"`
	Logs    []string    `json:"logs,omitempty"`
}

func runCase(t *testing.T, kind string, s sections) {
	if kind == "code" && must(static.Module()) == nil {
		t.Skip("NO SANDBOX: build the bundle with go run ./static/build to run code steps")
	}
	script := &scripted{parts: decode[[]scriptPart](t, s, "model.json")}
	k, ok := registry(t, script, decode[map[string]reply](t, s, "http.json")).Kind(kind)
	if !ok {
		t.Fatalf("the kind %s is not in All", kind)
	}
	files := memory{}
	for id, spec := range decode[map[flow.ID]string](t, s, "files.json") {
		files[id] = draw(t, spec)
	}
	var got outcome
	res, err := k.Run(t.Context(), s["data.json"], node.Call{
		RunID: "run_1", NodeID: "n", Key: "key",
		Inputs: decode[flow.Values](t, s, "inputs.json"),
		Files:  files,
		Resume: s.resume(t),
		Sub:    repeats,
		Emit:   func(text string) { got.Emitted = append(got.Emitted, text) },
		Log:    func(l flow.Level, text string) { got.Logs = append(got.Logs, string(l)+": "+text) },
	})
	if want, ok := s["want-request.json"]; ok {
		compareJSON(t, "request", want, script.asked)
	}
	if want, ok := s["want-error"]; ok {
		compareError(t, string(want), err)
		return
	}
	if want, ok := s["want-wait"]; ok {
		compareWait(t, string(want), err)
		return
	}
	if err != nil {
		t.Fatalf("failed: %v", err)
	}
	got.Outputs, got.Usage, got.Meta = res.Outputs, res.Usage, res.Meta
	compareJSON(t, "result", s["want.json"], got)
}

func compareJSON(t *testing.T, what string, want []byte, got any) {
	t.Helper()
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	var w, g any
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatalf("wanted %s: %v", what, err)
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, g); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func compareError(t *testing.T, want string, err error) {
	t.Helper()
	e, ok := errors.AsType[*flow.Error](err)
	if !ok {
		t.Fatalf("wanted a flow.Error, got %v", err)
	}
	got := fmt.Sprintf("%s\n%s\n", e.Kind.Code(), e.Message)
	if e.Hint != "" {
		got += e.Hint + "\n"
	}
	if e.RetryAfter > 0 {
		got += "retry after " + e.RetryAfter.String() + "\n"
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
}

func compareWait(t *testing.T, want string, err error) {
	t.Helper()
	w, ok := errors.AsType[*node.Wait](err)
	if !ok {
		t.Fatalf("wanted a wait, got %v", err)
	}
	if diff := cmp.Diff(want, w.Question+"\n"+w.Reason+"\n"); diff != "" {
		t.Errorf("wait (-want +got):\n%s", diff)
	}
}

// repeats is a workflow that gives what it was given; a text that begins with "fail"
// makes it fail.
func repeats(_ context.Context, sub node.Sub) (node.Called, error) {
	if text := sub.Main.String(); strings.HasPrefix(text, "fail") {
		return node.Called{Status: flow.RunFailed, Error: "Step: it was told to " + text + "."}, nil
	}
	out := maps.Clone(sub.Inputs)
	if out == nil {
		out = flow.Values{}
	}
	out["main"] = sub.Main
	if sub.Main.IsZero() {
		out["main"] = flow.Text("nothing")
	}
	return node.Called{Status: flow.RunSuccess, Outputs: out}, nil
}
