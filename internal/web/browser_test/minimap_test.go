//go:build browser

package browser_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const mapBox = `document.querySelector("#canvas .cv-map")`

// TestMinimap uses the map in the corner of the canvas.
func TestMinimap(t *testing.T) {
	t.Parallel()
	for _, theme := range []string{"light", "dark"} {
		t.Run(theme, func(t *testing.T) {
			p := newArrangeSite(t, theme)
			var nodes []string
			for i := range 60 {
				nodes = append(nodes, step(fmt.Sprintf("s%d", i), []string{"text", "debug", "image"}[i%3], i%10*400, i/10*400))
			}
			id := p.create("Wide", "["+strings.Join(nodes, ",")+"]", "[]")
			p.open("/workflows/" + id)
			p.wait("the canvas is there", `document.querySelector("#canvas .cv-stage")`)
			p.settle(`document.querySelector("#canvas .node") ?? document.querySelector("#canvas .cv-bar")`)
			t.Run("P12 the minimap comes with a move and goes after it", func(t *testing.T) {
				p := p.named(t)
				if eval[bool](p, mapBox+`.checkVisibility()`) {
					t.Error("the map is shown though nothing moves")
				}
				p.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
				p.keys("0")
				p.wait("the map is shown", mapBox+`.checkVisibility()`)
				p.wait("it goes by itself", `!`+mapBox+`.checkVisibility()`)
			})
			t.Run("P12 M pins it, and a press goes there", func(t *testing.T) { p.named(t).mapPinned() })
		})
	}
}

func (p *page) mapPinned() {
	p.t.Helper()
	p.keys("m")
	p.said("The minimap stays in view.")
	p.wait("the map is shown", mapBox+`.checkVisibility()`)
	p.settle(mapBox)
	p.shot("map")
	r := eval[[]float64](p, `(() => { const r = `+mapBox+`.getBoundingClientRect(); return [r.x, r.y, r.width, r.height] })()`)
	at := [2]float64{r[0] + r[2]*0.08, r[1] + r[3]*0.2}
	p.carry(0, [2]float64{r[0] + r[2]/2, r[1] + r[3]/2}, at)
	p.letGo(at[0], at[1], 0)
	p.wait("the first step is in view", `(() => { const n = `+node("S0")+`; if (!n) return false; const a = n.getBoundingClientRect(), b = document.getElementById("canvas").getBoundingClientRect(); return a.right > b.left && a.left < b.right && a.bottom > b.top && a.top < b.bottom })()`)
	p.wait("the frame on the map is where the hand let go", `(() => { const f = document.querySelector("#canvas .cv-map__view").getBoundingClientRect(); return Math.abs(f.x + f.width / 2 - `+fmt.Sprint(at[0])+`) < 4 && Math.abs(f.y + f.height / 2 - `+fmt.Sprint(at[1])+`) < 4 })()`)
	if n := eval[int](p, `document.querySelectorAll("#canvas .node.is-selected").length`); n != 0 {
		p.t.Errorf("%d steps were selected by a drag on the map", n)
	}
	p.do(chromedp.Reload())
	p.wait("it stays after a reload", `document.querySelector("#canvas .cv-map")?.checkVisibility()`)
	p.mouse(chromedp.MouseMoved, r[0]+r[2]/2, r[1]+r[3]/2, false, 0)
	p.do(chromedp.Focus(chromedp.CSS("#canvas .cv-stage")))
	p.keys("m")
	p.said("comes and goes")
	p.mouse(chromedp.MouseMoved, r[0]-200, r[1]-100, false, 0)
	p.wait("it goes by itself again", `!`+mapBox+`.checkVisibility()`)
	p.keys(kb.Escape)
}
