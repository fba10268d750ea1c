package engine_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/engine"
	"heddle/internal/flow"
	"heddle/internal/node"
)

func TestMemoryKeepsTheRulesOfAJournal(t *testing.T) {
	event := func(seq int64) []flow.Event {
		return []flow.Event{{RunID: "run_1", Seq: seq, Type: flow.EventLog, At: time.Now(), Payload: rawJSON(`{}`)}}
	}
	var seen []int64
	m := engine.NewMemory(func(e flow.Event) { seen = append(seen, e.Seq) })
	put := func(s flow.Step) error {
		s.RunID, s.UserID = "run_1", "usr_1"
		return m.Append(t.Context(), s)
	}
	if err := put(flow.Step{Token: 2, Events: event(1)}); err != nil {
		t.Fatal(err)
	}
	if err := put(flow.Step{Token: 2, Events: event(3)}); err == nil {
		t.Error("a gap was accepted")
	}
	if err := put(flow.Step{Token: 2, Events: event(1)}); err == nil {
		t.Error("an event was accepted twice")
	}
	if err := put(flow.Step{Token: 2, Logs: []flow.Log{{Seq: 2}}}); err == nil {
		t.Error("a gap in the log was accepted")
	}
	if err := put(flow.Step{Token: 1, Events: event(2)}); !errors.Is(err, flow.ErrFenced) {
		t.Errorf("a stale token: %v", err)
	}
	if err := put(flow.Step{Token: 3, Events: event(2), Run: &flow.RunChange{Status: flow.RunSuccess}}); err != nil {
		t.Error(err)
	}
	if err := put(flow.Step{Token: 9, Events: event(3)}); !errors.Is(err, flow.ErrFenced) {
		t.Errorf("a final run: %v", err)
	}
	if d := cmp.Diff([]int64{1, 2}, seen); d != "" {
		t.Error(d)
	}
}

func TestMemoryFilesBelongToTheirOwner(t *testing.T) {
	m := engine.NewMemory()
	data := []byte("hello")
	ref, err := m.Files("usr_1").Save(t.Context(), "note.txt", data)
	if err != nil || ref.MediaType != "text/plain" || ref.Size != 5 {
		t.Fatal(ref, err)
	}
	data[0] = 'J'
	got, err := m.Files("usr_1").Open(t.Context(), ref)
	if err != nil || !bytes.Equal(got, []byte("hello")) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := m.Files("usr_2").Open(t.Context(), ref); flow.KindOf(err) != flow.NotFound {
		t.Errorf("someone else's file: %v", err)
	}
	if _, err := m.Blob(t.Context(), "usr_1", "none"); flow.KindOf(err) != flow.NotFound {
		t.Errorf("no such blob: %v", err)
	}
}

func TestRunThatCannotStartFails(t *testing.T) {
	w := newWorld(t, engine.Config{}, kind("say", node.Pure, say))
	r := (&g{}).arg("a", "gone", "").run()
	r.TotalNodes = 1
	if s := w.execute(t.Context(), r); s != flow.RunFailed {
		t.Fatal(s)
	}
	row := w.memory.Row("run_1")
	want := `The graph cannot run: There is no node type "gone" here. Remove the node, or replace it with one from the palette.`
	if row.Error != want || row.Counts.TotalNodes != 1 {
		t.Errorf("%+v", row)
	}
	final := r
	final.Status = flow.RunCanceled
	if s, err := w.engine.Execute(t.Context(), flow.Claim{Run: final}); s != flow.RunCanceled || err != nil {
		t.Errorf("a final run: %s, %v", s, err)
	}
}
