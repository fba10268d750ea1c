package nodes

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"heddle/internal/flow"
	"heddle/internal/node"
)

const (
	maxMapped      = 1_000 // items of one step; each is a run of a workflow
	maxConcurrency = 16
)

// What a map does with an item that failed.
const (
	itemFails    = "fail"
	itemSkipped  = "skip"
	itemCollects = "collect"
)

type mapParams struct {
	Workflow    string     `json:"workflow"`
	Inputs      flow.Value `json:"inputs"`
	Concurrency int        `json:"concurrency"`
	Failure     string     `json:"failure"`
}

func mapKind() node.Kind {
	k := node.Define(node.Spec{
		Type:    "map",
		Version: 1,
		Title:   "Map",
		Summary: "Runs a workflow for each item of a list.",
		Docs: "Each item goes to the first Input step of the chosen workflow; the results come as a list in the order of the items. " +
			"Several items are worked on at once. What a further input brings is the same for every item. Items that wait for a time or an approval wait in the database, the others go on. At most 1,000 items.",
		Category: "Logic",
		Icon:     "map",
		Color:    string(flow.TypeList),
		Purity:   node.Effect, // nobody knows what the workflow does
		Inputs:   []node.Port{{Name: "items", Label: "Items", Type: flow.TypeList, Required: true, Help: "The list to go through."}},
		Outputs: []node.Port{
			{Name: "results", Label: "Results", Type: flow.TypeList, Help: "One result for each item, in their order."},
			{Name: "errors", Label: "Errors", Type: flow.TypeList, Help: `An object for each item that failed, as in {"item": 2, "error": "…"}.`},
			{Name: "count", Label: "Count", Type: flow.TypeNumber, Help: "How many items succeeded."},
		},
		Fields: []node.Field{
			workflowField(),
			moreInputs(),
			{
				Key: "concurrency", Label: "At once", Widget: node.WidgetNumber, Default: 4, Min: new(1.0), Max: new(float64(maxConcurrency)), Step: new(1.0),
				Help: "How many items are worked on at the same time.",
			},
			{
				Key: "failure", Label: "When an item fails", Widget: node.WidgetSelect, Default: itemFails, Help: "Errors has the items that failed, in the last two cases.",
				Options: []node.Option{
					{Value: itemFails, Label: "The step fails, the other items stop"},
					{Value: itemSkipped, Label: "Leave it out of the results"},
					{Value: itemCollects, Label: "Put null in its place"},
				},
			},
		},
		Calls: "workflow", Preview: "results",
	}, runMap)
	return node.WithCheck(k, func(p mapParams) []flow.Problem {
		out := portNames("inputs", p.Inputs, "items")
		if p.Concurrency < 1 || p.Concurrency > maxConcurrency {
			out = append(out, flow.Problem{Path: "concurrency", Message: fmt.Sprintf("At once are 1 to %d items.", maxConcurrency)})
		}
		return out
	})
}

// mapped is what became of one item.
type mapped struct {
	value flow.Value
	fault string     // why it failed; empty: it did not
	waits *node.Wait // it has not ended: it waits for a time or a person
}

func runMap(ctx context.Context, p mapParams, c node.Call) (node.Result, error) {
	items := c.Inputs["items"].Items()
	if len(items) > maxMapped {
		return node.Result{}, flow.Errorf(flow.Invalid, "There are %d items. A map takes 1,000 at most.", len(items)).WithHint("Split the list, or work on less.")
	}
	done, err := p.each(ctx, items, c)
	if err != nil {
		return node.Result{}, err
	}
	if w := waiting(done); w != nil {
		return node.Result{}, w
	}
	results, faults := []flow.Value{}, []flow.Value{}
	for i, m := range done {
		if m.fault == "" {
			results = append(results, m.value)
			continue
		}
		fault, err := flow.ValueOf(map[string]any{"item": i + 1, "error": m.fault})
		if err != nil {
			return node.Result{}, err
		}
		faults = append(faults, fault)
		if p.Failure == itemCollects {
			results = append(results, flow.RawValue([]byte("null")))
		}
	}
	meta := flow.Meta{"items": count(len(items), "item")}
	if len(faults) > 0 {
		meta["failed"] = count(len(faults), "item")
	}
	return node.Result{
		Outputs: flow.Values{"results": flow.List(results...), "errors": flow.List(faults...), "count": flow.Number(float64(len(items) - len(faults)))},
		Meta:    meta,
	}, nil
}

// waiting is what the step waits for while items wait: the nearest time, or an answer.
// Then each item is asked for again; those that have ended are not worked on anew.
func waiting(all []mapped) *node.Wait {
	var n int
	var next time.Time
	for _, m := range all {
		if m.waits == nil {
			continue
		}
		n++
		if at := m.waits.Until; !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if n == 0 {
		return nil
	}
	return &node.Wait{Until: next, Reason: count(n, "item") + " of " + strconv.Itoa(len(all)) + " wait in the workflow"}
}

// each works on the items, some at once. Its error ends the step: that of the first
// item that failed, where that is asked for, or the end of ctx.
func (p mapParams) each(ctx context.Context, items []flow.Value, c node.Call) ([]mapped, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	shared := inputsNamed(node.SplitNames(p.Inputs), c.Inputs)
	out, next := make([]mapped, len(items)), make(chan int)
	var all sync.WaitGroup
	for range min(max(p.Concurrency, 1), maxConcurrency, len(items)) {
		all.Go(func() {
			for i := range next {
				var err error
				if out[i], err = p.one(ctx, node.Sub{Item: i + 1, Main: items[i], Inputs: shared}, c); err != nil {
					stop(err)
				}
			}
		})
	}
	for i := range items {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	all.Wait()
	return out, context.Cause(ctx)
}

// one works on an item. The error is what ends the step.
func (p mapParams) one(ctx context.Context, s node.Sub, c node.Call) (mapped, error) {
	called, err := c.Sub(ctx, s)
	if w, ok := errors.AsType[*node.Wait](err); ok {
		return mapped{waits: w}, nil
	}
	if _, told := errors.AsType[*flow.Error](err); err != nil && !told {
		return mapped{}, err
	}
	var m mapped
	switch {
	case err != nil:
		m.fault = shown(err)
	case called.Status != flow.RunSuccess:
		m.fault = called.Error
	default:
		m.value, err = called.Result()
		return m, err
	}
	if p.Failure != itemSkipped && p.Failure != itemCollects {
		return m, flow.Errorf(flow.Invalid, "Item %d failed. %s", s.Item, m.fault).WithHint("Look at its steps in this run, or let the other items go on.")
	}
	return m, nil
}
