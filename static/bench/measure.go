package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
)

// gesture is how a movement went. CPU is the main thread's milliseconds a frame.
type gesture struct {
	FPS float64 `json:"fps"`
	P95 float64 `json:"p95Ms"` // of the time between frames
	CPU float64 `json:"cpuMsPerFrame"`
}

// result is one side at one size.
type result struct {
	Side      string             `json:"side"`
	Steps     int                `json:"steps"`
	OpenMs    float64            `json:"openMs"`
	OpenCPU   float64            `json:"openCpuMs"`
	Gestures  map[string]gesture `json:"gestures"`
	HeapMB    float64            `json:"heapMB"`
	Elements  int                `json:"elements"`
	Listeners int                `json:"listeners"`
	TabStops  int                `json:"tabStops"`
}

// page drives one tab.
type page struct{ ctx context.Context }

const (
	patience = 5 * time.Minute // for the slowest side at the largest size
	length   = 2 * time.Second // of each gesture
	beat     = 16 * time.Millisecond
)

func eval[T any](p *page, expression string, o ...chromedp.EvaluateOption) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, o...))
}

func (p *page) await(expression string) error {
	_, err := eval[any](p, expression, chromedp.EvalAwaitPromise)
	return err
}

func (p *page) measure(url, side string, n int) (result, error) {
	r := result{Side: side, Steps: n, Gestures: map[string]gesture{}}
	if err := chromedp.Do(p.ctx, chromedp.Navigate(url)); err != nil {
		return r, err
	}
	if _, err := chromedp.Call(p.ctx, performance.Enable, performance.EnableParams{}); err != nil {
		return r, err
	}
	if err := p.open(&r, n); err != nil {
		return r, err
	}
	for _, g := range gestures {
		if err := p.await("bench." + g.look + "()"); err != nil {
			return r, err
		}
		got, err := p.perform(g)
		if err != nil {
			return r, fmt.Errorf("%s: %w", g.name, err)
		}
		r.Gestures[g.name] = got
	}
	return r, nil
}

// open measures opening, after a first small graph that warms the script up, and
// then what the open graph holds.
func (p *page) open(r *result, n int) error {
	if err := p.await("bench.open(20)"); err != nil {
		return err
	}
	before, err := p.metrics()
	if err != nil {
		return err
	}
	if r.OpenMs, err = eval[float64](p, "bench.open("+strconv.Itoa(n)+")", chromedp.EvalAwaitPromise); err != nil {
		return err
	}
	if err := p.await("bench.full()"); err != nil {
		return err
	}
	if _, err := chromedp.Call(p.ctx, heapprofiler.CollectGarbage, struct{}{}); err != nil {
		return err
	}
	after, err := p.metrics()
	if err != nil {
		return err
	}
	r.OpenCPU = (after["TaskDuration"] - before["TaskDuration"]) * 1000
	r.HeapMB, r.Listeners = after["JSHeapUsedSize"]/1e6, int(after["JSEventListeners"])
	c, err := eval[struct{ Elements, Tabs int }](p, "bench.counts()")
	r.Elements, r.TabStops = c.Elements, c.Tabs
	return err
}

func (p *page) metrics() (map[string]float64, error) {
	got, err := chromedp.Call(p.ctx, performance.GetMetrics, struct{}{})
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, m := range got.Metrics {
		out[m.Name] = m.Value
	}
	return out, nil
}

// movement is one measured gesture: where to look, and what the hand does.
type movement struct {
	name, look string
	many       bool // 500 steps are selected, else one
	button     input.MouseButton
	drag       bool
	wheel      func(i int) (dx, dy float64)
	ctrl       bool
	storm      bool
}

func back(i int, by float64) float64 {
	if i%60 < 30 {
		return by
	}
	return -by
}

func sideways(i int) (float64, float64) { return back(i, 24), back(i, 16) }

// The protocol wants both deltas and drops a zero.
func inAndOut(i int) (float64, float64) { return 1e-6, back(i, -12) }

var gestures = []movement{
	{name: "pan by wheel", look: "full", wheel: sideways},
	{name: "pan by drag", look: "full", button: input.MouseButtonMiddle, drag: true},
	{name: "zoom", look: "full", wheel: inAndOut, ctrl: true},
	{name: "drag one", look: "full", button: input.MouseButtonLeft, drag: true},
	{name: "drag 500", look: "full", button: input.MouseButtonLeft, drag: true, many: true},
	{name: "statuses", look: "full", storm: true},
	{name: "overview pan", look: "overview", wheel: sideways},
	{name: "overview zoom", look: "overview", wheel: inAndOut, ctrl: true},
	{name: "overview statuses", look: "overview", storm: true},
}

func (p *page) perform(m movement) (gesture, error) {
	x, y := 640.0, 400.0
	if m.button == input.MouseButtonLeft {
		at, err := eval[[]float64](p, "bench.grip("+strconv.FormatBool(m.many)+")", chromedp.EvalAwaitPromise)
		if err != nil {
			return gesture{}, err
		}
		x, y = at[0], at[1]
	}
	if err := p.mouse(input.DispatchMouseEventParams{Type: "mouseMoved", X: x, Y: y}); err != nil {
		return gesture{}, err
	}
	before, err := p.metrics()
	if err != nil {
		return gesture{}, err
	}
	if err := p.await("bench.record()"); err != nil {
		return gesture{}, err
	}
	if err := p.hand(m, x, y); err != nil {
		return gesture{}, err
	}
	frames, err := eval[[]float64](p, "bench.frames()")
	if err != nil {
		return gesture{}, err
	}
	after, err := p.metrics()
	if err != nil {
		return gesture{}, err
	}
	return summed(frames, (after["TaskDuration"]-before["TaskDuration"])*1000), nil
}

// hand moves the mouse 60 times a second for the length of a gesture.
func (p *page) hand(m movement, x, y float64) error {
	buttons := map[input.MouseButton]int64{input.MouseButtonLeft: 1, input.MouseButtonMiddle: 4}[m.button]
	if m.storm {
		if err := p.await("bench.storm(true)"); err != nil {
			return err
		}
		time.Sleep(length)
		return p.await("bench.storm(false)")
	}
	if m.drag {
		if err := p.mouse(input.DispatchMouseEventParams{Type: "mousePressed", X: x, Y: y, Button: m.button, Buttons: buttons, ClickCount: 1}); err != nil {
			return err
		}
	}
	pace := time.NewTicker(beat)
	defer pace.Stop()
	began := time.Now()
	for i := 0; time.Since(began) < length; i++ {
		e := input.DispatchMouseEventParams{Type: "mouseMoved", Button: m.button, Buttons: buttons}
		if m.drag {
			// A circle: it neither reaches the rim nor stands still.
			a := float64(i) / 20
			e.X, e.Y = x+160*math.Sin(a), y+120*(1-math.Cos(a))
		} else {
			dx, dy := m.wheel(i)
			e = input.DispatchMouseEventParams{Type: "mouseWheel", X: x, Y: y, DeltaX: dx, DeltaY: dy}
			if m.ctrl {
				e.Modifiers = 2
			}
		}
		if err := p.mouse(e); err != nil {
			return err
		}
		<-pace.C
	}
	if !m.drag {
		return nil
	}
	return p.mouse(input.DispatchMouseEventParams{Type: "mouseReleased", X: x, Y: y, Button: m.button, ClickCount: 1})
}

func (p *page) mouse(e input.DispatchMouseEventParams) error {
	_, err := chromedp.Call(p.ctx, input.DispatchMouseEvent, e)
	return err
}

func summed(frames []float64, cpu float64) gesture {
	if len(frames) == 0 {
		return gesture{FPS: 0, P95: math.Inf(1)}
	}
	var all float64
	for _, f := range frames {
		all += f
	}
	slices.Sort(frames)
	return gesture{FPS: round(float64(len(frames)) / all * 1000), P95: round(frames[len(frames)*95/100]), CPU: round(cpu / float64(len(frames)))}
}

func round(v float64) float64 { return math.Round(v*10) / 10 }
