package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func TestMain(m *testing.M) {
	// database/sql closes its connections in the background after Close.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("database/sql.(*DB).connectionOpener"))
}

// postgresKey names the setting that lets the suite use a PostgreSQL.
const postgresKey = "HEDDLE_TEST_POSTGRES"

// both runs a test on SQLite and on PostgreSQL, each with a fresh database.
func both(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, open(t, sqlitePath(t)))
	})
	t.Run("postgres", func(t *testing.T) {
		test(t, open(t, freshPostgres(t)))
	})
}

func sqlitePath(t *testing.T) string {
	t.Helper()
	return "file:" + filepath.Join(t.TempDir(), "heddle.db")
}

// freshPostgres makes a database of its own for the test and drops it afterwards.
func freshPostgres(t *testing.T) string {
	t.Helper()
	url := os.Getenv(postgresKey)
	if url == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs a PostgreSQL: set %s", postgresKey)
		}
		t.Skipf("NO POSTGRESQL: set %s to the URL of one to run the store's tests on it, as in %s=$(.ci/postgres start DIR)", postgresKey, postgresKey)
	}
	name := "t" + strings.ToLower(strconv.FormatInt(time.Now().UnixNano(), 10))
	admin(t, url, "CREATE DATABASE "+name)
	t.Cleanup(func() { admin(t, url, "DROP DATABASE "+name+" WITH (FORCE)") })
	return strings.Replace(url, "/postgres?", "/"+name+"?", 1)
}

func admin(t *testing.T, url, statement string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// user makes an account and returns it as an owner.
func user(t testing.TB, s *store.Store, email string) flow.Owner {
	t.Helper()
	id := flow.NewID(flow.UserPrefix)
	must(t, s.CreateUser(t.Context(), flow.User{ID: id, Email: email}, "hash"))
	return flow.Owner(id)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind fails unless err is of the given kind.
func wantKind(t testing.TB, what string, err error, k flow.Kind) {
	t.Helper()
	if err == nil || flow.KindOf(err) != k {
		t.Errorf("%s: got %v, want %s", what, err, k.Code())
	}
}

const (
	someNodes = `[{"id":"a","type":"text","data":{"n":1.50,"deep":{"x":[1,2,null]}}},{"id":"b","type":"debug"}]`
	someEdges = `[{"id":"e","source":"a","target":"b","x-unknown":"kept"}]`
)

func workflow(t testing.TB, s *store.Store, o flow.Owner, name string, tags ...string) flow.ID {
	t.Helper()
	w := flow.Workflow{ID: flow.NewID(flow.WorkflowPrefix), Name: name, Tags: tags, Nodes: json.RawMessage(someNodes), Edges: json.RawMessage(someEdges)}
	must(t, s.CreateWorkflow(t.Context(), o, w, "ann@example.com"))
	return w.ID
}

func newRun(o flow.Owner, w *flow.ID) flow.Run {
	return flow.Run{
		ID: flow.NewID(flow.RunPrefix), UserID: flow.ID(o), WorkflowID: w, WorkflowName: "w", Status: flow.RunQueued, Scope: flow.ScopeFull,
		Nodes: json.RawMessage(someNodes), Edges: json.RawMessage(someEdges), Inputs: flow.Values{"a": flow.Text("hi")},
		Counts: flow.Counts{TotalNodes: 2}, Source: flow.SourceAPI, CreatedAt: time.Now().Add(-time.Minute).UTC().Truncate(time.Microsecond),
	}
}

func noQueue(context.Context, *store.Tx) (store.Trigger, error) { return store.Trigger{ID: "job"}, nil }

// noJob is the trigger of a run that goes on.
func noJob(context.Context, *store.Tx) (string, error) { return "job", nil }

func accept(t testing.TB, s *store.Store, o flow.Owner, w *flow.ID) flow.ID {
	t.Helper()
	r, fresh, err := s.CreateRun(t.Context(), o, store.NewRun{Run: newRun(o, w), Enqueue: noQueue})
	if err != nil || !fresh {
		t.Fatal(fresh, err)
	}
	return r.ID
}

// event returns the n-th event of a run.
func event(run flow.ID, n int64) flow.Event {
	return flow.Event{RunID: run, Seq: n, Type: flow.EventLog, At: time.Now(), Payload: json.RawMessage(fmt.Sprintf(`{"message":"m%d"}`, n))}
}

func finalChange(status flow.RunStatus) *flow.RunChange {
	now := time.Now()
	return &flow.RunChange{Status: status, Counts: flow.Counts{TotalNodes: 2, SuccessNodes: 2}, StartedAt: &now, CompletedAt: &now, Duration: new(int64(5))}
}
