//go:build browser

package browser_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// shared is a workflow that several pages have open.
type shared struct {
	*page
	id string
}

// offline cuts the calls of a page off the server, or lets them through again.
func (p *page) offline(on bool) {
	p.t.Helper()
	if on {
		eval[any](p, `(() => { window.__fetch ??= window.fetch; window.fetch = () => Promise.reject(new TypeError("cut off")) })()`)
		return
	}
	eval[any](p, `(() => { window.fetch = window.__fetch; dispatchEvent(new Event("online")) })()`)
}

// crash ends the process of a tab without a goodbye.
func (p *page) crash() {
	ctx, cancel := context.WithTimeout(p.ctx, 2*time.Second)
	defer cancel()
	// The answer dies with the tab.
	_, _ = chromedp.Call(ctx, cdppage.Crash, struct{}{})
}

// share opens a workflow with two text steps.
func (p *page) share() *shared {
	p.t.Helper()
	id := p.create(p.t.Name(), `[{"id":"a","type":"text","position":{"x":0,"y":0},"data":{"label":"Ask","text":"one"}},{"id":"b","type":"debug","position":{"x":400,"y":0},"data":{"label":"Show"}}]`, `[]`)
	s := &shared{page: p, id: id}
	s.show()
	return s
}

func (s *shared) show() {
	s.t.Helper()
	s.open("/workflows/" + s.id)
	s.wait("the cards are shown", `document.querySelectorAll("#canvas .node:not([hidden])").length === 2`)
	s.settle(`document.querySelector("#canvas .node")`)
}

// pick selects the step Ask; its settings come from the server.
func (s *shared) pick() {
	s.t.Helper()
	x, y := s.title("Ask")
	s.clickAt(x, y, 0)
	s.wait("its field is there", `document.querySelector('#inspector [data-key="text"]')`)
}

// write puts text into the field of the step Ask.
func (s *shared) write(text string) {
	s.t.Helper()
	s.pick()
	s.do(chromedp.Focus(chromedp.CSS(`#inspector [data-key="text"]`)))
	eval[any](s.page, `document.querySelector('#inspector [data-key="text"]').select()`)
	s.paste(text)
}

// rename gives the step Show another name in place.
func (s *shared) rename(to string) {
	s.t.Helper()
	x, y := s.title("Show")
	s.clickAt(x, y, 0)
	s.keys(kb.F2)
	s.wait("the name can be written", `document.activeElement.classList.contains("node__rename")`)
	s.paste(to)
	s.keys(kb.Enter)
}

// texts returns the text of Ask and the name of Show as the server has them.
func (s *shared) texts() (text, name string) {
	var out struct {
		Workflow struct {
			Nodes []struct {
				ID   string
				Data struct{ Text, Label string }
			}
		}
	}
	s.api("GET", "/api/workflows/"+s.id, nil, &out)
	for _, n := range out.Workflow.Nodes {
		if n.ID == "a" {
			text = n.Data.Text
		} else {
			name = n.Data.Label
		}
	}
	return text, name
}

// elsewhere saves another text for Ask, as a script or another machine would.
func (s *shared) elsewhere(text string) {
	s.t.Helper()
	var out struct {
		Workflow struct{ Nodes []map[string]any }
	}
	s.api("GET", "/api/workflows/"+s.id, nil, &out)
	out.Workflow.Nodes[0]["data"].(map[string]any)["text"] = text
	nodes, err := json.Marshal(out.Workflow.Nodes)
	if err != nil {
		s.t.Fatal(err)
	}
	s.api("PUT", "/api/workflows/"+s.id, map[string]any{"nodes": json.RawMessage(nodes)}, nil)
}

func (s *shared) stored(text, name string) {
	s.t.Helper()
	s.until(fmt.Sprintf("the server has %q and %q", text, name), func() bool { t, n := s.texts(); return t == text && n == name })
}

const saveState = `document.querySelector("#save-state").textContent`

// TestNothingIsLost edits one workflow from several places at once.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			t.Run("V3 two tabs change different places: both are kept, in both", func(t *testing.T) { p.named(t).twoTabs() })
			t.Run("V3 one place changed by both: the user decides", func(t *testing.T) { p.named(t).onePlace() })
			t.Run("V2 offline, the work is kept and saved later", func(t *testing.T) { p.named(t).awhileOffline() })
			t.Run("V2 a tab that died is merged with what was saved since", func(t *testing.T) { p.named(t).deadTab() })
		})
	}
}

func (p *page) twoTabs() {
	p.t.Helper()
	one := p.share()
	two := &shared{page: p.second(), id: one.id}
	two.show()
	one.write("from the first tab")
	one.stored("from the first tab", "Show")
	two.rename("From the second")
	one.stored("from the first tab", "From the second")
	one.wait("the first tab shows what the second did", `(`+node("From the second")+`)`)
	two.wait("the second tab shows what the first did", `(`+node("Ask")+`).innerText.includes("from the first tab")`)
	one.wait("nothing is unsaved", saveState+` === "Saved"`)
	two.wait("nothing is unsaved", saveState+` === "Saved"`)
	one.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	one.keys("z", ctrl)
	one.stored("one", "From the second")
}

func (p *page) onePlace() {
	p.t.Helper()
	for _, side := range []string{"theirs", "mine"} {
		s := p.share()
		s.pick()
		s.offline(true)
		s.write("my words")
		s.rename("My name")
		s.wait("it says that it cannot save", `/Offline/.test(`+saveState+`)`)
		s.elsewhere("their words")
		s.offline(false)
		s.wait("the question is asked", `document.querySelector(".ed-merge[open]")`)
		if text := eval[string](s.page, `document.querySelector(".ed-merge").innerText`); !strings.Contains(text, "Ask: text") || !strings.Contains(text, "my words") || !strings.Contains(text, "their words") || !strings.Contains(text, email) {
			p.t.Errorf("the dialog says %q", text)
		}
		s.shot("question-" + side)
		if text, _ := s.texts(); text != "their words" {
			p.t.Errorf("%q was saved before the answer", text)
		}
		s.click(`.ed-merge input[value="` + side + `"]`)
		eval[any](s.page, `[...document.querySelectorAll(".ed-merge button")].find((b) => b.textContent === "Save this").click()`)
		s.stored(map[string]string{"theirs": "their words", "mine": "my words"}[side], "My name")
		s.wait("all is saved", saveState+` === "Saved"`)
	}
}

func (p *page) awhileOffline() {
	p.t.Helper()
	s := p.share()
	s.pick()
	s.offline(true)
	s.write("written on a train")
	s.wait("the banner says that it is kept", `document.querySelector(".ed-banner")?.textContent.includes("kept in this browser")`)
	s.shot("offline")
	s.offline(false)
	s.stored("written on a train", "Show")
	s.wait("the banner is gone", `!document.querySelector(".ed-banner")`)
}

func (p *page) deadTab() {
	p.t.Helper()
	s := p.share()
	dead := &shared{page: p.second(), id: s.id}
	dead.show()
	dead.offline(true)
	dead.rename("Written before the crash")
	dead.wait("it is in the journal", `Object.keys(localStorage).some((k) => k.startsWith("heddle-draft:") && localStorage[k].includes("Written before the crash"))`)
	dead.crash()
	s.elsewhere("saved since")
	s.open("/workflows")
	s.show()
	s.wait("it says what was restored", `document.querySelector(".ed-banner")?.textContent.includes("were restored")`)
	s.shot("restored")
	s.stored("saved since", "Written before the crash")
}
