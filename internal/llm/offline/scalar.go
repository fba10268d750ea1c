package offline

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// text makes a string: from the source if it fits, else the emptiest one allowed.
func (f *filler) text(s map[string]any, p place) (any, error) {
	least, most := bounds(s, "minLength", "maxLength")
	if least > most {
		return nil, errUnfilled
	}
	candidates := f.source.words(p.name)
	format, _ := s["format"].(string)
	if finders[format] != nil || format == "url" {
		candidates = f.source.formatted(format)
	}
	if p.path == "" {
		candidates = append(candidates, summary(f.source.text))
	}
	pattern, _ := s["pattern"].(string)
	if pattern != "" {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("the offline provider cannot read the pattern of %s", orRoot(p.path))
		}
		candidates = append(candidates, re.FindAllString(f.source.text, 20)...)
		candidates = slices.DeleteFunc(candidates, func(c string) bool { return !re.MatchString(c) || len([]rune(c)) > most })
	}
	for _, c := range candidates {
		if n := len([]rune(c)); n >= least && (n <= most || format == "" && pattern == "") {
			return cut(c, least, most), nil
		}
	}
	if format != "" && format != "markdown" && format != "text" || pattern != "" {
		return nil, errUnfilled
	}
	if least == 0 {
		return f.neutral("", p)
	}
	return f.neutral(cut("unknown"+strings.Repeat(".", max(0, least-len("unknown"))), least, most), p)
}

// cut shortens s to at most most runes, at a word if one ends in the last third
// and at least least runes remain.
func cut(s string, least, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	for i := most; i > max(most*2/3, least-1); i-- {
		if unicode.IsSpace(r[i]) {
			return string(r[:i])
		}
	}
	return string(r[:most])
}

func bounds(s map[string]any, least, most string) (int, int) {
	lo, hi := 0, math.MaxInt32
	if v, ok := s[least].(float64); ok && v > 0 {
		lo = int(min(v, 1<<20))
	}
	if v, ok := s[most].(float64); ok && v >= 0 && v < math.MaxInt32 {
		hi = int(v)
	}
	return lo, hi
}

// number makes a number: the one the source names, else the allowed one nearest to 0.
func (f *filler) number(s map[string]any, p place, whole bool) (any, error) {
	r, err := rangeOf(s, whole)
	if err != nil {
		return nil, err
	}
	if v, ok := f.source.figure(p.name); ok {
		if whole && v != math.Trunc(v) {
			v = math.Round(v)
		}
		if r.holds(v) {
			return v, nil
		}
	}
	for _, v := range []float64{0, r.up(r.lo), r.down(r.hi), (r.lo + r.hi) / 2} {
		if r.holds(v) {
			return f.neutral(v, p)
		}
	}
	return nil, errUnfilled
}

// span is the range of a number schema.
type span struct {
	lo, hi         float64
	openLo, openHi bool
	step           float64 // 0: any
}

func rangeOf(s map[string]any, whole bool) (span, error) {
	r := span{lo: math.Inf(-1), hi: math.Inf(1)}
	if v, ok := s["minimum"].(float64); ok {
		r.lo = v
	}
	if v, ok := s["maximum"].(float64); ok {
		r.hi = v
	}
	switch v := s["exclusiveMinimum"].(type) {
	case float64:
		if v >= r.lo {
			r.lo, r.openLo = v, true
		}
	case bool:
		return r, fmt.Errorf("the offline provider does not know the keyword %q as yes or no", "exclusiveMinimum")
	}
	switch v := s["exclusiveMaximum"].(type) {
	case float64:
		if v <= r.hi {
			r.hi, r.openHi = v, true
		}
	case bool:
		return r, fmt.Errorf("the offline provider does not know the keyword %q as yes or no", "exclusiveMaximum")
	}
	if whole {
		r.step = 1
	}
	if v, ok := s["multipleOf"].(float64); ok && v > 0 {
		if r.step = v; whole && v != math.Trunc(v) {
			return r, fmt.Errorf("the offline provider does not know a fractional %q for whole numbers", "multipleOf")
		}
	}
	return r, nil
}

func (r span) holds(v float64) bool {
	if math.IsInf(v, 0) || math.IsNaN(v) || v < r.lo || v > r.hi || r.openLo && v == r.lo || r.openHi && v == r.hi {
		return false
	}
	return r.step == 0 || math.Mod(v, r.step) == 0
}

// up returns the smallest allowed number from v on.
func (r span) up(v float64) float64 {
	if r.step == 0 {
		if r.openLo {
			return v + 1
		}
		return v
	}
	n := math.Ceil(v / r.step)
	if r.openLo && n*r.step == v {
		n++
	}
	return n * r.step
}

func (r span) down(v float64) float64 {
	if r.step == 0 {
		if r.openHi {
			return v - 1
		}
		return v
	}
	n := math.Floor(v / r.step)
	if r.openHi && n*r.step == v {
		n--
	}
	return n * r.step
}

func (f *filler) boolean(p place) (any, error) {
	if v, ok := f.source.truth(p.name); ok {
		return v, nil
	}
	return f.neutral(false, p)
}

// array makes a list of what the source has under the name.
func (f *filler) array(s map[string]any, p place) (any, error) {
	least, most := bounds(s, "minItems", "maxItems")
	if least > most {
		return nil, errUnfilled
	}
	items, ok := s["items"]
	if !ok {
		items = true
	}
	out := []any{}
	for _, v := range f.elements(items, p) {
		if s["uniqueItems"] == true && slices.Contains(out, v) {
			continue
		}
		if len(out) < most {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		f.missing = append(f.missing, orRoot(p.path))
	}
	if len(out) < least && s["uniqueItems"] == true && len(out)+1 < least {
		return nil, errUnfilled
	}
	for len(out) < least {
		v, err := f.value(items, place{name: "", path: fmt.Sprintf("%s.%d", p.path, len(out)), depth: p.depth + 1})
		if err != nil {
			return nil, err
		}
		if s["uniqueItems"] == true && slices.ContainsFunc(out, func(o any) bool { return fmt.Sprint(o) == fmt.Sprint(v) }) {
			return nil, errUnfilled
		}
		out = append(out, v)
	}
	return out, nil
}

// elements returns what the source offers for a list, as far as the item schema
// is simple enough to check each one.
func (f *filler) elements(items any, p place) []any {
	s, _ := items.(map[string]any)
	var out []any
	switch kind := typesOf(s)[0]; {
	case s["enum"] != nil:
		options, _ := s["enum"].([]any)
		text := " " + strings.Join(words(f.source.text), " ") + " "
		for _, o := range options {
			if w, ok := o.(string); ok && plainName(w) != "" && strings.Contains(text, " "+strings.Join(words(w), " ")+" ") {
				out = append(out, o)
			}
		}
	case kind == "string":
		least, most := bounds(s, "minLength", "maxLength")
		for _, v := range f.source.list(p.name) {
			if v = strings.TrimSpace(v); f.fits(s, v) && len([]rune(v)) >= max(least, 1) {
				out = append(out, cut(v, least, most))
			}
		}
	case kind == "number" || kind == "integer":
		r, err := rangeOf(s, kind == "integer")
		for _, v := range f.source.figures() {
			if err == nil && hasAny(plainName(p.name), "number", "figure", "value", "amount") && r.holds(v) {
				out = append(out, v)
			}
		}
	}
	return out
}

// fits checks what cutting could break.
func (f *filler) fits(s map[string]any, v string) bool {
	for k := range s {
		if !slices.Contains([]string{"type", "description", "title", "minLength", "maxLength", "format"}, k) {
			return false
		}
	}
	format, ok := s["format"].(string)
	_, most := bounds(s, "minLength", "maxLength")
	return !ok || slices.Contains(f.source.formatted(format), v) && len([]rune(v)) <= most
}

// words returns the words of a text in lower case.
func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}
