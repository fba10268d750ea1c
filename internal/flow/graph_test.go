package flow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
)

func TestIDsSortByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []flow.ID
		for range 100 {
			ids = append(ids, flow.NewID(flow.RunPrefix))
			time.Sleep(time.Millisecond)
		}
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Errorf("out of order: %v", ids)
		}
		if id := ids[0]; !id.Is(flow.RunPrefix) || id.Is(flow.UserPrefix) || len(id) != len("run_")+26 {
			t.Errorf("id %s", id)
		}
	})
	for _, bad := range []flow.ID{"", "run_", "run_short", "run_" + flow.ID(strings.Repeat("U", 26)), "run_" + flow.ID(strings.Repeat("a", 27))} {
		if bad.Is(flow.RunPrefix) {
			t.Errorf("%q passes for an id", bad)
		}
	}
}

func TestEventJSON(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.FixedZone("x", 3600))
	for _, c := range []struct{ payload, want string }{
		{`{"nodeId":"a","status":"running"}`, `{"type":"log","runId":"run_1","seq":7,"at":"2026-01-02T02:04:05.006Z","nodeId":"a","status":"running"}`},
		{`{}`, `{"type":"log","runId":"run_1","seq":7,"at":"2026-01-02T02:04:05.006Z"}`},
		{``, `{"type":"log","runId":"run_1","seq":7,"at":"2026-01-02T02:04:05.006Z"}`},
	} {
		b, err := json.Marshal(flow.Event{RunID: "run_1", Seq: 7, Type: flow.EventLog, At: at, Payload: json.RawMessage(c.payload)})
		if err != nil || string(b) != c.want {
			t.Errorf("%s %v", b, err)
		}
	}
}

func TestParseGraph(t *testing.T) {
	g, err := flow.ParseGraph(json.RawMessage(`[{"id":"a","type":"text","position":{"x":1.5,"y":2},"data":{"label":"Poem"},"width":9}, {"id":"b","type":"llm"}, {"id":"c"}]`),
		json.RawMessage(`[{"id":"e","source":"a","target":"b","sourceHandle":null,"targetHandle":"in","animated":true}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []flow.Edge{{ID: "e", Source: "a", Target: "b", TargetHandle: "in"}}
	if d := cmp.Diff(want, g.Edges); d != "" {
		t.Error(d)
	}
	if g.Nodes[0].Label() != "Poem" || g.Nodes[1].Label() != "llm" || g.Nodes[2].Label() != "c" || g.Nodes[0].Position.X != 1.5 {
		t.Errorf("%+v", g.Nodes)
	}
	for _, empty := range []string{``, `null`, `[]`} {
		if g, err := flow.ParseGraph(json.RawMessage(empty), json.RawMessage(empty)); err != nil || len(g.Nodes)+len(g.Edges) != 0 {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestParseGraphNamesEveryProblem(t *testing.T) {
	many := "[" + strings.TrimSuffix(strings.Repeat("{},", flow.MaxNodes+1), ",") + "]"
	for _, c := range []struct {
		nodes, edges string
		want         []string
	}{
		{`{}`, `5`, []string{"nodes", "edges"}},
		{`[1,{"id":"a"},null]`, `["x"]`, []string{"nodes.0", "nodes.2", "edges.0"}},
		{`[{"id":5}]`, `[{"source":{}}]`, []string{"nodes.0", "edges.0"}},
		{many, `[]`, []string{"nodes"}},
	} {
		_, err := flow.ParseGraph(json.RawMessage(c.nodes), json.RawMessage(c.edges))
		e, ok := errors.AsType[*flow.Error](err)
		if !ok || e.Kind != flow.Invalid {
			t.Errorf("%.20s: %v", c.nodes, err)
			continue
		}
		var got []string
		for _, p := range e.Problems {
			got = append(got, p.Path)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%.20s: %s", c.nodes, d)
		}
	}
}

func TestErrorKeepsMessageAndCauseApart(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("save: %w", flow.Errorf(flow.Conflict, "It is at version %d.", 4).Because(cause).WithHint("Load it again."))
	e, ok := errors.AsType[*flow.Error](err)
	if !ok || e.Message != "It is at version 4." || e.Hint != "Load it again." || !errors.Is(err, cause) || flow.KindOf(err) != flow.Conflict {
		t.Errorf("%+v", e)
	}
	if flow.KindOf(cause) != flow.Internal || flow.Internal.Code() != "internal" || flow.TooMany.Code() != "too_many_requests" {
		t.Error("kinds")
	}
}

func TestFinalStatuses(t *testing.T) {
	final := map[flow.RunStatus]bool{flow.RunSuccess: true, flow.RunPartial: true, flow.RunFailed: true, flow.RunCanceled: true}
	for _, s := range flow.RunStatuses() {
		if s.Final() != final[s] {
			t.Errorf("run %s", s)
		}
	}
	for s, want := range map[flow.NodeStatus]bool{flow.NodeIdle: false, flow.NodeRunning: false, flow.NodeSuccess: true, flow.NodeSkipped: true, flow.NodeFailed: true, flow.NodeCanceled: true} {
		if s.Final() != want {
			t.Errorf("node %s", s)
		}
	}
}

func FuzzParseGraph(f *testing.F) {
	f.Add(`[{"id":"a","type":"text","data":{"label":"x"}}]`, `[{"id":"e","source":"a","target":"a","sourceHandle":null}]`)
	f.Add(`[{"id":1},[],null,"x"]`, `{}`)
	f.Fuzz(func(t *testing.T, nodes, edges string) {
		g, err := flow.ParseGraph(json.RawMessage(nodes), json.RawMessage(edges))
		if err != nil {
			e, ok := errors.AsType[*flow.Error](err)
			if !ok || len(e.Problems) == 0 {
				t.Errorf("an error without problems: %v", err)
			}
			return
		}
		for _, n := range g.Nodes {
			n.Label()
			v := flow.RawValue(n.Data)
			v.Type()
			v.Preview(10)
			for _, to := range []flow.Type{flow.TypeText, flow.TypeList, flow.TypeImage} {
				if got, ok := v.As(to); ok && len(n.Data) > 0 && !json.Valid(got.Raw()) {
					t.Errorf("%s as %s is %s", n.Data, to, got.Raw())
				}
			}
		}
	})
}

// FuzzParseDocument reads workflow files, ours and those of other tools: what passes
// can be written and read again.
func FuzzParseDocument(f *testing.F) {
	for _, s := range []string{
		`{"name":"x","nodes":[],"edges":[]}`, `{"data":{"nodes":[{"id":"a","type":"text"}],"edges":[]}}`, `{"workflow":{"name":"y","nodes":[],"edges":[]},"tags":[1,"a"]}`,
		"\xef\xbb\xbf{\"nodes\":[]}", `[]`, `{"nodes":{}}`, ``,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := flow.ParseDocument(raw)
		if err != nil {
			if _, ok := errors.AsType[*flow.Error](err); !ok {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		out, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", raw, err)
		}
		if _, err := flow.ParseDocument(out); err != nil {
			t.Errorf("%q is written as %s, which cannot be read: %v", raw, out, err)
		}
	})
}

// FuzzHosts reads the hosts of a secret: what passes is a name or an address, without a
// scheme, a path or a port, and the secret may go there.
func FuzzHosts(f *testing.F) {
	for _, s := range []string{"api.example.com", "*.example.org", "https://x/y", "127.0.0.1", "[::1]", "*.", "a..b", "EXAMPLE.com."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		hosts, err := flow.CleanHosts([]string{s})
		if err != nil {
			return
		}
		for _, h := range hosts {
			if strings.ContainsAny(h, "/@ \t\r\n\\?#") {
				t.Errorf("%q passes as %q", s, h)
			}
			if !strings.HasPrefix(h, "*") && !(flow.StoredSecret{Hosts: hosts}).MayGo(h) {
				t.Errorf("%q may not go to %q", s, h)
			}
		}
	})
}
