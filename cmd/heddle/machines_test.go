package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// newCluster is a home whose database is a fresh one on PostgreSQL.
func newCluster(t *testing.T, env ...string) *home {
	t.Helper()
	return newHome(t, append(env, "DATABASE_URL="+freshPostgres(t))...)
}

// freshPostgres makes a database on PostgreSQL and drops it afterwards.
func freshPostgres(t *testing.T) string {
	t.Helper()
	const key = "HEDDLE_TEST_POSTGRES"
	url := os.Getenv(key)
	if url == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs a PostgreSQL: set %s", key)
		}
		t.Skipf("NO POSTGRESQL: set %s to the URL of one to test many machines, as in %s=$(.ci/postgres start DIR)", key, key)
	}
	name := "m" + strings.ToLower(rand.Text())
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

// machine is a further machine on the same database, with an address of its own.
func (h *home) machine() *home {
	h.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		h.t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		h.t.Fatal(err)
	}
	return &home{t: h.t, dir: h.dir, addr: addr, env: append(append([]string{}, h.env...), "HEDDLE_ADDR="+addr)}
}

// work starts "heddle worker" and waits until it is ready.
func (h *home) work(concurrency string) *server {
	h.t.Helper()
	s := &server{home: h, cmd: h.command(context.Background(), "worker", "--concurrency", concurrency), log: &safeBuffer{}}
	s.cmd.Stderr = s.log
	if err := s.cmd.Start(); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.kill(syscall.SIGKILL) })
	s.until("the worker is ready", func() bool { return strings.Contains(s.log.String(), "worker is ready") })
	return s
}

// ended reports whether the process logged that it ended the run.
func (s *server) ended(id string) bool {
	for line := range strings.Lines(s.log.String()) {
		if strings.Contains(line, "run ended") && strings.Contains(line, id) {
			return true
		}
	}
	return false
}

// follow reads a run's stream of events and sends when each came.
func (s *server) follow(id string) <-chan time.Time {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.addr+"/api/runs/"+id+"/events", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // the goroutine that reads it closes it
	if err != nil {
		s.t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close()
		s.t.Fatalf("events: %d", res.StatusCode)
	}
	came := make(chan time.Time, 1000)
	go func() {
		defer close(came)
		defer res.Body.Close()
		lines := bufio.NewScanner(res.Body)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data:") {
				came <- time.Now()
			}
		}
	}()
	return came
}

// TestMachines_HearOfEachOthersRuns starts a run on one server, follows it on
// another and cancels it from there.
func TestMachines_HearOfEachOthersRuns(t *testing.T) {
	models := newSlowModels(t, time.Minute)
	h := newCluster(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	a := h.serve(h.token("ann@example.com"))
	b := h.machine().serve(a.token)
	id := a.start(chainOfFour())
	a.until("the first model call began", func() bool { return models.count("step0") == 1 })
	came := b.follow(id)
	<-came
	began := time.Now()
	if code, out := b.call("POST", "/api/runs/"+id+"/cancel", nil); code != http.StatusAccepted {
		t.Fatalf("cancel: %d %v", code, out)
	}
	if r := b.finished(id); r["status"] != "canceled" {
		t.Fatalf("run: %v", r)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("a cancel from another machine took %s", d)
	}
	for range came { // the stream ends by itself with the run
	}
	assertGapless(t, b, id)
}

// TestMachines_ShareTheWork starts runs on a server beside two workers: all end, and
// more than one process had a part.
func TestMachines_ShareTheWork(t *testing.T) {
	models := newSlowModels(t, 100*time.Millisecond)
	h := newCluster(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test", "HEDDLE_WORKERS=1")
	s := h.serve(h.token("ann@example.com"))
	workers := []*server{s, h.machine().work("2"), h.machine().work("2")}
	var ids []string
	for range 12 {
		ids = append(ids, s.start(chainOfFour()))
	}
	shares := make([]int, len(workers))
	for _, id := range ids {
		if r := s.finished(id); r["status"] != "success" {
			t.Fatalf("run: %v", r)
		}
		s.until("a process tells of the end of "+id, func() bool { return total(workers, id) > 0 })
		if n := total(workers, id); n != 1 {
			t.Errorf("%d processes ended %s", n, id)
		}
		for i, w := range workers {
			if w.ended(id) {
				shares[i]++
			}
		}
	}
	for i, n := range shares {
		if n == 0 {
			t.Errorf("process %d ended no run: shares %v", i, shares)
		}
	}
}

func total(workers []*server, id string) int {
	n := 0
	for _, w := range workers {
		if w.ended(id) {
			n++
		}
	}
	return n
}

// TestE13_AStoppedWorkersRunIsTakenOver stops the worker that has a run politely:
// another goes on within 5 seconds of its end.
func TestE13_AStoppedWorkersRunIsTakenOver(t *testing.T) {
	models := newSlowModels(t, 10*time.Second) // longer than a stop waits for
	h := newCluster(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	s := h.serve(h.token("ann@example.com"))
	id := s.start(chainOfFour())
	s.until("the first model call began", func() bool { return models.count("step0") == 1 })
	other := h.machine().serve(s.token)
	if code := s.kill(syscall.SIGTERM); code != 0 {
		t.Fatalf("exit %d:\n%s", code, s.log)
	}
	began := time.Now()
	other.until("the first model call began again", func() bool { return models.count("step0") == 2 })
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("taken over after %s", d)
	}
	if code, out := other.call("POST", "/api/runs/"+id+"/cancel", nil); code != http.StatusAccepted {
		t.Fatalf("cancel: %d %v", code, out)
	}
	if r := other.finished(id); r["status"] != "canceled" {
		t.Errorf("run: %v", r)
	}
}

// TestE12_AKilledWorkersRunIsTakenOver kills the process that has a run. The other
// one is of the same host but was started before, so only the lease tells it.
func TestE12_AKilledWorkersRunIsTakenOver(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: waits for a lease of 30 s")
	}
	models := newSlowModels(t, time.Second)
	h := newCluster(t, "OPENAI_BASE_URL="+models.URL+"/v1", "OPENAI_API_KEY=test")
	s := h.serve(h.token("ann@example.com"))
	id := s.start(chainOfFour())
	s.until("the second model call began", func() bool { return models.count("step1") == 1 })
	other := h.machine().serve(s.token)
	s.kill(syscall.SIGKILL)
	killed, before := time.Now(), calls(models)
	for calls(models) == before && time.Since(killed) < 40*time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	if d := time.Since(killed); d > 35*time.Second {
		t.Errorf("taken over after %s", d)
	}
	if r := other.finished(id); r["status"] != "success" {
		t.Fatalf("run: %v", r)
	}
	assertGapless(t, other, id)
}

// calls returns how many model calls the chain of four has made.
func calls(m *slowModels) int {
	return m.count("step0") + m.count("step1") + m.count("step2") + m.count("step3")
}
