package main

import (
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestD3_Advisories asks a database on loopback about a program.
func TestD3_Advisories(t *testing.T) {
	index := `[{"path":"example.com/old","vulns":[{"id":"GO-2026-2","modified":"2026-01-01T00:00:00Z","fixed":"1.2.4"},{"id":"GO-2026-1","fixed":"1.2.3"}]},
		{"path":"example.com/open","vulns":[{"id":"GO-2026-3"}]},{"path":"stdlib","vulns":[{"id":"GO-2026-4","fixed":"1.26.9"},{"id":"GO-2026-5","fixed":"1.26.0"}]},
		{"path":"example.com/foreign","vulns":[{"id":"GO-2026-6"}]}]`
	status := http.StatusOK
	db := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/index/modules.json" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(index))
	}))
	defer db.Close()
	t.Setenv("HEDDLE_VULNDB", db.URL)
	info := &debug.BuildInfo{GoVersion: "go1.26.4", Deps: []*debug.Module{
		{Path: "example.com/old", Version: "v1.2.3"}, {Path: "example.com/open", Version: "v0.1.0"}, {Path: "example.com/fine", Version: "v9.0.0"},
	}}
	got, err := advisories(t.Context(), info)
	want := []advisory{
		{"GO-2026-2", "example.com/old", "v1.2.3", "1.2.4"}, {"GO-2026-3", "example.com/open", "v0.1.0", ""}, {"GO-2026-4", "stdlib", "v1.26.4", "1.26.9"},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Error(d, err)
	}
	status = http.StatusNotFound
	if _, err := advisories(t.Context(), info); err == nil {
		t.Error("an answer without a database is taken for none known")
	}
	t.Setenv("HEDDLE_VULNDB", "file://"+t.TempDir())
	if _, err := advisories(t.Context(), info); err == nil {
		t.Error("a copy that is not there is taken for none known")
	}
}
