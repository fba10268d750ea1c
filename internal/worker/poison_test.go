package worker_test

import (
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
)

// TestR25_APoisonRunEnds lets three workers be lost on a run: the next one gives it up,
// starts none of its steps, and does the other run.
func TestR25_APoisonRunEnds(t *testing.T) {
	t.Parallel() // it mostly waits
	began := time.Now()
	p := newProof(t, sqliteURL(t), 3*time.Millisecond, 0)
	p.accepts(t, 2)
	id := p.acks[0]
	for range 3 {
		if _, err := p.store.ClaimRun(t.Context(), id, "gone", time.Millisecond); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // real time: the lease is compared by the real clock
	}
	p.start(t).wait(t)
	p.audit(t, "R25 a run that three workers were lost on", began)
	r, err := p.store.Run(t.Context(), p.Owner, id)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != flow.RunFailed || !strings.Contains(r.Error, "3 workers were lost") {
		t.Errorf("the run is %s: %q", r.Status, r.Error)
	}
	if n := len(p.effects(t)); n != 3 {
		t.Errorf("%d steps ran, want the three of the other run", n)
	}
}
