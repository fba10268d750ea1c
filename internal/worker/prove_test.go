package worker_test

import (
	"context"
	"crypto/rand"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"heddle/internal/flow"
	"heddle/internal/worker"
)

// proof is a database with an owner, and the orders for hands on it.
type proof struct {
	orders
	*process // of the test itself: it accepts and looks, it does not work
	acks     []flow.ID
}

func newProof(t *testing.T, url string, step, lease time.Duration) *proof {
	t.Helper()
	p := &proof{orders: orders{
		URL: url, Owner: flow.Owner(flow.NewID(flow.UserPrefix)), Effects: filepath.Join(t.TempDir(), "effects"), Step: step, Lease: lease, Hands: 4,
	}}
	looks := p.orders
	looks.Hands = 0
	var err error
	if p.process, err = looks.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.store.Close() })
	if _, err := p.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := worker.Migrate(t.Context(), p.store); err != nil {
		t.Fatal(err)
	}
	if err := p.store.CreateUser(t.Context(), flow.User{ID: flow.ID(p.Owner), Email: "ann@example.com"}, ""); err != nil {
		t.Fatal(err)
	}
	return p
}

func sqliteURL(t *testing.T) string { return "file:" + filepath.Join(t.TempDir(), "heddle.db") }

// postgresURL makes a database of its own for the test.
func postgresURL(t *testing.T) string {
	t.Helper()
	const key = "HEDDLE_TEST_POSTGRES"
	url := os.Getenv(key)
	if url == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs a PostgreSQL: set %s", key)
		}
		t.Skipf("NO POSTGRESQL: set %s to the URL of one for the proofs with many machines, as in %s=$(.ci/postgres start DIR)", key, key)
	}
	name := "p" + strings.ToLower(rand.Text())
	admin := func(statement string) {
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), statement); err != nil {
			t.Fatal(err)
		}
	}
	admin("CREATE DATABASE " + name)
	t.Cleanup(func() { admin("DROP DATABASE " + name + " WITH (FORCE)") })
	return strings.Replace(url, "/postgres?", "/"+name+"?", 1)
}

// accepts makes n runs from the test's own process.
func (p *proof) accepts(t *testing.T, n int) {
	t.Helper()
	for range n {
		id, err := p.accept(t.Context(), p.process)
		if err != nil {
			t.Fatal(err)
		}
		p.acks = append(p.acks, id)
	}
}

// audit waits for the end of all runs, checks them, and prints one line of figures.
func (p *proof) audit(t *testing.T, what string, began time.Time) {
	t.Helper()
	l := ledger{p.store, p.Owner, p.acks, nil}
	ends := l.settled(t, 90*time.Second)
	l.effects = p.effects(t)
	l.check(t)
	if t.Failed() {
		return
	}
	fmt.Printf("PROOF %s: %d acknowledged runs, 0 lost, 0 stuck, ends %v, %d steps with effects, %.0f s\n", what, len(p.acks), ends, len(l.effects), time.Since(began).Seconds())
}

// random returns a duration in [from, to).
func random(from, to time.Duration) time.Duration {
	return from + time.Duration(mrand.Int64N(int64(to-from)))
}

// TestR1_KilledAgainAndAgain kills the one process of a SQLite database, which also
// accepts the runs, at random points of its life.
func TestR1_KilledAgainAndAgain(t *testing.T) {
	t.Parallel() // it mostly waits
	kills, began := times(t, 30, 1000), time.Now()
	p := newProof(t, sqliteURL(t), 3*time.Millisecond, 0)
	o := p.orders
	o.Accept = 3
	for i := range kills {
		h := o.start(t)
		if i%8 != 0 { // the others are killed while they start
			h.wait(t)
		}
		time.Sleep(random(time.Millisecond, 60*time.Millisecond))
		p.acks = append(p.acks, h.end(syscall.SIGKILL)...)
	}
	p.start(t).wait(t)
	p.audit(t, fmt.Sprintf("R1 %d kills, SQLite", kills), began)
}

// TestR2_KilledAmongOthers kills random ones of three workers on PostgreSQL.
func TestR2_KilledAmongOthers(t *testing.T) {
	p := newProof(t, postgresURL(t), 80*time.Millisecond, 2*time.Second)
	kills, began := times(t, 12, 1000), time.Now()
	hands := []*hand{p.start(t), p.start(t), p.start(t)}
	for _, h := range hands {
		h.wait(t)
	}
	for range kills {
		p.accepts(t, 6) // more than hands: whoever is killed is at work
		time.Sleep(random(20*time.Millisecond, 220*time.Millisecond))
		i := mrand.IntN(len(hands))
		hands[i].end(syscall.SIGKILL)
		hands[i] = p.start(t)
	}
	p.audit(t, fmt.Sprintf("R2 %d kills, PostgreSQL, 3 workers", kills), began)
	if p.takenOver(t) == 0 {
		t.Error("no run was taken over from a killed worker: nothing was proven")
	}
}

// TestR3_AZombieWritesNothing stops a worker for two leases and lets it go on: by
// then another one has its runs.
func TestR3_AZombieWritesNothing(t *testing.T) {
	t.Parallel() // it mostly waits
	p := newProof(t, postgresURL(t), 150*time.Millisecond, time.Second)
	pauses, began := times(t, 4, 500), time.Now()
	hands := []*hand{p.start(t), p.start(t)}
	for _, h := range hands {
		h.wait(t)
	}
	for i := range pauses {
		p.accepts(t, 6)
		time.Sleep(random(50*time.Millisecond, 400*time.Millisecond))
		h := hands[i%2]
		if err := h.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * p.Lease)
		if err := h.cmd.Process.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	p.audit(t, fmt.Sprintf("R3 %d pauses of two leases", pauses), began)
	if over := p.takenOver(t); over == 0 {
		t.Error("no run was taken over from a paused worker: nothing was proven")
	}
}

// takenOver counts the runs that more than one worker had.
func (p *proof) takenOver(t *testing.T) int {
	t.Helper()
	n := 0
	for _, id := range p.acks {
		r, err := p.store.Run(t.Context(), p.Owner, id)
		if err != nil {
			t.Fatal(err)
		}
		if r.Attempt > 1 {
			n++
		}
	}
	return n
}
