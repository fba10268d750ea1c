//go:build browser

package browser_test

import (
	"testing"
)

// TestExamplesRun opens each example that a new account gets, runs it by the
// keyboard, and sees it succeed.
func TestExamplesRun(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := s.browser("light")
	p.signIn()
	p.wait("the examples are listed", `document.querySelectorAll("main a[href^='/workflows/wf_']").length >= 3`)
	links := eval[[]string](p, `[...new Set([...document.querySelectorAll("main a[href^='/workflows/wf_']")].map((a) => a.getAttribute("href")).filter((h) => !h.slice(11).includes("/")))]`)
	if len(links) != 3 {
		t.Fatalf("the new account has the examples %v, want 3", links)
	}
	for _, link := range links {
		p.open(link)
		p.wait("cards are shown", `document.querySelectorAll("#canvas .node:not([hidden])").length >= 3`)
		p.click("#canvas .cv-stage")
		p.keys("\r", ctrl)
		p.wait("the run ended well", `document.querySelector("#run-status").textContent.includes("Success")`)
		p.wait("every card says so", `[...document.querySelectorAll("#canvas .node:not([hidden])")].every((n) => ["success", "cached"].includes(n.dataset.status))`)
		p.shot("example" + link[len(link)-4:])
	}
}
