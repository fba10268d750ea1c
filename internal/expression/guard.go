package expression

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/decls"
	"cel.dev/cel-go/common/functions"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// What one call of a function may cost. The clock is looked at between calls
// only, so a single call must be short.
const (
	maxText     = 5 << 20    // bytes of a text that a call makes
	maxWork     = 20_000_000 // steps of a search
	maxDistinct = 2_000      // items compared each with each
	maxPattern  = 1_000      // instructions of a regular expression
)

// redefine declares a function of the standard library again, with whole and
// broken numbers mixing in arithmetic as they do in JSON, and with limits.
func redefine(f *decls.FunctionDecl) cel.EnvOption {
	var options []cel.FunctionOpt
	for _, o := range f.OverloadDecls() {
		if o.IsMemberFunction() {
			options = append(options, cel.MemberOverload(o.ID(), o.ArgTypes(), o.ResultType()))
		} else {
			options = append(options, cel.Overload(o.ID(), o.ArgTypes(), o.ResultType()))
		}
	}
	if f.Name() == "matches" {
		return cel.Function(f.Name(), append(options, cel.SingletonBinaryBinding(matches))...)
	}
	mixed := strings.Trim(f.Name(), "_")
	options = append(options,
		cel.Overload("int64"+mixed+"double", []*cel.Type{cel.IntType, cel.DoubleType}, cel.DoubleType),
		cel.Overload("double"+mixed+"int64", []*cel.Type{cel.DoubleType, cel.IntType}, cel.DoubleType),
		cel.SingletonBinaryBinding(arithmetic(f.Name())))
	return cel.Function(f.Name(), options...)
}

func arithmetic(operator string) functions.BinaryOp {
	return func(a, b ref.Val) ref.Val {
		switch x := a.(type) {
		case types.Int:
			if _, ok := b.(types.Double); ok {
				a = types.Double(x)
			}
		case types.Double:
			if y, ok := b.(types.Int); ok {
				b = types.Double(y)
			}
		}
		if length(a)+length(b) > maxText {
			return types.NewErr("a text of more than 5 MiB")
		}
		r := compute(operator, a, b)
		if e, failed := r.(*types.Err); r == nil || failed && e.Error() == "no such overload" {
			return types.NewErr("no such overload: %s %s %s", typeName(a), strings.Trim(operator, "_"), typeName(b))
		}
		return r
	}
}

// compute returns nil when a knows no such operator.
func compute(operator string, a, b ref.Val) ref.Val {
	switch operator {
	case operators.Add:
		if x, ok := a.(traits.Adder); ok {
			return x.Add(b)
		}
	case operators.Subtract:
		if x, ok := a.(traits.Subtractor); ok {
			return x.Subtract(b)
		}
	case operators.Multiply:
		if x, ok := a.(traits.Multiplier); ok {
			return x.Multiply(b)
		}
	case operators.Divide:
		if x, ok := a.(traits.Divider); ok {
			return x.Divide(b)
		}
	}
	return nil
}

// sum adds the numbers of a list; CEL has no way to write that.
func sum(list ref.Val) ref.Val {
	total, add := ref.Val(types.IntZero), arithmetic(operators.Add)
	for it := list.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		switch item.(type) {
		case types.Int, types.Double:
			if total = add(total, item); types.IsError(total) {
				return total
			}
		default:
			return types.NewErr("no such overload: sum of %s", typeName(item))
		}
	}
	return total
}

func typeName(v ref.Val) string { return v.Type().TypeName() }

// length returns the bytes of a text; 0 for anything else.
func length(v ref.Val) int {
	switch s := v.(type) {
	case types.String:
		return len(s)
	case types.Bytes:
		return len(s)
	}
	return 0
}

func matches(text, pattern ref.Val) ref.Val {
	s, ok1 := text.(types.String)
	p, ok2 := pattern.(types.String)
	if !ok1 || !ok2 {
		return types.NewErr("no such overload: %s matches %s", typeName(text), typeName(pattern))
	}
	re, size, err := CompilePattern(string(p))
	if err != nil {
		return types.NewErr("a regular expression that cannot be read: %s", err.Error())
	}
	if len(s)*size > maxWork {
		return types.NewErr("a text too long for its regular expression")
	}
	return types.Bool(re.MatchString(string(s)))
}

// CompilePattern compiles a regular expression (RE2) of bounded size. size times
// the bytes of a text bounds the steps of a search in it.
func CompilePattern(pattern string) (re *regexp.Regexp, size int, err error) {
	if len(pattern) > maxPattern {
		return nil, 0, fmt.Errorf("it is longer than %d characters", maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, 0, err
	}
	prog, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, 0, err
	}
	if len(prog.Inst) > maxPattern {
		return nil, 0, fmt.Errorf("its repetitions make more than %d steps", maxPattern)
	}
	re, err = regexp.Compile(pattern)
	return re, len(prog.Inst), err
}

// guarded wraps the functions of the extensions whose single calls could take or
// make far more than they are given.
func guarded(base *cel.Env) ([]cel.EnvOption, error) {
	var options []cel.EnvOption
	for name, refuse := range map[string]func([]ref.Val) string{
		"replace": oversizeReplace, "join": oversizeJoin, "format": oversizeFormat, "distinct": longDistinct,
		"indexOf": longSearch, "lastIndexOf": longSearch,
	} {
		f := base.Functions()[name]
		if f == nil {
			return nil, fmt.Errorf("there is no function %s", name)
		}
		opt, err := wrap(f, refuse)
		if err != nil {
			return nil, err
		}
		options = append(options, opt)
	}
	return options, nil
}

// wrap declares the overloads of f again, each calling refuse before the original.
func wrap(f *decls.FunctionDecl, refuse func([]ref.Val) string) (cel.EnvOption, error) {
	bindings, err := f.Bindings()
	if err != nil {
		return nil, err
	}
	byID := map[string]*functions.Overload{}
	for _, b := range bindings {
		byID[b.Operator] = b
	}
	var options []cel.FunctionOpt
	for _, o := range f.OverloadDecls() {
		b := byID[o.ID()]
		if b == nil {
			return nil, fmt.Errorf("%s has no binding", o.ID())
		}
		declare := cel.Overload
		if o.IsMemberFunction() {
			declare = cel.MemberOverload
		}
		options = append(options, declare(o.ID(), o.ArgTypes(), o.ResultType(), rebind(b, len(o.ArgTypes()), refuse)))
	}
	return cel.Function(f.Name(), options...), nil
}

func rebind(b *functions.Overload, arity int, refuse func([]ref.Val) string) cel.OverloadOpt {
	call := func(args ...ref.Val) ref.Val {
		if text := refuse(args); text != "" {
			return types.NewErrFromString(text)
		}
		switch {
		case arity == 1 && b.Unary != nil:
			return b.Unary(args[0])
		case arity == 2 && b.Binary != nil:
			return b.Binary(args[0], args[1])
		}
		return b.Function(args...)
	}
	switch arity {
	case 1:
		return cel.UnaryBinding(func(a ref.Val) ref.Val { return call(a) })
	case 2:
		return cel.BinaryBinding(func(a, b ref.Val) ref.Val { return call(a, b) })
	}
	return cel.FunctionBinding(call)
}

func oversizeReplace(args []ref.Val) string {
	s, ok1 := args[0].(types.String)
	old, ok2 := args[1].(types.String)
	if ok1 && ok2 && strings.Count(string(s), string(old))*length(args[2])+len(s) > maxText {
		return "a text of more than 5 MiB"
	}
	return ""
}

func oversizeJoin(args []ref.Val) string {
	list, ok := args[0].(traits.Lister)
	if !ok {
		return ""
	}
	sep := 0
	if len(args) > 1 {
		sep = length(args[1])
	}
	return oversizeList(list, sep)
}

func oversizeFormat(args []ref.Val) string {
	if list, ok := args[1].(traits.Lister); ok {
		return oversizeList(list, length(args[0]))
	}
	return ""
}

// oversizeList refuses a list whose texts, each with extra bytes, are too long together.
func oversizeList(list traits.Lister, extra int) string {
	total, calc := 0, types.NewSizeCalculator(sizing()...)
	for it := list.Iterator(); it.HasNext() == types.True; {
		item := it.Next()
		if total += extra + length(item); length(item) == 0 {
			total += textUnit * int(calc.AggregateSize(item))
		}
		if total > maxText {
			return "a text of more than 5 MiB"
		}
	}
	return ""
}

func longDistinct(args []ref.Val) string {
	if list, ok := args[0].(traits.Lister); ok {
		if n, ok := list.Size().(types.Int); ok && n > maxDistinct {
			return fmt.Sprintf("distinct of more than %d items", maxDistinct)
		}
	}
	return ""
}

func longSearch(args []ref.Val) string {
	if length(args[0])*length(args[1]) > maxWork {
		return "a search for a long text in a long text"
	}
	return ""
}

// meter charges calls by the size of what they look at and make.
type meter struct{ calc *types.SizeCalculator }

// CallCost returns the cost of one call; nil leaves it to the standard costs.
func (m meter) CallCost(function, _ string, args []ref.Val, result ref.Val) *uint64 {
	switch function {
	case operators.Equals, operators.NotEquals, operators.In, "distinct", "sort", "sum":
		cost := uint64(1)
		for _, a := range args {
			cost += uint64(m.calc.AggregateSize(a)) / 10
		}
		return &cost
	}
	if function == "matches" && len(args) == 2 {
		return new(1 + uint64(length(args[0])+length(args[1]))/100) //nolint:gosec // lengths are not negative
	}
	switch result.(type) {
	case types.String, types.Bytes:
		return new(1 + uint64(length(result))/100) //nolint:gosec // lengths are not negative
	case traits.Lister:
		return new(1 + uint64(m.calc.AggregateSize(result))/10)
	}
	return nil
}
