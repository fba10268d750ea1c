package expression

import (
	"fmt"
	"regexp"
	"strings"

	"cel.dev/cel-go/common"

	"heddle/internal/flow"
)

// hintInputs is what an expression can name.
func hintInputs(names []string) string {
	switch len(names) {
	case 0:
		return "The expression has no inputs. Add a name to the list of inputs to use it."
	case 1:
		return "The input is " + names[0] + ". Texts stand in quotes."
	}
	return "The inputs are " + strings.Join(names, ", ") + ". Texts stand in quotes."
}

// refusal says in plain words what is wrong with an expression: the first problem,
// with its line and column.
func refusal(found []*common.Error, names []string) error {
	e := found[0]
	text, hint := compileWords(e.Message, names)
	return flow.Errorf(flow.Invalid, "Line %d, column %d: %s", max(e.Location.Line(), 1), max(e.Location.Column(), 0)+1, text).WithHint("%s", hint).
		Because(fmt.Errorf("compile expression: %s", e.Message))
}

func compileWords(message string, names []string) (text, hint string) {
	const syntaxHint = "Look for a missing bracket, quote or operator."
	unknown := regexp.MustCompile(`^undeclared reference to '([^']*)'`)
	noOverload := regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '([^']*)'`)
	wrongToken := regexp.MustCompile(`^Syntax error: (?:mismatched input|extraneous input|missing .* at|no viable alternative at input|token recognition error at:) '([^']*)`)
	if m := unknown.FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("there is no %q here.", m[1]), hintInputs(names)
	}
	if m := noOverload.FindStringSubmatch(message); m != nil {
		if m[1] == "_?_:_" {
			return "both results of ? : must be of the same type.", "Put dyn(…) around one of them."
		}
		return fmt.Sprintf("%s does not work with %s.", functionWords(m[1]), typeWords(m[2])), "Convert one side, for example with string(…), int(…) or double(…)."
	}
	if m := wrongToken.FindStringSubmatch(message); m != nil {
		if m[1] == "<EOF>" || m[1] == "" {
			return "the expression ends too early.", syntaxHint
		}
		return fmt.Sprintf("%q is not expected here.", m[1]), syntaxHint
	}
	if strings.Contains(message, "max recursion depth") {
		return "the expression is nested too deep.", "Split it over several steps."
	}
	return plain(message) + ".", ""
}

// functionWords names an operator or function as it is written.
func functionWords(name string) string {
	name = strings.Trim(strings.ReplaceAll(name, "_", " "), " ")
	return strings.TrimPrefix(strings.ReplaceAll(name, "[ ]", "[…]"), "@")
}

// typeWords names types as people know them.
func typeWords(types string) string {
	types = regexp.MustCompile(`\blist\((?:[^()]|\([^()]*\))*\)`).ReplaceAllString(types, "a list")
	types = regexp.MustCompile(`\bmap\((?:[^()]|\([^()]*\))*\)`).ReplaceAllString(types, "an object")
	r := strings.NewReplacer("(", "", ")", "", ".", " and ", ", ", " and ", "string", "a text", "double", "a number", "uint", "a whole number", "int", "a whole number",
		"bool", "true or false", "null_type", "null", "dyn", "any value")
	return r.Replace(types)
}

// plain returns a message of the library as part of a sentence.
func plain(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	line = strings.TrimSuffix(strings.TrimPrefix(line, "Syntax error: "), ".")
	return flow.Text(line).Preview(200)
}

// failure says in plain words why an evaluation ended.
func failure(err error, late bool) error {
	message := err.Error()
	say := func(text, hint string) error {
		return flow.Errorf(flow.Invalid, "%s", text).WithHint("%s", hint).Because(fmt.Errorf("evaluate expression: %w", err))
	}
	const smaller = "Use fewer or smaller items, or split the work over several steps."
	switch {
	case late || strings.Contains(message, "interrupted"):
		return say("The expression took longer than 100 ms.", smaller)
	case strings.Contains(message, "cost limit exceeded"):
		return say("The expression does too much work.", smaller)
	case strings.Contains(message, "memory limit exceeded"):
		return say("A value in the expression is too large, or nested too deep.", smaller)
	case strings.HasPrefix(message, "no such key: "):
		return say(fmt.Sprintf("There is no %q in the object.", strings.TrimPrefix(message, "no such key: ")), "Test with has(…) before, as in has(value.name) ? value.name : \"\".")
	case strings.HasPrefix(message, "no such overload"):
		return say("The expression does something that the types of its values do not allow"+overloadWords(message)+".", "Look at what arrives, and convert it with string(…), int(…) or double(…).")
	case strings.HasPrefix(message, "division by zero"), strings.HasPrefix(message, "modulus by zero"):
		return say("The expression divides by zero.", "Test the divisor before, as in n == 0 ? 0 : total / n.")
	case strings.HasPrefix(message, "index out of bounds"):
		return say("The list has no item at that place: "+plain(message)+".", "Places count from 0. Test value.size() before.")
	}
	return say("The expression failed: "+plain(message)+".", "")
}

func overloadWords(message string) string {
	_, rest, ok := strings.Cut(plain(message), ": ")
	if !ok || rest == "" {
		return ""
	}
	return ": " + rest
}
