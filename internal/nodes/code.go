package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"heddle/internal/flow"
	"heddle/internal/node"
	"heddle/internal/sandbox"
)

type codeParams struct {
	Code   string     `json:"code"`
	Inputs flow.Value `json:"inputs"` // names; see [node.Field.Ports]
}

func codeKind(d Deps) node.Kind {
	return node.Define(node.Spec{
		Type:    "code",
		Version: 1,
		Title:   "Code",
		Summary: "Runs JavaScript on what arrives.",
		Docs: "Write the body of a function: what it returns is the result, as JSON. What arrives is in input, and by port in inputs, as in inputs.input. " +
			"console.log writes to the run's log, 100 lines at most. The code runs in a sandbox with 64 MiB of memory and 10 seconds; " +
			"it has no network, no files, no clock and no true randomness, so the same input always gives the same result. A file arrives as its reference.",
		Category: "Code",
		Icon:     "code",
		Color:    string(flow.TypeJSON),
		Purity:   node.Pure, // the sandbox has nothing that could change between two runs
		Inputs:   []node.Port{{Name: "input", Label: "Input", Type: flow.TypeAny, Help: "Anything; the code finds it in input."}},
		Outputs:  []node.Port{{Name: "value", Label: "Value", Type: flow.TypeAny, Help: "What the code returns; null when it returns nothing."}},
		Fields: []node.Field{{
			Key: "code", Label: "Code", Widget: node.WidgetTextarea, Required: true, Placeholder: "return input.length",
			Help: "The body of a JavaScript function. It may use await, but there is nothing outside to wait for.",
		}, {
			Key: "inputs", Label: "More inputs", Widget: node.WidgetText, Ports: node.SideIn, Placeholder: "price, count",
			Help: "Names, with commas between. Each becomes an input of the step; the code finds it in inputs, as in inputs.price.",
		}},
		Preview: "code",
	}, d.runCode)
}

func (d Deps) runCode(ctx context.Context, p codeParams, c node.Call) (node.Result, error) {
	if strings.TrimSpace(p.Code) == "" {
		return node.Result{}, flow.Errorf(flow.Invalid, "There is no code to run.").WithHint("Write some, as in: return input.length")
	}
	all := flow.Values{} // an object even when nothing arrived
	maps.Copy(all, c.Inputs)
	inputs, err := json.Marshal(all)
	if err != nil {
		return node.Result{}, err
	}
	input, err := c.Inputs["input"].MarshalJSON()
	if err != nil {
		return node.Result{}, err
	}
	value, err := d.Code.Run(ctx, sandbox.Program{
		Source: p.Code,
		Names:  []string{"input", "inputs"},
		Args:   []json.RawMessage{input, inputs},
		Log:    func(line string) { c.Log(flow.LevelInfo, line) },
	})
	if err != nil {
		return node.Result{}, codeError(ctx, err)
	}
	return node.Result{Outputs: flow.Values{"value": flow.RawValue(value)}}, nil
}

// codeError says in words for people why a program gave nothing.
func codeError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if f, ok := errors.AsType[*sandbox.Failure](err); ok {
		e := flow.Errorf(flow.Invalid, "The code failed: %s", f.Message).Because(err)
		if f.Line > 0 {
			return e.WithHint("Look near line %d of the code.", f.Line)
		}
		return e.WithHint("Look at the code.")
	}
	for cause, e := range map[error]*flow.Error{
		sandbox.ErrTime:   flow.Errorf(flow.Invalid, "The code ran for 10 seconds and was stopped.").WithHint("Look for a loop that does not end, or do less at once."),
		sandbox.ErrMemory: flow.Errorf(flow.Invalid, "The code needs more than 64 MiB of memory and was stopped.").WithHint("Keep less at once."),
		sandbox.ErrResult: flow.Errorf(flow.TooLarge, "The code returns more than 5 MiB.").WithHint("Return less, or work in several steps."),
		sandbox.ErrDeep:   flow.Errorf(flow.Invalid, "What the code returns is nested too deeply.").WithHint("Return a flatter value."),
		sandbox.ErrWaits:  flow.Errorf(flow.Invalid, "The code waits for something that never comes.").WithHint("Nothing outside can be waited for: there are no timers and no network."),
		sandbox.ErrAbsent: flow.Errorf(flow.Unavailable, "Code cannot be run here: this program was built without its sandbox.").
			WithHint("Ask who runs the server to build it with: go tool task build"),
	} {
		if errors.Is(err, cause) {
			return e.Because(err)
		}
	}
	return err
}
