package engine

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"heddle/internal/flow"
)

// TestNodeStatusJSONIsWhatReflectionGives keeps the hand-written encoder equal to
// the struct's tags. It lies inside the package because the encoder is not exported.
func TestNodeStatusJSONIsWhatReflectionGives(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		texts := rapid.MapOfN(rapid.String(), rapid.String(), 0, 3)
		e := flow.NodeStatusEvent{
			NodeID: rapid.String().Draw(rt, "id"), Status: flow.NodeSuccess, Cached: rapid.Bool().Draw(rt, "cached"),
			Attempt: rapid.IntRange(0, 3).Draw(rt, "attempt"), Error: rapid.String().Draw(rt, "error"), Reason: rapid.String().Draw(rt, "reason"),
			Output: texts.Draw(rt, "output"), Meta: texts.Draw(rt, "meta"),
		}
		if rapid.Bool().Draw(rt, "times") {
			at := time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(rt, "at")).UTC()
			e.QueuedAt, e.StartedAt, e.Duration = &at, &at, new(rapid.Int64().Draw(rt, "duration"))
			e.Usage = &flow.Usage{TokensIn: 1, CostUSD: new(0.5)}
		}
		want, err := json.Marshal(e)
		if err != nil {
			rt.Fatal(err)
		}
		var a, b any
		if err := json.Unmarshal(want, &a); err != nil {
			rt.Fatal(err)
		}
		if err := json.Unmarshal(nodeStatusJSON(e), &b); err != nil {
			rt.Fatalf("%v: %s", err, nodeStatusJSON(e))
		}
		if d := cmp.Diff(a, b); d != "" {
			rt.Fatal(d)
		}
	})
}
