//go:build browser

package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// reflowed is a page that is looked at in narrow windows and with large text.
type reflowed struct{ *page }

// TestReflow wants the pages around the editor to fit a phone, to stand large and
// loose text, to have targets that a finger finds, and to be reached by keys.
func TestReflow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.account()
	p := reflowed{s.browser("light")}
	p.signIn()
	for _, path := range []string{"/workflows", "/workflows?query=zebra", "/templates", "/runs", "/settings", "/settings/activity", "/docs/api", "/nothing/here"} {
		t.Run(strings.Trim(path, "/"), func(t *testing.T) {
			p.t = t
			p.open(path)
			p.narrow()
			p.large()
			p.byKeys()
		})
	}
}

// narrow looks at the page at the widths of phones.
func (p reflowed) narrow() {
	p.t.Helper()
	for _, width := range []int64{320, 390} {
		p.do(chromedp.EmulateViewport(width, 800))
		p.wait("the window is narrow", `innerWidth <= 390`)
		p.fits("narrow")
		small := eval[[]string](p.page, `[...document.querySelectorAll("main a[href], main button, main input:not([type=hidden]), main select, main summary, header a[href], header button")]
			.filter((e) => e.checkVisibility() && !(e.tagName === "A" && getComputedStyle(e).display === "inline") && !e.closest(".sr"))
			.filter((e) => { const r = (e.closest("label") ?? e).getBoundingClientRect(); return r.width > 0 && Math.min(r.width, r.height) < 23.5 })
			.map((e) => e.outerHTML.slice(0, 90)).slice(0, 5)`)
		if len(small) > 0 {
			p.t.Errorf("at %d these targets are below 24 pixels:\n\t%s", width, strings.Join(small, "\n\t"))
		}
		p.shot("narrow")
	}
	p.do(chromedp.EmulateViewport(1280, 800))
	p.wait("the window is wide again", `innerWidth === 1280`)
}

// large doubles the text and then spaces it as WCAG 1.4.12 says.
func (p reflowed) large() {
	p.t.Helper()
	eval[any](p.page, `document.documentElement.style.fontSize = "200%"`)
	p.fits("text at 200 %")
	eval[any](p.page, `document.documentElement.style.fontSize = ""; for (const e of document.querySelectorAll("body *")) Object.assign(e.style, { lineHeight: "1.5", letterSpacing: "0.12em", wordSpacing: "0.16em" })`)
	p.fits("text with space")
	cut := eval[[]string](p.page, `[...document.querySelectorAll("button, a, label, th, h1, h2, h3")]
		.filter((e) => e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).overflow === "hidden" && getComputedStyle(e).textOverflow !== "ellipsis" && !e.matches(".sr, .sr *"))
		.map((e) => e.textContent.trim().slice(0, 40)).slice(0, 5)`)
	if len(cut) > 0 {
		p.t.Errorf("spaced text is cut off: %q", cut)
	}
}

// fits fails the test when the page scrolls sideways.
func (p reflowed) fits(how string) {
	p.t.Helper()
	if over := eval[int](p.page, `document.documentElement.scrollWidth - innerWidth`); over > 1 {
		p.shot("wide")
		who := eval[[]string](p.page, `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + "." + e.className).slice(0, 5)`)
		p.t.Errorf("%s: %d pixels too wide: %q", how, over, who)
	}
}

// byKeys goes through the page with Tab: every stop is visible and marked.
func (p reflowed) byKeys() {
	p.t.Helper()
	p.do(chromedp.Reload())
	p.wait("the page is there", `document.readyState === "complete" && document.querySelector("main")`)
	reached := false
	for range 30 {
		p.keys(kb.Tab)
		if eval[bool](p.page, `document.activeElement === document.body`) {
			break
		}
		reached = reached || eval[bool](p.page, `document.activeElement.closest("main") !== null`)
		p.wait("the focus is seen", `(() => { const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
			return r.width > 1 && r.bottom > 0 && r.top < innerHeight && (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 || s.boxShadow !== "none") })()`)
	}
	if !reached {
		p.t.Error("Tab does not reach the content")
	}
}
