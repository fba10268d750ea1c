package store_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/store"
)

func TestMigrate_UpDownUp(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		for {
			name, err := s.MigrateDown(t.Context())
			must(t, err)
			if name == "" {
				break
			}
		}
		names, err := s.Migrate(t.Context())
		if err != nil || len(names) == 0 {
			t.Fatal(names, err)
		}
		list, err := s.MigrateStatus(t.Context())
		if err != nil || list[0].AppliedAt == nil {
			t.Fatal(list, err)
		}
		user(t, s, "ann@example.com") // the tables are there again
	})
}

func TestWorkflow_ComesBackAsItWas(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := workflow(t, s, o, "One", "x", "y")
		w, err := s.Workflow(t.Context(), o, id)
		must(t, err)
		if string(w.Nodes) != someNodes || string(w.Edges) != someEdges || w.Version != 1 || !cmp.Equal(w.Tags, []string{"x", "y"}) {
			t.Errorf("%+v", w)
		}
	})
}

func TestUpdateWorkflow_Versions(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := workflow(t, s, o, "One")
		update := func(ch store.WorkflowChange) (flow.Workflow, error) { return s.UpdateWorkflow(t.Context(), o, id, ch) }
		same := `[ {"type":"text", "id":"a","data":{"deep":{"x":[1,2,null]},"n":1.50}}, {"id":"b","type":"debug"} ]`
		if w, err := update(store.WorkflowChange{Nodes: json.RawMessage(same), Name: new("Two")}); err != nil || w.Version != 1 || w.Name != "Two" {
			t.Errorf("equal values must make no version: %d %v", w.Version, err)
		}
		if w, err := update(store.WorkflowChange{Edges: json.RawMessage(`[]`), IfVersion: new(1), Author: "ann@example.com"}); err != nil || w.Version != 2 || string(w.Edges) != "[]" {
			t.Errorf("a change must make a version: %+v %v", w, err)
		}
		_, err := update(store.WorkflowChange{Nodes: json.RawMessage(`[]`), IfVersion: new(1)})
		wantKind(t, "stale", err, flow.Conflict)
		if e, ok := errors.AsType[*flow.Error](err); !ok || e.Version != 2 || e.SavedBy != "ann@example.com" || time.Since(e.SavedAt) > time.Minute {
			t.Errorf("a stale write must name the version, who saved it and when: %+v", err)
		}
		if w, err := s.Workflow(t.Context(), o, id); err != nil || w.Version != 2 || w.Name != "Two" {
			t.Errorf("a refused write must change nothing: %+v %v", w, err)
		}
	})
}

func TestWorkflows_SearchTagsPages(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o, other := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		workflow(t, s, o, "Alpha 100%", "red", "blue")
		workflow(t, s, o, "Beta", "reddish")
		last := workflow(t, s, o, "Gamma")
		workflow(t, s, other, "Alpha of another", "red")
		for _, tt := range []struct {
			name string
			q    flow.WorkflowQuery
			want []string
		}{
			{"all, newest first", flow.WorkflowQuery{Page: 1, Limit: 10}, []string{"Gamma", "Beta", "Alpha 100%"}},
			{"search ignores case", flow.WorkflowQuery{Query: "ALPHA", Page: 1, Limit: 10}, []string{"Alpha 100%"}},
			{"percent is a character", flow.WorkflowQuery{Query: "0%", Page: 1, Limit: 10}, []string{"Alpha 100%"}},
			{"a tag is exact", flow.WorkflowQuery{Tag: "red", Page: 1, Limit: 10}, []string{"Alpha 100%"}},
			{"second page", flow.WorkflowQuery{Page: 2, Limit: 2}, []string{"Alpha 100%"}},
		} {
			list, err := s.Workflows(t.Context(), o, tt.q)
			must(t, err)
			var got []string
			for _, w := range list.Workflows {
				got = append(got, w.Name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", tt.name, diff)
			}
		}
		accept(t, s, o, &last)
		list, err := s.Workflows(t.Context(), o, flow.WorkflowQuery{Page: 1, Limit: 1})
		must(t, err)
		if w := list.Workflows[0]; w.Count.Runs != 1 || w.LastRun == nil || w.Steps != 2 || list.Pagination.Pages != 3 || !cmp.Equal(list.Tags, []string{"blue", "red", "reddish"}) {
			t.Errorf("%+v %+v", w, list)
		}
	})
}

func TestDeleteWorkflow_RunsStayAndComeBack(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o := user(t, s, "ann@example.com")
		id := workflow(t, s, o, "One")
		run := accept(t, s, o, &id)
		must(t, s.DeleteWorkflow(t.Context(), o, id))
		_, err := s.Workflow(t.Context(), o, id)
		wantKind(t, "deleted", err, flow.NotFound)
		r, err := s.Run(t.Context(), o, run)
		if err != nil || r.WorkflowID != nil || r.WorkflowName != "w" {
			t.Errorf("history outlives the workflow: %+v %v", r, err)
		}
		if _, err := s.RestoreWorkflow(t.Context(), o, id); err != nil {
			t.Fatal(err)
		}
		if r, err := s.Run(t.Context(), o, run); err != nil || r.WorkflowID == nil || *r.WorkflowID != id {
			t.Errorf("the undo brings the run's workflow back: %+v %v", r, err)
		}
		must(t, s.DeleteWorkflow(t.Context(), o, id))
		if n, err := s.PurgeDeleted(t.Context(), time.Now().Add(time.Hour)); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		_, err = s.RestoreWorkflow(t.Context(), o, id)
		wantKind(t, "purged", err, flow.NotFound)
		if _, err := s.Run(t.Context(), o, run); err != nil {
			t.Error(err)
		}
	})
}

// TestOwners looks at everything of one user as another: always Forbidden, and an
// unknown id always NotFound.
func TestOwners(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		o, other := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		w := workflow(t, s, o, "One")
		run := accept(t, s, o, &w)
		file := flow.Upload{ID: flow.NewID(flow.FilePrefix), Name: "f", MediaType: "text/plain", Size: 1, Hash: "h", CreatedAt: time.Now()}
		must(t, s.CreateFile(t.Context(), o, file, []byte("x")))
		token := flow.Token{ID: flow.NewID(flow.TokenPrefix), Name: "t", Hash: [32]byte{1}, CreatedAt: time.Now()}
		must(t, s.CreateToken(t.Context(), o, token))
		ctx := t.Context()
		for name, try := range map[string]func(flow.Owner, flow.ID) error{
			"workflow": func(o flow.Owner, id flow.ID) error { _, err := s.Workflow(ctx, o, id); return err },
			"update": func(o flow.Owner, id flow.ID) error {
				_, err := s.UpdateWorkflow(ctx, o, id, store.WorkflowChange{Name: new("x")})
				return err
			},
			"delete": func(o flow.Owner, id flow.ID) error { return s.DeleteWorkflow(ctx, o, id) },
			"run":    func(o flow.Owner, id flow.ID) error { _, err := s.Run(ctx, o, id); return err },
			"detail": func(o flow.Owner, id flow.ID) error { _, err := s.RunDetail(ctx, o, id, 5); return err },
			"logs":   func(o flow.Owner, id flow.ID) error { _, err := s.Logs(ctx, o, id, 0, 5); return err },
			"events": func(o flow.Owner, id flow.ID) error { _, err := s.Events(ctx, o, id, 0, 5); return err },
			"cancel": func(o flow.Owner, id flow.ID) error { _, err := s.RequestCancel(ctx, o, id); return err },
			"file":   func(o flow.Owner, id flow.ID) error { _, err := s.File(ctx, o, id); return err },
			"data":   func(o flow.Owner, id flow.ID) error { _, err := s.FileData(ctx, o, id); return err },
			"token":  func(o flow.Owner, id flow.ID) error { return s.DeleteToken(ctx, o, id) },
		} {
			id := map[string]flow.ID{"workflow": w, "update": w, "delete": w, "file": file.ID, "data": file.ID, "token": token.ID}[name]
			if id == "" {
				id = run
			}
			wantKind(t, name+" of another", try(other, id), flow.Forbidden)
			wantKind(t, name+" that is not", try(o, "nope_1"), flow.NotFound)
		}
		if list, err := s.Runs(ctx, other, flow.RunQuery{Page: 1, Limit: 10}); err != nil || len(list.Runs) != 0 {
			t.Errorf("another's list: %+v %v", list, err)
		}
		wantKind(t, "blob of another", second(s.Blob(ctx, other, "h")), flow.NotFound)
		must(t, s.DeleteUser(ctx, o))
		wantKind(t, "run of a deleted user", second(s.Run(ctx, o, run)), flow.NotFound)
		wantKind(t, "file of a deleted user", second(s.File(ctx, o, file.ID)), flow.NotFound)
	})
}

func second[T any](_ T, err error) error { return err }
