package expression

import (
	"context"
	"errors"
	"slices"
	"time"

	"cel.dev/cel-go/cel"

	"heddle/internal/flow"
)

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	program cel.Program
	result  *cel.Type
}

// maxTime is how long an evaluation may take.
const maxTime = 100 * time.Millisecond

// GivesTruth reports whether the expression can give true or false.
func (p *Program) GivesTruth() bool {
	return p.result.IsExactType(cel.BoolType) || p.result.IsExactType(cel.DynType)
}

// Evaluate computes the expression from its inputs: a value for each name that it
// was compiled with. Files are seen as the objects that stand for them. Errors are
// [flow.Error]s of kind Invalid, or the cause of ctx.
func (p *Program) Evaluate(ctx context.Context, inputs flow.Values) (flow.Value, error) {
	vars := make(map[string]any, len(inputs))
	size := 0
	for name, v := range inputs {
		if size += len(v.Raw()); size > maxInput {
			return flow.Value{}, flow.Errorf(flow.Invalid, "The inputs of the expression are larger than 5 MiB together.").
				WithHint("Split them first, or take only the part that is needed.")
		}
		in, err := enter(v)
		if err != nil {
			return flow.Value{}, err
		}
		vars[name] = in
	}
	timed, cancel := context.WithTimeout(ctx, maxTime)
	defer cancel()
	out, _, err := p.program.ContextEval(timed, vars)
	if ctx.Err() != nil {
		return flow.Value{}, context.Cause(ctx)
	}
	if err != nil {
		return flow.Value{}, failure(err, timed.Err() != nil)
	}
	raw, err := leave(out)
	switch {
	case errors.Is(err, errOversize):
		return flow.Value{}, flow.Errorf(flow.Invalid, "The result of the expression is larger than 1 MiB.").WithHint("Make a smaller result, for example only the items that are needed.")
	case err != nil:
		return flow.Value{}, flow.Errorf(flow.Invalid, "The expression gives something that is no value: %s.", err.Error()).
			WithHint("Give a text, a number, true or false, a list or an object.")
	}
	return flow.RawValue(slices.Clip(raw)), nil
}
