package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

// recorded is a real scientific workflow with the recorded run times of its tasks.
type recorded struct {
	Name  string `json:"name"`
	Tasks []struct {
		ID      string   `json:"id"`
		Runtime float64  `json:"runtime"` // seconds
		Parents []string `json:"parents"`
	} `json:"tasks"`
}

// wfcommons reads the recorded workflows; they are not part of the project.
func wfcommons(t testing.TB) []recorded {
	dir := os.Getenv("HEDDLE_WFCOMMONS")
	if dir == "" {
		dir = "../../../shared/graphs/wfcommons"
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED: no recorded workflows in %s. Set HEDDLE_WFCOMMONS to a folder of WfCommons graphs.", dir)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no workflows in", dir, err)
	}
	var out []recorded
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r recorded
		if err := json.Unmarshal(raw, &r); err != nil {
			t.Fatal(file, err)
		}
		out = append(out, r)
	}
	return out
}

// graph returns the workflow with each task sleeping its recorded time.
func (r recorded) graph(typ string) *g {
	b := &g{}
	for _, task := range r.Tasks {
		b.arg(task.ID, typ, time.Duration(task.Runtime*float64(time.Second)).String())
		for _, p := range task.Parents {
			b.edge(p, task.ID)
		}
	}
	return b
}

// bounds returns the critical path and the work, in seconds.
func (r recorded) bounds() (path, work float64) {
	run, parents := map[string]float64{}, map[string][]string{}
	for _, task := range r.Tasks {
		run[task.ID], parents[task.ID] = task.Runtime, task.Parents
		work += task.Runtime
	}
	ends := map[string]float64{}
	var end func(id string) float64
	end = func(id string) float64 {
		if e, ok := ends[id]; ok {
			return e
		}
		start := 0.0
		for _, p := range parents[id] {
			start = max(start, end(p))
		}
		ends[id] = start + run[id]
		return ends[id]
	}
	for id := range run {
		path = max(path, end(id))
	}
	return path, work
}

// TestE3_MakespanIsNearItsBound holds the engine against two bounds. With enough
// slots the run takes as long as its critical path. With few, no schedule reaches
// max(critical path, work/parallelism) on these graphs, not even one that knows all
// run times; a scheduler that never leaves a slot idle while a node is ready stays
// below work/p + (1-1/p) * critical path (R. L. Graham, 1969).
func TestE3_MakespanIsNearItsBound(t *testing.T) {
	for _, wf := range wfcommons(t) {
		path, work := wf.bounds()
		for _, parallel := range []int{2, 4, 16, 1000} {
			t.Run(fmt.Sprintf("%s/%d", wf.Name, parallel), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					long := 1000 * time.Hour
					w := newWorld(t, engine.Config{PerRun: parallel, PerProcess: 1000, NodeTimeout: long, RunTimeout: long}, kind("doze", node.Model, doze))
					began := time.Now()
					if s := w.execute(t.Context(), wf.graph("doze").run()); s != flow.RunSuccess {
						t.Fatal(s)
					}
					took, p := time.Since(began).Seconds(), float64(parallel)
					bound := max(path, work/p)
					t.Logf("%.1f s, bound %.1f s, %+.1f %%", took, bound, 100*(took/bound-1))
					if parallel >= len(wf.Tasks) && took > 1.05*bound {
						t.Errorf("took %.1f s; the critical path is %.1f s", took, path)
					}
					if graham := work/p + (1-1/p)*path; took > graham*1.001 {
						t.Errorf("took %.1f s; a slot was idle, as %.1f s suffice", took, graham)
					}
				})
			})
		}
	}
}

func BenchmarkWfCommons(b *testing.B) {
	all := wfcommons(b)
	largest := all[0]
	for _, wf := range all {
		if len(wf.Tasks) > len(largest.Tasks) {
			largest = wf
		}
	}
	benchmark(b, largest.graph("say"))
}
