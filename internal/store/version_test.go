package store_test

import (
	"encoding/json"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/store"
)

// TestE22_ThePublishedVersionIsWhatOthersRun saves, publishes, saves on, and unpublishes.
func TestE22_ThePublishedVersionIsWhatOthersRun(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ann, bob := user(t, s, "ann@example.com"), user(t, s, "bob@example.com")
		w := workflow(t, s, ann, "called")
		runs := func(want int) {
			t.Helper()
			if got, err := s.WorkflowVersion(t.Context(), ann, w, 0); err != nil || got.Version != want || string(got.Nodes) == "" {
				t.Errorf("others run version %d, want %d: %v", got.Version, want, err)
			}
		}
		save := func() {
			t.Helper()
			at, err := s.Workflow(t.Context(), ann, w)
			must(t, err)
			nodes, err := json.Marshal([]map[string]any{{"id": "a", "type": "text", "data": map[string]any{"text": at.Version}}})
			must(t, err)
			_, err = s.UpdateWorkflow(t.Context(), ann, w, store.WorkflowChange{Nodes: nodes, Author: "ann@example.com"})
			must(t, err)
		}
		runs(1)
		save()
		runs(2)
		_, err := s.Publish(t.Context(), bob, w, 1)
		wantKind(t, "by another", err, flow.Forbidden)
		_, err = s.Publish(t.Context(), ann, w, 3)
		wantKind(t, "a version that is not there", err, flow.NotFound)
		_, err = s.Publish(t.Context(), ann, w, 2)
		must(t, err)
		save()
		runs(2)
		list, err := s.Versions(t.Context(), ann, w, 1, 2)
		if err != nil || len(list.Versions) != 2 || list.Pagination.Total != 3 || !list.Versions[0].IsCurrent || !list.Versions[1].IsPublished || list.Versions[0].IsPublished {
			t.Errorf("%+v %v", list, err)
		}
		_, err = s.Versions(t.Context(), bob, w, 1, 2)
		wantKind(t, "versions of another", err, flow.Forbidden)
		_, err = s.Version(t.Context(), bob, w, 1)
		wantKind(t, "version of another", err, flow.Forbidden)
		if v, err := s.Version(t.Context(), ann, w, 1); err != nil || string(v.Nodes) != someNodes {
			t.Errorf("%s %v", v.Nodes, err)
		}
		if got, err := s.Publish(t.Context(), ann, w, 0); err != nil || got.IsPublished {
			t.Errorf("%+v %v", got, err)
		}
		runs(3)
	})
}
