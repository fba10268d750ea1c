package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// startRedis starts a Redis of the test's own and returns its URL and how to end it.
func startRedis(t *testing.T) (string, func()) {
	t.Helper()
	bin, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI needs a redis-server")
		}
		t.Skip("NO REDIS: install redis-server to test limits across processes")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(context.Background(), bin, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop := func() { once.Do(func() { _ = c.Process.Kill(); _ = c.Wait() }) }
	t.Cleanup(stop)
	for range 200 {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return "redis://" + addr, stop
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("Redis did not start")
	return "", stop
}

// TestX9_OneLimitForFourProcesses sends 800 requests at once to four limiters.
func TestX9_OneLimitForFourProcesses(t *testing.T) {
	url, _ := startRedis(t)
	var admitted atomic.Int32
	var wg sync.WaitGroup
	began := time.Now()
	for range 4 {
		r, err := newRedisRates(url)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		for range 200 {
			wg.Go(func() {
				wait, err := r.Take(t.Context(), "user:ann", 100)
				if err != nil {
					t.Error(err)
				}
				if wait == 0 {
					admitted.Add(1)
				}
			})
		}
	}
	wg.Wait()
	// A minute gives 100 back: while the requests come, a few more are due.
	due := 101 + int32(time.Since(began).Seconds()*100/60)
	if n := admitted.Load(); n < 100 || n > due {
		t.Errorf("%d of 800 admitted, want 100 to %d", n, due)
	}
}

// TestN3_WithoutRedisEachProcessLimitsAlone shares a limit between two servers on
// Redis, then takes Redis away: requests are answered, and still limited.
func TestN3_WithoutRedisEachProcessLimitsAlone(t *testing.T) {
	url, stop := startRedis(t)
	h := newHome(t, "REDIS_URL="+url, "HEDDLE_RATE_API=10")
	token := h.token("ann@example.com")
	a, b := h.serve(token), h.machine().serve(token)
	ok := 0
	for range 8 {
		for _, s := range []*server{a, b} {
			if code, _ := s.call("GET", "/api/runs", nil); code == http.StatusOK {
				ok++
			}
		}
	}
	if ok < 10 || ok > 11 {
		t.Errorf("%d of 16 requests to two servers were answered, want 10", ok)
	}
	stop()
	if code, out := a.call("GET", "/api/runs", nil); code != http.StatusOK {
		t.Errorf("without Redis: %d %v", code, out)
	}
	limited := false
	for range 12 {
		code, _ := a.call("GET", "/api/runs", nil)
		limited = limited || code == http.StatusTooManyRequests
	}
	if !limited {
		t.Error("without Redis nothing is limited")
	}
}
