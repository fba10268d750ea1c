package expression_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"heddle/internal/expression"
	"heddle/internal/flow"
)

// Whatever is typed, the answer is a value that fits, or a sentence; and it is there soon.
func FuzzExpression(f *testing.F) {
	for _, source := range []string{
		"", "value", "value + 1", "value.a.b[0]", "[1, 2].map(x, x * value)", `"%s".format([value])`, "value ? 1 : 2", "has(value.a)", "{'a': value}",
		"value.matches('[')", "timestamp(value)", "lists.range(9999).distinct()", "((((", "'\\u00e9", "b'\\xff'", "1 / 0", "-9223372036854775808 - 1", "value.all(x, x.exists(y, y == value))",
	} {
		f.Add(source, `{"a":{"b":[1,2.5,"x",null,true]}}`)
		f.Add(source, `[3,1,2]`)
	}
	l := expression.New()
	f.Fuzz(func(t *testing.T, source, input string) {
		if !json.Valid([]byte(input)) {
			t.Skip()
		}
		// What hangs ends the process, so that the input is kept.
		hung := time.AfterFunc(5*time.Second, func() { panic("hangs: " + source) })
		defer hung.Stop()
		p, err := l.Compile(source, []string{"value"})
		var out flow.Value
		if err == nil {
			out, err = p.Evaluate(context.Background(), flow.Values{"value": flow.RawValue([]byte(input))})
		}
		if err != nil {
			if e, ok := errors.AsType[*flow.Error](err); !ok || e.Kind != flow.Invalid || e.Message == "" {
				t.Errorf("no sentence for people: %v", err)
			}
			return
		}
		if !json.Valid(out.Raw()) || len(out.Raw()) > 1<<20 {
			t.Errorf("gave %.200s", out.Raw())
		}
	})
}
