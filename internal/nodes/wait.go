package nodes

import (
	"context"
	"strings"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

// maxWait is the longest a step may wait.
const maxWait = 90 * 24 * time.Hour

type waitParams struct {
	Seconds *float64 `json:"seconds"`
	Until   string   `json:"until"`
}

func waitKind() node.Kind {
	return node.Define(node.Spec{
		Type:    "wait",
		Version: 1,
		Title:   "Wait",
		Summary: "Lets a value pass after a while, or at a time.",
		Docs: "Holds what arrives for the given number of seconds, or until a time of day and date, and passes it on unchanged. " +
			"A waiting run needs no worker and survives restarts; its time limit does not count while it waits.",
		Category: "Logic",
		Icon:     "wait",
		Color:    string(flow.TypeAny),
		Purity:   node.Effect,
		Waits:    true,
		Inputs: []node.Port{
			{Name: "in", Label: "Value", Type: flow.TypeAny, Help: "Anything; it is passed on unchanged."},
			{Name: "seconds", Label: "Seconds", Type: flow.TypeNumber, Help: "Takes the place of the number written in the step."},
			{Name: "until", Label: "Until", Type: flow.TypeText, Help: "Takes the place of the time written in the step."},
		},
		Outputs: []node.Port{{Name: "out", Label: "Value", Type: flow.TypeAny, Help: "The same value; without one, the time at which it went on."}},
		Fields: []node.Field{
			{Key: "seconds", Label: "Seconds", Widget: node.WidgetNumber, Min: new(0.0), Max: new(maxWait.Seconds()), Help: "How long. 3600 is an hour, 86400 a day.", Placeholder: "60"},
			{Key: "until", Label: "Until", Widget: node.WidgetText, Help: "A date and time instead, as in 2027-01-31T09:00:00+01:00. One that has passed does not wait.", Placeholder: "2027-01-31T09:00:00Z"},
		},
		Input: "seconds",
	}, runWait)
}

func runWait(_ context.Context, p waitParams, c node.Call) (node.Result, error) {
	if c.Resume == nil {
		until, err := p.until(time.Now())
		if err != nil {
			return node.Result{}, err
		}
		if time.Until(until) > 0 {
			return node.Result{}, &node.Wait{Until: until, Reason: "waits until " + until.UTC().Format("2 Jan 2006 15:04:05 UTC")}
		}
	}
	v := c.Inputs["in"]
	if v.IsZero() {
		v = flow.Text(time.Now().UTC().Format(time.RFC3339))
	}
	return node.Result{Outputs: flow.Values{"out": v}}, nil
}

// until returns when the step goes on.
func (p waitParams) until(now time.Time) (time.Time, error) {
	text := strings.TrimSpace(p.Until)
	switch {
	case text != "":
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return at, flow.Errorf(flow.Invalid, "The time %q cannot be read.", text).WithHint("Write it as in 2027-01-31T09:00:00Z.").Because(err)
		}
		if at.Sub(now) > maxWait {
			return at, tooLong()
		}
		return at, nil
	case p.Seconds == nil:
		return now, flow.Errorf(flow.Invalid, "It is not set how long to wait.").WithHint("Set a number of seconds, or a time.")
	case *p.Seconds < 0 || *p.Seconds > maxWait.Seconds():
		return now, tooLong()
	}
	return now.Add(time.Duration(*p.Seconds * float64(time.Second))), nil
}

func tooLong() error {
	return flow.Errorf(flow.Invalid, "A step may wait for 90 days at most.").WithHint("Choose a shorter time.")
}
