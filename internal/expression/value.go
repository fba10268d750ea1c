package expression

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"heddle/internal/flow"
)

const (
	maxInput  = 5 << 20 // bytes of JSON of all inputs
	maxOutput = 1 << 20 // bytes of JSON of the result
)

// enter returns v as expressions see it. Whole numbers stay whole.
func enter(v flow.Value) (ref.Val, error) {
	if v.IsZero() {
		return types.NullValue, nil
	}
	dec := json.NewDecoder(bytes.NewReader(v.Raw()))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read an input: %w", err)
	}
	tree, err := numbers(tree)
	if err != nil {
		return nil, err
	}
	return types.DefaultTypeAdapter.NativeToValue(tree), nil
}

func numbers(v any) (any, error) {
	var err error
	switch x := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(x.String(), 10, 64); err == nil {
			return i, nil
		}
		f, err := strconv.ParseFloat(x.String(), 64)
		if err != nil {
			return nil, flow.Errorf(flow.Invalid, "An input has a number that is too large for an expression: %s.", flow.Text(x.String()).Preview(40))
		}
		return f, nil
	case []any:
		for i := range x {
			if x[i], err = numbers(x[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for k := range x {
			if x[k], err = numbers(x[k]); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// leave returns the JSON of a result, or errOversize.
func leave(v ref.Val) (json.RawMessage, error) {
	w := writer{}
	if err := w.value(v, 0); err != nil {
		return nil, err
	}
	return w.out, nil
}

// writer writes JSON up to maxOutput.
type writer struct{ out []byte }

func (w *writer) add(s string) error {
	if len(w.out)+len(s) > maxOutput {
		return errOversize
	}
	w.out = append(w.out, s...)
	return nil
}

func (w *writer) text(s string) error {
	if len(s) > maxOutput {
		return errOversize
	}
	return w.add(string(flow.Text(s).Raw()))
}

func (w *writer) value(v ref.Val, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	switch x := v.(type) {
	case types.Null:
		return w.add("null")
	case types.Bool:
		return w.add(strconv.FormatBool(bool(x)))
	case types.Int:
		return w.add(strconv.FormatInt(int64(x), 10))
	case types.Uint:
		return w.add(strconv.FormatUint(uint64(x), 10))
	case types.Double:
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return errors.New("a number that is not finite, as after a division by 0.0")
		}
		return w.add(string(flow.Number(float64(x)).Raw()))
	case types.String:
		return w.text(string(x))
	case types.Bytes:
		return w.text(base64.StdEncoding.EncodeToString(x))
	case types.Timestamp:
		return w.text(x.UTC().Format(time.RFC3339Nano))
	case types.Duration:
		return w.text(x.String())
	case traits.Mapper:
		return w.object(x, depth)
	case traits.Lister:
		return w.list(x, depth)
	}
	return fmt.Errorf("a %s", typeName(v))
}

func (w *writer) list(list traits.Lister, depth int) error {
	sep := "["
	for it := list.Iterator(); it.HasNext() == types.True; sep = "," {
		if err := w.add(sep); err != nil {
			return err
		}
		if err := w.value(it.Next(), depth+1); err != nil {
			return err
		}
	}
	if sep == "[" {
		return w.add("[]")
	}
	return w.add("]")
}

// object writes a map with its keys as texts, in their order, so that the same
// result is always the same JSON.
func (w *writer) object(m traits.Mapper, depth int) error {
	members := map[string]ref.Val{}
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.ConvertToType(types.StringType).(types.String)
		if !ok {
			return fmt.Errorf("an object with a %s as a key", typeName(key))
		}
		members[string(name)] = m.Get(key)
	}
	sep := "{"
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if err := w.add(sep); err != nil {
			return err
		}
		if err := w.text(name); err != nil {
			return err
		}
		if err := w.add(":"); err != nil {
			return err
		}
		if err := w.value(members[name], depth+1); err != nil {
			return err
		}
		sep = ","
	}
	if sep == "{" {
		return w.add("{}")
	}
	return w.add("}")
}
