package node

import (
	"strings"

	"heddle/internal/flow"
)

// Names returns the distinct names of the {{name}} marks in text, in order of
// appearance. A name is 1 to 64 letters, digits, "_", "-" or "."; anything else
// between the braces is plain text.
func Names(text string) []string {
	if !strings.Contains(text, "{{") {
		return nil
	}
	var names []string
	seen := map[string]bool{}
	scan(text, func(_ string, name string) {
		if name != "" && !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	})
	return names
}

// Expand returns text with each {{name}} replaced by the value of that name as
// people read it. Inserted text is never scanned again: a value cannot bring
// marks of its own (rule E20). Names without a value stay as written.
func Expand(text string, values flow.Values) string {
	if !strings.Contains(text, "{{") {
		return text
	}
	var b strings.Builder
	scan(text, func(plain, name string) {
		b.WriteString(plain)
		if name == "" {
			return
		}
		if v, ok := values[name]; ok {
			b.WriteString(v.String())
			return
		}
		b.WriteString("{{" + name + "}}")
	})
	return b.String()
}

// scan calls emit with each stretch of plain text and the name that follows it;
// the last call has an empty name.
func scan(text string, emit func(plain, name string)) {
	start := 0
	for at := 0; ; {
		i := strings.Index(text[at:], "{{")
		if i < 0 {
			break
		}
		open := at + i
		end := strings.Index(text[open+2:], "}}")
		if end < 0 {
			break
		}
		name := strings.TrimSpace(text[open+2 : open+2+end])
		if !isName(name) {
			// Only the innermost braces before the end can hold a name. Going there at
			// once keeps hostile texts linear.
			if inner := strings.LastIndex(text[:open+2+end], "{{"); inner > open {
				at = inner
			} else {
				at = open + 2 + end
			}
			continue
		}
		emit(text[start:open], name)
		at = open + 2 + end + 2
		start = at
	}
	emit(text[start:], "")
}

func isName(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, r := range s {
		switch {
		case r == '_' || r == '-' || r == '.':
		case r >= '0' && r <= '9', r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r > 127:
		default:
			return false
		}
	}
	return true
}
