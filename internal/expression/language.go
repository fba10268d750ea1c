package expression

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"

	"heddle/internal/flow"
)

// MaxSource is the longest expression in bytes.
const MaxSource = 4 << 10

// Limits of an evaluation.
const (
	maxCost     = 100_000
	maxElements = 1 << 18 // of one value: items, members, and every 20 bytes of text
	textUnit    = 20      // bytes of text that count as one item
	maxDepth    = 100     // of one value
	maxRange    = 10_000  // numbers that lists.range makes
	checkEvery  = 10      // rounds of a macro between two looks at the clock
)

// maxCached is how many compiled expressions a Language keeps.
const maxCached = 256

// Language compiles expressions and keeps the last ones compiled. It is safe for
// concurrent use.
type Language struct {
	env *cel.Env

	mu     sync.Mutex
	cached map[string]*Program
	recent []string // keys of cached, the newest last
}

// New returns the language. It panics when the libraries do not fit together.
func New() *Language {
	e, err := environment()
	if err != nil {
		panic("expression: " + err.Error())
	}
	return &Language{env: e, cached: map[string]*Program{}}
}

func environment() (*cel.Env, error) {
	std, err := cel.NewEnv()
	if err != nil {
		return nil, err
	}
	subset := env.NewLibrarySubset()
	replaced := []string{operators.Add, operators.Subtract, operators.Multiply, operators.Divide, "matches"}
	for _, name := range replaced {
		subset.AddExcludedFunctions(env.NewFunction(name))
	}
	options := []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		ext.Strings(), ext.Lists(ext.ListsMaxRangeSize(maxRange)), ext.Math(), ext.Encoders(ext.EncodersVersion(0)),
		cel.CrossTypeNumericComparisons(true), cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(MaxSource), cel.ParserRecursionLimit(100), cel.RegexProgramSizeLimit(maxPattern),
	}
	options = append(options, cel.Function("sum",
		cel.MemberOverload("list_sum", []*cel.Type{cel.ListType(cel.DynType)}, cel.DynType, cel.UnaryBinding(sum))))
	for _, name := range replaced {
		options = append(options, redefine(std.Functions()[name]))
	}
	base, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, err
	}
	guards, err := guarded(base)
	if err != nil {
		return nil, err
	}
	return base.Extend(guards...)
}

// Compile returns the program of an expression over inputs with the given names,
// or a [flow.Error] of kind Invalid that says what is wrong, and where.
func (l *Language) Compile(source string, names []string) (*Program, error) {
	key := strings.Join(names, ",") + "\n" + source
	if p := l.known(key); p != nil {
		return p, nil
	}
	p, err := l.compile(source, names)
	if err != nil {
		return nil, err
	}
	l.keep(key, p)
	return p, nil
}

func (l *Language) compile(source string, names []string) (*Program, error) {
	switch {
	case strings.TrimSpace(source) == "":
		return nil, flow.Errorf(flow.Invalid, "The expression is empty.").WithHint("Write an expression, such as value.size() > 0.")
	case len(source) > MaxSource:
		return nil, flow.Errorf(flow.Invalid, "The expression is longer than 4 KiB.").WithHint("Split it over several steps.")
	}
	var vars []cel.EnvOption
	for _, name := range names {
		if text := NameProblem(name); text != "" {
			return nil, flow.Errorf(flow.Invalid, "%s", text)
		}
		vars = append(vars, cel.Variable(name, cel.DynType))
	}
	scope, err := l.env.Extend(vars...)
	if err != nil {
		return nil, fmt.Errorf("declare inputs: %w", err)
	}
	ast, issues := scope.Compile(source)
	if issues.Err() != nil {
		return nil, refusal(issues.Errors(), names)
	}
	program, err := scope.Program(ast, cel.CostLimit(maxCost), cel.CostTracking(meter{types.NewSizeCalculator(sizing()...)}),
		cel.MemoryLimit(maxElements), cel.MemoryTracking(types.MemoryTrackerSizeCalculator(types.NewSizeCalculator(sizing()...))),
		cel.InterruptCheckFrequency(checkEvery))
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The expression cannot run: %s.", plain(err.Error())).Because(err)
	}
	return &Program{program: program, result: ast.OutputType()}, nil
}

func sizing() []types.SizeCalculatorOption {
	return []types.SizeCalculatorOption{types.SizeCalculatorMaxDepth(maxDepth), types.SizeCalculatorMaxTraversal(maxElements), types.SizeCalculatorStringUnitLength(textUnit)}
}

func (l *Language) known(key string) *Program {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.cached[key]
	if p != nil {
		l.touch(key)
	}
	return p
}

func (l *Language) keep(key string, p *Program) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cached[key] = p
	l.touch(key)
	if len(l.recent) > maxCached {
		delete(l.cached, l.recent[0])
		l.recent = slices.Delete(l.recent, 0, 1)
	}
}

// touch makes key the newest. The caller holds mu.
func (l *Language) touch(key string) {
	if i := slices.Index(l.recent, key); i >= 0 {
		l.recent = slices.Delete(l.recent, i, i+1)
	}
	l.recent = append(l.recent, key)
}

// NameProblem says why name cannot be the name of an input; "" when it can.
func NameProblem(name string) string {
	if !identifier(name) {
		return fmt.Sprintf("%q cannot be a name: use letters without accents, digits and _, and begin with a letter.", name)
	}
	if slices.Contains(reserved(), name) {
		return fmt.Sprintf("The name %q means something else in an expression. Choose another.", name)
	}
	return ""
}

func identifier(name string) bool {
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

func reserved() []string {
	return []string{
		"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "namespace", "null",
		"package", "return", "true", "var", "void", "while",
		"base64", "bool", "bytes", "double", "dyn", "duration", "google", "has", "int", "json", "list", "lists", "map", "math", "null_type",
		"optional", "optional_type", "string", "strings", "timestamp", "type", "uint",
	}
}

// errOversize ends the writing of a result that is too long.
var errOversize = errors.New("result too long")
