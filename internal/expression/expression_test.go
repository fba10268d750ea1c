package expression_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"heddle/internal/expression"
	"heddle/internal/flow"
)

func values(raw string) flow.Values {
	return flow.Values{"value": flow.RawValue([]byte(raw))}
}

func evaluate(l *expression.Language, source string, in flow.Values) (flow.Value, error) {
	names := []string{}
	for name := range in {
		names = append(names, name)
	}
	slices.Sort(names)
	p, err := l.Compile(source, names)
	if err != nil {
		return flow.Value{}, err
	}
	return p.Evaluate(context.Background(), in)
}

func TestE20_Expressions(t *testing.T) {
	l := expression.New()
	for _, c := range []struct{ source, in, want string }{
		{`value`, `{"b":1,"a":[null,true,"x",1.5,12345678901234567]}`, `{"a":[null,true,"x",1.5,12345678901234567],"b":1}`},
		{`value + 1`, `2`, `3`},
		{`value + 1`, `2.5`, `3.5`},
		{`value * 1.5 - 1`, `2`, `2`},
		{`3 * 1.5 / value`, `9`, `0.5`},
		{`value / 2`, `7`, `3`},
		{`"no " + string(value)`, `7`, `"no 7"`},
		{`value.filter(x, x.price > 10).map(x, x.name)`, `[{"name":"a","price":9},{"name":"b","price":10.5},{"name":"c","price":11}]`, `["b","c"]`},
		{`value.lowerAscii().split(",").map(x, x.trim())`, `"A, B"`, `["a","b"]`},
		{`value.replace("a", "b")`, `"banana"`, `"bbnbnb"`},
		{`value.join("-")`, `["a","b"]`, `"a-b"`},
		{`"%s is %d".format([value, 3])`, `"it"`, `"it is 3"`},
		{`value.indexOf("na") + value.lastIndexOf("na")`, `"banana"`, `6`},
		{`value.distinct().sort()`, `[3,1,3,2]`, `[1,2,3]`},
		{`value.flatten()`, `[[1],[2,3]]`, `[1,2,3]`},
		{`value.map(x, x).sum()`, `[1,2.5,3]`, `6.5`},
		{`[].sum() + [2, 3].sum()`, `1`, `5`},
		{`math.greatest(value)`, `[1,4,2]`, `4`},
		{`base64.encode(bytes(value))`, `"hi"`, `"aGk="`},
		{`value.matches("^[a-z]+[0-9]$")`, `"abc1"`, `true`},
		{`has(value.a) && !has(value.b)`, `{"a":1}`, `true`},
		{`value[1]`, `["a","b"]`, `"b"`},
		{`value["odd key"]`, `{"odd key":"x"}`, `"x"`},
		{`{"n": size(value), "k": [1, "a", 2.5]}`, `"größe"`, `{"k":[1,"a",2.5],"n":5}`},
		{`timestamp(value).getFullYear()`, `"2026-11-23T10:00:00Z"`, `2026`},
		{`timestamp(value) + duration("90m")`, `"2026-11-23T10:00:00Z"`, `"2026-11-23T11:30:00Z"`},
		{`value == null ? "none" : "some"`, `null`, `"none"`},
		{`value.mediaType`, `{"$file":"file_1","mediaType":"image/png","size":3}`, `"image/png"`},
		{`value == 1.0`, `1`, `true`},
		{`[]`, `1`, `[]`},
		{`{}`, `1`, `{}`},
	} {
		got, err := evaluate(l, c.source, values(c.in))
		if err != nil || string(got.Raw()) != c.want {
			t.Errorf("%s of %s: %s, %v; want %s", c.source, c.in, got.Raw(), err, c.want)
		}
	}
}

// says returns the message and hint of a refusal that people may read.
func says(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*flow.Error](err)
	if !ok || e.Kind != flow.Invalid {
		t.Fatalf("no error for people: %v", err)
	}
	return e.Message + " | " + e.Hint
}

func TestProblemsNameTheirPlaceInPlainWords(t *testing.T) {
	l := expression.New()
	for _, c := range []struct{ source, want string }{
		{``, "The expression is empty. | Write an expression, such as value.size() > 0."},
		{strings.Repeat("1+", 2049) + "1", "The expression is longer than 4 KiB. | Split it over several steps."},
		{"value +\n  valeu", `Line 2, column 3: there is no "valeu" here. | The input is value. Texts stand in quotes.`},
		{`value.foo(`, "Line 1, column 11: the expression ends too early. | Look for a missing bracket, quote or operator."},
		{`value ) 2`, `Line 1, column 7: ")" is not expected here. | Look for a missing bracket, quote or operator.`},
		{`1 + "a"`, `Line 1, column 3: + does not work with a whole number and a text. | Convert one side, for example with string(…), int(…) or double(…).`},
		{`true ? 1 : "a"`, "Line 1, column 6: both results of ? : must be of the same type. | Put dyn(…) around one of them."},
		{`[1].size("a")`, "Line 1, column 9: size does not work with a list and a text. | Convert one side, for example with string(…), int(…) or double(…)."},
	} {
		_, err := l.Compile(c.source, []string{"value"})
		if got := says(t, err); got != c.want {
			t.Errorf("%.40s\n got %s\nwant %s", c.source, got, c.want)
		}
	}
}

func TestFailuresAreSaidInPlainWords(t *testing.T) {
	l := expression.New()
	for _, c := range []struct{ source, in, want string }{
		{`value.name`, `{}`, `There is no "name" in the object.`},
		{`value / 0`, `1`, "The expression divides by zero."},
		{`value[5]`, `[1]`, "The list has no item at that place"},
		{`value + "a"`, `1`, "The expression does something that the types of its values do not allow: int + string."},
		{`value < "a"`, `1`, "The expression does something that the types of its values do not allow"},
		{`value.sum()`, `[1,"a"]`, "not allow: sum of string."},
		{`[9223372036854775807, value].sum()`, `1`, "The expression failed: integer overflow."},
		{`value.matches("(")`, `"a"`, "The expression failed: a regular expression that cannot be read"},
		{`value.x`, `7`, `There is no "x" in the object.`},
		{`1.0 / value`, `0`, "gives something that is no value: a number that is not finite"},
		{`type(value)`, `0`, "gives something that is no value: a type."},
		{`value`, `1e999`, "a number that is too large"},
	} {
		p, err := l.Compile(c.source, []string{"value"})
		if err == nil {
			_, err = p.Evaluate(t.Context(), values(c.in))
		}
		if got := says(t, err); !strings.Contains(got, c.want) {
			t.Errorf("%s of %s: %s; want %s", c.source, c.in, got, c.want)
		}
	}
}

// Each of these would take minutes or gigabytes without the limits.
func TestE20_HostileExpressionsEndAtOnce(t *testing.T) {
	l := expression.New()
	text := strings.Repeat("a", 1<<20)
	list := "[" + strings.Repeat("1,", 9_999) + "1]"
	var doubling strings.Builder
	for i := range 60 {
		fmt.Fprintf(&doubling, ".map(x%d, [x%d, x%d])", i, i, i)
	}
	double := "[value]" + doubling.String()
	for _, c := range []struct{ source, in string }{
		{`value.replace("", value)`, `"` + text + `"`},
		{`value.map(x, "b").join(value.map(x, string(x)).join("long separator"))`, list},
		{`value.map(x, value.map(y, value.map(z, x + y + z)))`, list},
		{`value.map(x, value).flatten()`, list},
		{`value.map(x, value)`, list},
		{`value.indexOf(value.substring(1) + "b")`, `"` + text + `"`},
		{`value.lastIndexOf(value.substring(1) + "b")`, `"` + text + `"`},
		{`lists.range(1000000000)`, `1`},
		{`lists.range(10000).distinct()`, `1`},
		{`"%s%s%s%s%s%s".format([value,value,value,value,value,value])`, `"` + text + `"`},
		{`value.matches("(a?){500}(a*)*b")`, `"` + text + `"`},
		{`value.matches(value)`, `"` + text + `"`},
		{double + " == " + double, `1`},
		{double, `1`},
		{strings.Repeat("value+", 680) + "value", `"` + text + `"`},
		{`value`, `"` + text + `"`},
		{`value.size() > 0`, `"` + strings.Repeat(text, 5) + `"`},
		{`value`, strings.Repeat("[", 200) + strings.Repeat("]", 200)},
		{`"a".matches("(((a{100}){100}){100})")`, `1`},
	} {
		start := time.Now()
		_, err := evaluate(l, c.source, values(c.in))
		t.Logf("%.60s: %s in %s", c.source, says(t, err), time.Since(start))
	}
}

func TestACancelPassesThrough(t *testing.T) {
	cause := errors.New("stop was pressed")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	p, err := expression.New().Compile("lists.range(5000).map(x, x * 2)", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Evaluate(ctx, nil); !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestTheCacheIsBoundedAndKeepsTheNewest(t *testing.T) {
	l := expression.New()
	first, _ := l.Compile("0", nil)
	last, _ := l.Compile("1", nil)
	for i := range 255 {
		if _, err := l.Compile(fmt.Sprintf("%d + %d", i, i), nil); err != nil {
			t.Fatal(err)
		}
		if p, _ := l.Compile("1", nil); p != last {
			t.Fatal("a program in use was compiled again")
		}
	}
	if p, _ := l.Compile("0", nil); p == first {
		t.Error("the oldest program was kept beyond the limit")
	}
	if p, _ := l.Compile("1", []string{"value"}); p == last {
		t.Error("the inputs are not part of the key")
	}
}

func TestNames(t *testing.T) {
	for name, ok := range map[string]bool{"value": true, "a_1": true, "A": true, "": false, "1a": false, "_a": false, "a-b": false, "ä": false, "in": false, "math": false, "a b": false} {
		if (expression.NameProblem(name) == "") != ok {
			t.Errorf("%q: %q", name, expression.NameProblem(name))
		}
	}
	if _, err := expression.New().Compile("1", []string{"in"}); err == nil {
		t.Error("a reserved name was accepted")
	}
	l := expression.New()
	for _, name := range []string{"size", "value", "matches", "format", "x", "error", "data", "text"} {
		if got, err := evaluate(l, name+" + 1", flow.Values{name: flow.Number(1)}); err != nil || got.String() != "2" {
			t.Errorf("an input called %s: %s %v", name, got, err)
		}
	}
}

func TestGivesTruth(t *testing.T) {
	l := expression.New()
	for source, want := range map[string]bool{"value > 1": true, "value": true, "true": true, "1": false, `"true"`: false, "[true]": false} {
		p, err := l.Compile(source, []string{"value"})
		if err != nil || p.GivesTruth() != want {
			t.Errorf("%s: %v %v", source, p.GivesTruth(), err)
		}
	}
}

// The race detector looks at this.
func TestManyUseOneLanguage(t *testing.T) {
	l := expression.New()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 50 {
				got, err := evaluate(l, fmt.Sprintf("value.map(x, x + %d).sum()", n%10), values("[1,2,3]"))
				if want := strconv.Itoa(6 + 3*(n%10)); err != nil || got.String() != want {
					t.Errorf("%d: %s, %v; want %s", i, got, err, want)
					return
				}
			}
		})
	}
	all.Wait()
}
