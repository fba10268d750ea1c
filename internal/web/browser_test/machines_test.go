//go:build browser

package browser_test

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	longNodes = `[{"id":"t","type":"text","position":{"x":0,"y":0},"data":{"label":"Draft","text":"Dear customer"}},
		{"id":"w","type":"wait","position":{"x":320,"y":0},"data":{"label":"Slow step","seconds":8}},
		{"id":"d","type":"debug","position":{"x":640,"y":0},"data":{"label":"Shown"}}]`
	longEdges = `[{"id":"1","source":"t","target":"w","targetHandle":"in"},{"id":"2","source":"w","target":"d"}]`
)

// postgres makes a database of the test's own and returns its URL.
func postgres(t *testing.T) string {
	t.Helper()
	const key = "HEDDLE_TEST_POSTGRES"
	url := os.Getenv(key)
	if url == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs a PostgreSQL: set %s", key)
		}
		t.Skipf("NO POSTGRESQL: set %s to the URL of one to test many machines, as in %s=$(.ci/postgres start DIR)", key, key)
	}
	name := "b" + strings.ToLower(rand.Text())
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

// TestMachines_ABrowserWatchesTheOtherGoOn kills the process that works on a run
// with -9, while a browser at another process has the run's page open: it sees the
// run end, without a reload.
func TestMachines_ABrowserWatchesTheOtherGoOn(t *testing.T) {
	t.Parallel()
	db := "DATABASE_URL=" + postgres(t)
	a := newSite(t, db)
	a.account()
	var out struct{ RunID string }
	a.api("POST", "/api/execute", map[string]any{"workflowId": a.create("Slow", longNodes, longEdges)}, &out)
	status := func(s *site) string {
		var got struct {
			Run struct {
				NodeResults []struct{ NodeID, Status string }
			}
		}
		s.api("GET", "/api/runs/"+out.RunID, nil, &got)
		for _, r := range got.Run.NodeResults {
			if r.NodeID == "w" {
				return r.Status
			}
		}
		return ""
	}
	a.until("the slow step began", func() bool { return status(a) == "waiting" })
	b := newSite(t, db) // comes later, so that it does not have the run
	b.tok = a.tok
	p := b.browser("light")
	p.signIn()
	p.open("/runs/" + out.RunID)
	p.wait("the other process's run is shown", `document.querySelector("main .head .pill").textContent.includes("Running") && document.body.innerText.includes("Slow step")`)
	eval[bool](p, `window.notReloaded = true`)
	p.shot("before")
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	for !eval[bool](p, `document.querySelector("main .head .pill").textContent.includes("Success")`) {
		if time.Since(killed) > 45*time.Second {
			p.shot("failed")
			t.Fatal("the browser did not see the run end")
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Logf("the run ended on the other process %s after the kill", time.Since(killed).Round(time.Second))
	if !eval[bool](p, `window.notReloaded === true`) {
		t.Error("the page was loaded anew")
	}
	p.shot("after")
}
