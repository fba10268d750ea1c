package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/gallery"
)

// outputs returns node id -> outputs of the successful nodes of a run's JSON.
func outputs(t *testing.T, results any) map[string]any {
	t.Helper()
	out := map[string]any{}
	list, _ := results.([]any)
	for _, r := range list {
		n := r.(map[string]any)
		if n["status"] == "success" {
			out[n["nodeId"].(string)] = withoutIDs(n["output"])
		}
	}
	return out
}

// withoutIDs drops the ids of stored files, which differ from run to run.
func withoutIDs(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			if k == "$file" {
				x[k] = "file"
				continue
			}
			x[k] = withoutIDs(e)
		}
	case []any:
		for i := range x {
			x[i] = withoutIDs(x[i])
		}
	}
	return v
}

func TestRun_GalleryWorksWithoutAServer(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	h := newHome(t)
	files, err := filepath.Glob("../../internal/gallery/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("gallery: %v %v", files, err)
	}
	for _, f := range files {
		abs, err := filepath.Abs(f)
		if err != nil {
			t.Fatal(err)
		}
		out, errs, code := h.cli("", "run", abs, "--provider", "offline")
		if code != 0 || strings.TrimSpace(out) == "" {
			t.Errorf("%s: exit %d\n%s\n%s", filepath.Base(f), code, out, errs)
		}
		if !strings.Contains(errs, "success") {
			t.Errorf("%s: no progress on standard error:\n%s", filepath.Base(f), errs)
		}
	}
}

func TestRun_BadInputExitsWithTwoAndNamesTheNode(t *testing.T) {
	h := newHome(t)
	for _, tt := range []struct{ name, doc, want string }{
		{"not json", `{"nodes": [`, "not a JSON object"},
		{"no nodes", `{"name": "x"}`, "no list of nodes"},
		{"unknown kind", `{"nodes":[{"id":"a","type":"quantum"}],"edges":[]}`, "node a"},
		{"cycle", `{"nodes":[{"id":"a","type":"debug"},{"id":"b","type":"debug"}],"edges":[{"id":"1","source":"a","target":"b"},{"id":"2","source":"b","target":"a"}]}`, "node a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, errs, code := h.cli(tt.doc, "run", "-")
			if code != exitUsage || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d: %s", code, errs)
			}
		})
	}
	if _, errs, code := h.cli("", "run", "nothing.json"); code != exitUsage || !strings.Contains(errs, "nothing.json") {
		t.Errorf("missing file: exit %d: %s", code, errs)
	}
	if _, errs, code := h.cli("", "run", "--nonsense"); code != exitUsage || !strings.Contains(errs, "nonsense") {
		t.Errorf("unknown flag: exit %d: %s", code, errs)
	}
}

func TestRun_InputsNodesAndJSON(t *testing.T) {
	h := newHome(t)
	doc := `{"nodes":[{"id":"a","type":"text","data":{"text":"one","label":"First"}},{"id":"b","type":"text","data":{"text":"{{x}}!"}},{"id":"c","type":"text","data":{"text":"other"}}],
		"edges":[{"id":"1","source":"a","target":"b","targetHandle":"x"}]}`
	out, errs, code := h.cli(doc, "run", "-", "--input", "First=two", "--node", "b", "--json")
	if code != 0 {
		t.Fatal(code, errs)
	}
	var res struct {
		Status  string
		Outputs map[string]map[string]string
		Nodes   []struct{ NodeID string }
	}
	if err := json.Unmarshal([]byte(out), &res); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"b": {"text": "two!"}}
	if diff := cmp.Diff(want, res.Outputs); diff != "" || res.Status != "success" || len(res.Nodes) != 2 {
		t.Errorf("%s\n%s", diff, out)
	}
}

func TestRun_NamedResultsComeFirst(t *testing.T) {
	h := newHome(t)
	doc := `{"nodes":[{"id":"a","type":"text","data":{"text":"one"}},{"id":"b","type":"debug","data":{"label":"Look"}},
		{"id":"z","type":"output","data":{"name":"zebra"}},{"id":"o","type":"output","data":{"name":"answer"}}],
		"edges":[{"id":"1","source":"a","target":"b"},{"id":"2","source":"a","target":"z"},{"id":"3","source":"a","target":"o"}]}`
	out, errs, code := h.cli(doc, "run", "-")
	if want := "# answer\none\n\n# zebra\none\n\n# Look\none\n"; code != 0 || out != want {
		t.Errorf("exit %d: %s\n%s", code, cmp.Diff(want, out), errs)
	}
	out, _, _ = h.cli(doc, "run", "-", "--json")
	var cli struct{ Results map[string]string }
	if err := json.Unmarshal([]byte(out), &cli); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"answer": "one", "zebra": "one"}
	if diff := cmp.Diff(want, cli.Results); diff != "" {
		t.Error(diff)
	}
	s := h.serve(h.token("ann@example.com"))
	var nodes map[string]any
	if err := json.Unmarshal([]byte(doc), &nodes); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"answer": "one", "zebra": "one"}, s.finished(s.start(nodes))["outputs"]); diff != "" {
		t.Errorf("GET /api/runs/:id: %s", diff)
	}
}

func TestRun_FramesAndNotesAreLeftOut(t *testing.T) {
	doc := `{"nodes":[{"id":"f","type":"group","width":400,"height":300},{"id":"n","type":"note","data":{"text":"# Why"}},
		{"id":"a","type":"text","parentId":"f","data":{"label":"First","text":"one"}}],"edges":[{"id":"e","source":"n","target":"a"}]}`
	out, errs, code := newHome(t).cli(doc, "run", "-")
	if code != 0 || strings.TrimSpace(out) != "one" || strings.Contains(errs, "note") || strings.Contains(errs, "group") {
		t.Errorf("exit %d\n%s\n%s", code, out, errs)
	}
}

func TestRun_FailureExitsWithOne(t *testing.T) {
	h := newHome(t)
	doc := `{"nodes":[{"id":"pic","type":"image","data":{"url":"data:image/png;base64,bm90IGEgcGljdHVyZQ=="}}],"edges":[]}`
	if _, errs, code := h.cli(doc, "run", "-"); code != exitFailed || !strings.Contains(errs, "failed") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestServe_RefusesABrokenConfiguration(t *testing.T) {
	h := newHome(t, "HEDDLE_ENV=production", "HEDDLE_WORKERS=none")
	_, errs, code := h.cli("", "serve")
	if code != exitConfig || !strings.Contains(errs, "HEDDLE_WORKERS") || !strings.Contains(errs, "HEDDLE_MASTER_KEY") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMigrate_UpStatusDown(t *testing.T) {
	h := newHome(t)
	for _, args := range [][]string{{"migrate", "up"}, {"migrate", "status"}, {"migrate", "down"}, {"migrate", "up"}} {
		if out, errs, code := h.cli("", args...); code != 0 || out == "" {
			t.Fatalf("%v: exit %d %s %s", args, code, out, errs)
		}
	}
}

// TestShapesAgree runs the gallery through the API and through "heddle run": the
// same outputs, node by node. The browser test does the third shape.
func TestShapesAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	h := newHome(t)
	s := h.serve(h.token("ann@example.com"))
	for _, ex := range gallery.All() {
		t.Run(ex.Slug, func(t *testing.T) {
			id := s.start(map[string]any{"nodes": ex.Nodes, "edges": ex.Edges})
			api := s.finished(id)
			doc, err := json.Marshal(map[string]any{"nodes": ex.Nodes, "edges": ex.Edges})
			if err != nil {
				t.Fatal(err)
			}
			out, errs, code := h.cli(string(doc), "run", "-", "--json")
			if code != 0 {
				t.Fatal(code, errs)
			}
			var cli map[string]any
			if err := json.Unmarshal([]byte(out), &cli); err != nil {
				t.Fatal(err)
			}
			a, b := outputs(t, api["nodeResults"]), outputs(t, cli["nodes"])
			if diff := cmp.Diff(a, b); diff != "" || len(a) == 0 {
				t.Errorf("api (-) and heddle run (+):\n%s", diff)
			}
		})
	}
}

// slowModels is an OpenAI-compatible server that takes a while and counts prompts.
type slowModels struct {
	*httptest.Server
	mu    sync.Mutex
	calls map[string]int
	delay time.Duration
}

func newSlowModels(t *testing.T, delay time.Duration) *slowModels {
	m := &slowModels{calls: map[string]int{}, delay: delay}
	m.Server = httptest.NewServer(http.HandlerFunc(m.answer))
	t.Cleanup(m.Close)
	return m
}

func (m *slowModels) answer(w http.ResponseWriter, r *http.Request) {
	var req struct {
		Messages []struct{ Role, Content string }
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	prompt := req.Messages[len(req.Messages)-1].Content
	m.mu.Lock()
	m.calls[strings.SplitN(prompt, ":", 2)[0]]++
	m.mu.Unlock()
	select {
	case <-time.After(m.delay):
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"done\"}}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

func (m *slowModels) count(prompt string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls[prompt]
}

// chainOfFour is four model calls, one after the other.
func chainOfFour() map[string]any {
	var nodes, edges []map[string]any
	for i := range 4 {
		prompt := fmt.Sprintf("step%d", i)
		if i > 0 {
			prompt += ": {{before}}"
			edges = append(edges, map[string]any{"id": fmt.Sprint("e", i), "source": fmt.Sprint("n", i-1), "target": fmt.Sprint("n", i), "targetHandle": "before"})
		}
		nodes = append(nodes, map[string]any{"id": fmt.Sprint("n", i), "type": "llm", "data": map[string]any{"provider": "openai", "model": "slow", "prompt": prompt}})
	}
	return map[string]any{"nodes": nodes, "edges": edges}
}

// TestE12_AKilledServerGoesOnByItself kills the process in the middle of a run.
func TestE12_AKilledServerGoesOnByItself(t *testing.T) {
	models := newSlowModels(t, 400*time.Millisecond)
	h := newHome(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	s := h.serve(h.token("ann@example.com"))
	id := s.start(chainOfFour())
	s.until("the third model call began", func() bool { return models.count("step2") == 1 })
	s.kill(syscall.SIGKILL)
	again := h.serve(s.token)
	r := again.finished(id)
	if r["status"] != "success" {
		t.Fatalf("run: %v", r)
	}
	for prompt, want := range map[string]int{"step0": 1, "step1": 1, "step2": 2, "step3": 1} {
		if got := models.count(prompt); got != want {
			t.Errorf("%s was asked %d times, want %d: a finished node must not run again", prompt, got, want)
		}
	}
	assertGapless(t, again, id)
}

// TestE13_AStopLosesNothing stops the process politely in the middle of a run.
func TestE13_AStopLosesNothing(t *testing.T) {
	models := newSlowModels(t, 300*time.Millisecond)
	h := newHome(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	s := h.serve(h.token("ann@example.com"))
	id := s.start(chainOfFour())
	s.until("the second model call began", func() bool { return models.count("step1") == 1 })
	if code := s.kill(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit %d:\n%s", code, s.log)
	}
	again := h.serve(s.token)
	if r := again.finished(id); r["status"] != "success" {
		t.Fatalf("run: %v", r)
	}
	assertGapless(t, again, id)
}

// TestE8_CancelReachesTheModelCall cancels while a model is asked.
func TestE8_CancelReachesTheModelCall(t *testing.T) {
	models := newSlowModels(t, time.Minute)
	h := newHome(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	s := h.serve(h.token("ann@example.com"))
	id := s.start(chainOfFour())
	s.until("the first model call began", func() bool { return models.count("step0") == 1 })
	began := time.Now()
	if code, out := s.call("POST", "/api/runs/"+id+"/cancel", nil); code != http.StatusAccepted {
		t.Fatalf("cancel: %d %v", code, out)
	}
	r := s.finished(id)
	if r["status"] != "canceled" || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %s", r["status"], time.Since(began))
	}
	assertGapless(t, s, id)
}

// assertGapless checks that the run's events are numbered 1..n.
func assertGapless(t *testing.T, s *server, id string) {
	t.Helper()
	_, out := s.call("GET", "/api/runs/"+id+"/events?limit=1000", nil)
	events, _ := out["events"].([]any)
	if len(events) < 3 {
		t.Fatalf("events: %v", out)
	}
	for i, e := range events {
		if seq := e.(map[string]any)["seq"].(float64); int(seq) != i+1 {
			t.Fatalf("event %d has seq %v", i+1, seq)
		}
	}
}

// TestGraphsOfOthersSurvive saves real documents of other tools and reads them back.
func TestGraphsOfOthersSurvive(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: one process after the other, which the race detector only slows")
	}
	files, err := filepath.Glob("../../../shared/graphs/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("NO GRAPH DOCUMENTS: the folder shared/graphs is not beside the project, so lossless saving of other tools' documents is not checked here")
	}
	h := newHome(t)
	s := h.serve(h.token("ann@example.com"))
	for _, f := range files {
		if strings.Contains(f, "wfcommons") {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) { assertSurvives(t, s, f) })
	}
}

func assertSurvives(t *testing.T, s *server, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Nodes, Edges json.RawMessage
		Data         struct{ Nodes, Edges json.RawMessage }
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Nodes == nil {
		doc.Nodes, doc.Edges = doc.Data.Nodes, doc.Data.Edges
	}
	code, out := s.call("POST", "/api/workflows", map[string]any{"name": filepath.Base(file), "nodes": doc.Nodes, "edges": doc.Edges})
	if code != http.StatusCreated {
		t.Fatalf("create: %d %v", code, out)
	}
	_, back := s.call("GET", "/api/workflows/"+out["workflow"].(map[string]any)["id"].(string), nil)
	w := back["workflow"].(map[string]any)
	for name, sent := range map[string]json.RawMessage{"nodes": doc.Nodes, "edges": doc.Edges} {
		var want any
		if err := json.Unmarshal(sent, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, w[name]); diff != "" {
			t.Errorf("%s changed:\n%s", name, diff)
		}
	}
}
