//go:build browser

package browser_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var ctrl = chromedp.KeyModifiers(kb.ModifierCtrl)

// tinyPNG is a red picture of 2 x 2 pixels.
const tinyPNG = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg=="

// TestDocumentsOfOthers opens real documents of other tools: no console error,
// and opening and saving changes nothing.
func TestDocumentsOfOthers(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../../../shared/graphs/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("NO GRAPH DOCUMENTS: the folder shared/graphs is not beside the project, so other tools' documents are not opened here")
	}
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	for _, f := range files {
		if filepath.Base(filepath.Dir(f)) == "wfcommons" {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			id := s.create(filepath.Base(f), graphOf(t, f, "nodes"), graphOf(t, f, "edges"))
			p.open("/workflows/" + id)
			p.wait("cards are shown", `document.querySelectorAll("#canvas .node:not([hidden])").length > 0 || document.querySelector("#canvas canvas")`)
			p.keys("s", ctrl)
			p.wait("nothing is left to save", `document.querySelector("#save-state").textContent.startsWith("Saved")`)
			var out struct{ Workflow struct{ Version int } }
			s.api("GET", "/api/workflows/"+id, nil, &out)
			if out.Workflow.Version != 1 {
				t.Errorf("opening and saving made version %d", out.Workflow.Version)
			}
		})
	}
}

func graphOf(t *testing.T, file, part string) string {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]json.RawMessage
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc[part] == nil {
		var inner map[string]json.RawMessage
		if err := json.Unmarshal(doc["data"], &inner); err != nil {
			t.Fatal(err)
		}
		doc = inner
	}
	return string(doc[part])
}
