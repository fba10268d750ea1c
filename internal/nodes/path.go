package nodes

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/theory/jsonpath"
	"github.com/theory/jsonpath/spec"

	"heddle/internal/flow"
)

// Limits of a JSONPath. A path may name a part of a document in ways that multiply;
// within these limits the work grows with the document only.
const (
	maxPath  = 1 << 10 // bytes
	maxForks = 64      // product of the choices in its brackets
)

// parsePath reads a JSONPath (RFC 9535) that is cheap to follow.
func parsePath(text string) (*jsonpath.Path, error) {
	if len(text) > maxPath {
		return nil, flow.Errorf(flow.Invalid, "The path is longer than 1 KiB.").WithHint("Take the part in two steps.")
	}
	path, err := jsonpath.Parse(strings.TrimSpace(text))
	if err != nil {
		return nil, flow.Errorf(flow.Invalid, "The path cannot be read: %s.", strings.TrimPrefix(err.Error(), "jsonpath: ")).
			WithHint(`Write a JSONPath, as in $.items[0].name or $.items[?@.price > 10].`).Because(err)
	}
	forks, deep := 1, 0
	for _, s := range path.Query().Segments() {
		if s.IsDescendant() {
			deep++
		}
		forks *= len(s.Selectors())
		for _, sel := range s.Selectors() {
			if f, ok := sel.(*spec.FilterSelector); ok && !plainFilter(f.String()) {
				return nil, flow.Errorf(flow.Invalid, "The filter in the path does too much.").
					WithHint("A filter here compares members of the item with values, as in [?@.price > 10]. For more, use a Transform step.")
			}
		}
		if forks > maxForks || deep > 1 {
			return nil, flow.Errorf(flow.Invalid, "The path goes too many ways at once.").WithHint("Use .. at most once, and fewer choices in brackets. For more, use a Transform step.")
		}
	}
	return path, nil
}

var (
	quotedText = regexp.MustCompile(`"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`)
	costly     = regexp.MustCompile(`\$|\*|\.\.|\?.*\?|,|:|match\(|search\(`)
)

// plainFilter reports whether a filter looks at single members of the item only.
func plainFilter(text string) bool {
	return !costly.MatchString(quotedText.ReplaceAllString(text, `""`))
}

// follow returns the part of a document that the path names: one value when it can
// only be one, else a list.
func follow(path *jsonpath.Path, v flow.Value) (flow.Value, error) {
	dec := json.NewDecoder(strings.NewReader(string(v.Raw())))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return flow.Value{}, err
	}
	found := []any(path.Select(tree))
	if path.Query().Singular() == nil {
		if found == nil {
			found = []any{}
		}
		return flow.ValueOf(found)
	}
	if len(found) == 0 {
		return flow.Value{}, flow.Errorf(flow.Invalid, "There is nothing at %s.", path.String()).
			WithHint("Look at what arrives. The path $ is the whole, and members are written as in $.items[0].name.")
	}
	return flow.ValueOf(found[0])
}
