package engine_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// spends uses 40 tokens and 0.4 dollars after the time in arg.
func spends(ctx context.Context, c node.Call, arg string) (node.Result, error) {
	r, err := doze(ctx, c, arg)
	r.Usage = flow.Usage{TokensIn: 30, TokensOut: 10, CostUSD: new(0.4)}
	return r, err
}

// TestP4_ASpentBudgetEndsTheRun is row P4 of trust.md for tokens and cost.
func TestP4_ASpentBudgetEndsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		budget flow.Budget
		status flow.RunStatus
		text   string
	}{
		"tokens":    {flow.Budget{Tokens: 100}, flow.RunFailed, "The run's budget is spent: it used 120 of 100 tokens."},
		"cost":      {flow.Budget{CostUSD: 1}, flow.RunFailed, "The run's budget is spent: it used $1.20 of $1.00."},
		"no limit":  {flow.Budget{}, flow.RunSuccess, ""},
		"it is all": {flow.Budget{Tokens: 200, CostUSD: 2}, flow.RunSuccess, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, engine.Config{}, kind("spends", node.Model, spends))
				r := (&g{}).arg("a", "spends", "1s").arg("b", "spends", "2s").arg("c", "spends", "3s").
					arg("long", "spends", "60s").arg("late", "spends", "1s").edge("c", "late").run()
				r.Budget = c.budget
				began := time.Now()
				if s := w.execute(t.Context(), r); s != c.status || w.memory.Row("run_1").Error != c.text {
					t.Fatalf("run %s: %q", s, w.memory.Row("run_1").Error)
				}
				if c.status == flow.RunSuccess {
					return
				}
				want := map[string]flow.NodeStatus{"a": "success", "b": "success", "c": "success", "long": "canceled", "late": "canceled"}
				if d := cmp.Diff(want, w.statuses()); d != "" {
					t.Error(d)
				}
				if why := w.result("late").Reason; why != "because the run's budget is spent" {
					t.Errorf("reason %q", why)
				}
				if d := time.Since(began); d > 5*time.Second {
					t.Errorf("it went on until %s", d)
				}
			})
		})
	}
}

func TestP4_CalledWorkflowsAndEarlierWorkersCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flows := shelf{}
		flows.put("wf_in", (&g{}).arg("x", "spends", "1s"))
		w := newWorld(t, engine.Config{Workflows: flows}, each(), kind("say", node.Pure, say), kind("spends", node.Model, spends))
		r := (&g{}).node("m", "each", calls("wf_in", 1)).items("m", "1s", "1s", "1s", "1s", "1s", "1s").run()
		r.Budget = flow.Budget{Tokens: 100}
		if s := w.execute(t.Context(), r); s != flow.RunFailed {
			t.Errorf("run %s", s)
		}
		if n := w.memory.Row("run_1").Usage; n.TokensIn+n.TokensOut != 120 {
			t.Errorf("used %+v", n)
		}
		if why := w.result("m").Reason; why != "because the run's budget is spent" {
			t.Errorf("reason %q", why)
		}
		w = newWorld(t, engine.Config{}, kind("spends", node.Model, spends))
		r = (&g{}).arg("a", "spends", "1s").arg("b", "spends", "1s").edge("a", "b").run()
		r.Budget = flow.Budget{Tokens: 50}
		claim := w.memory.Claim(r)
		claim.Results = []flow.NodeResult{{RunID: "run_1", NodeID: "a", NodeType: "spends", Attempt: 1, Status: flow.NodeSuccess, Usage: flow.Usage{TokensIn: 60}, Output: flow.Values{"out": flow.Text("x")}}}
		if s, err := w.engine.Execute(t.Context(), claim); err != nil || s != flow.RunFailed {
			t.Errorf("run %s %v", s, err)
		}
	})
}

func TestWhatAFailedAttemptUsedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, engine.Config{}, kind("costly", node.Model, func(ctx context.Context, c node.Call, arg string) (node.Result, error) {
			r, _ := spends(ctx, c, arg)
			return r, flow.Errorf(flow.Invalid, "It was no good.")
		}))
		w.execute(t.Context(), (&g{}).arg("a", "costly", "1s").run())
		if u := w.memory.Row("run_1").Usage; u.TokensIn != 30 || w.result("a").TokensOut != 10 {
			t.Errorf("used %+v, the step %+v", u, w.result("a").Usage)
		}
	})
}
