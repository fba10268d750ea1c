package node_test

import (
	"strings"
	"testing"

	"heddle/internal/flow"
	"heddle/internal/node"
)

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"", "{{a}}", "{{{a}}}", "{{ a }}{{b}}", "{{a b}}", "}}{{", "{{{{a}}}}", "{{größe}}"} {
		f.Add(s, "v")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		names := node.Names(text)
		seen := map[string]bool{}
		values := flow.Values{}
		for _, n := range names {
			if seen[n] || n == "" || len(n) > 64 || strings.ContainsAny(n, "{} \t\n") {
				t.Errorf("name %q of %q", n, text)
			}
			seen[n] = true
			values[n] = flow.Text(value)
		}
		if len(names) == 0 && node.Expand(text, values) != text {
			t.Errorf("a text without marks changed: %q", text)
		}
		// Putting each mark's own spelling in its place changes nothing but blanks
		// inside the braces, and the names stay the same.
		same := node.Expand(text, nil)
		if got := node.Names(same); strings.Join(got, ",") != strings.Join(names, ",") {
			t.Errorf("%q has %v, after expansion %v", text, names, got)
		}
	})
}
