package views

import (
	"strconv"

	"heddle/internal/flow"
)

// bar is one row of the waterfall in percent of the run's span.
type bar struct {
	WaitX, WaitW string // queued; WaitW is empty when it did not wait
	X, W         string // running
}

// barOf places an attempt. What has no length still gets a visible mark, inside
// the row; what still runs reaches to the end.
func (v *runView) barOf(r flow.NodeResult) bar {
	percent := func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
	const least = 0.6
	at := func(d float64) float64 { return d / float64(v.Span) * 100 }
	start := at(float64(attemptStart(r).Sub(v.First)))
	begin := start
	if r.StartedAt != nil {
		begin = at(float64(r.StartedAt.Sub(v.First)))
	}
	end := at(float64(attemptEnd(r).Sub(v.First)))
	if !r.Status.Final() {
		end = 100
	}
	begin = min(max(begin, 0), 100-least)
	end = min(max(end, begin+least), 100)
	b := bar{X: percent(begin), W: percent(end - begin)}
	if wait := begin - start; wait >= least/2 {
		b.WaitX, b.WaitW = percent(max(start, 0)), percent(wait)
	}
	return b
}

// maxRows is how many bars the timeline has.
const maxRows = 200

// row is a bar of the timeline.
type row struct {
	step step
	flow.NodeResult
}

// rows returns the bars in the order of the steps, at most maxRows.
func (v *runView) rows() []row {
	var out []row
	for _, s := range v.Steps {
		for _, r := range s.Attempts {
			if len(out) == maxRows {
				return out
			}
			out = append(out, row{s, r})
		}
	}
	return out
}

// rowsLeft returns how many attempts have no bar.
func (v *runView) rowsLeft() int { return len(v.NodeResults) - len(v.rows()) }
