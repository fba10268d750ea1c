package worker_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// cluster is a PostgreSQL of the test's own, which it may crash.
type cluster struct {
	t   *testing.T
	dir string
}

const postgresScript = "../../.ci/postgres"

// newCluster starts it and returns its URL.
func newCluster(t *testing.T) (*cluster, string) {
	t.Helper()
	if os.Getenv("HEDDLE_TEST_POSTGRES") == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI needs a PostgreSQL: set HEDDLE_TEST_POSTGRES")
		}
		t.Skip("NO POSTGRESQL: set HEDDLE_TEST_POSTGRES, as in HEDDLE_TEST_POSTGRES=$(.ci/postgres start DIR), for the proofs with a database that crashes")
	}
	dir, err := os.MkdirTemp("", "heddle-r10-") //nolint:usetesting // the folders of t.TempDir are closed to the database's user
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t, dir}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	url := c.do("start")
	t.Cleanup(func() { c.do("stop") })
	return c, strings.TrimSpace(url)
}

func (c *cluster) do(verb string) string {
	c.t.Helper()
	out, err := exec.CommandContext(context.Background(), postgresScript, verb, c.dir).Output()
	if err != nil {
		stderr := ""
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			stderr = string(e.Stderr)
		}
		c.t.Fatalf("%s %s: %v %s", postgresScript, verb, err, stderr)
	}
	return string(out)
}

// TestR10_TheDatabaseCrashes ends PostgreSQL at once again and again, while two
// workers work and runs are accepted.
func TestR10_TheDatabaseCrashes(t *testing.T) {
	if testing.Short() {
		t.Skip("-SHORT: this waits for a database to restart; run it without -short")
	}
	t.Parallel() // it mostly waits
	db, url := newCluster(t)
	p := newProof(t, url, 40*time.Millisecond, 2*time.Second)
	crashes, began := times(t, 4, 100), time.Now()
	for range 2 {
		p.start(t).wait(t)
	}
	refused := 0
	for range crashes {
		for range 6 {
			if id, err := p.accept(t.Context(), p.process); err == nil {
				p.acks = append(p.acks, id)
			} else {
				refused++ // not acknowledged: the client tries again
			}
		}
		time.Sleep(random(10*time.Millisecond, 300*time.Millisecond))
		db.do("crash")
	}
	for p.store.Ping(t.Context()) != nil {
		if time.Since(began) > 10*time.Minute {
			t.Fatal("the database does not answer")
		}
		time.Sleep(100 * time.Millisecond)
	}
	time.Sleep(1500 * time.Millisecond) // connections that died idle are found after a second
	p.audit(t, fmt.Sprintf("R10 %d crashes of PostgreSQL, %d runs refused", crashes, refused), began)
}

// TestR24_DuplicateTriggers gives every run twenty triggers, while three workers take them.
func TestR24_DuplicateTriggers(t *testing.T) {
	p := newProof(t, postgresURL(t), 10*time.Millisecond, 5*time.Second)
	runs, began := times(t, 10, 500), time.Now()
	p.accepts(t, runs)
	for _, id := range p.acks {
		for range 20 {
			err := p.store.Requeue(t.Context(), id, func(ctx context.Context, tx *store.Tx) (string, error) { return p.worker.Enqueue(ctx, tx, id) })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 3 {
		p.start(t).wait(t)
	}
	p.audit(t, fmt.Sprintf("R24 %d runs with 21 triggers each", runs), began)
	for key, n := range p.effects(t) {
		if n != 1 {
			t.Errorf("%s had %d effects", key, n)
		}
	}
	for _, id := range p.acks {
		if r, err := p.store.Run(t.Context(), p.Owner, id); err != nil || r.Status != flow.RunSuccess || r.Attempt != 1 {
			t.Errorf("%s: %s after %d attempts, %v", id, r.Status, r.Attempt, err)
		}
	}
}
