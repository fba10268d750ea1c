package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"heddle/internal/flow"
	"heddle/internal/node"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"plain", nil},
		{"{{a}} and {{b}} and {{a}}", []string{"a", "b"}},
		{"{{ spaced }}", []string{"spaced"}},
		{"{{first_name-2.x}}", []string{"first_name-2.x"}},
		{"{{größe}}", []string{"größe"}},
		{"{{}} {{ }} {{a b}} {{a/b}}", nil},
		{"{{" + strings.Repeat("x", 64) + "}}", []string{strings.Repeat("x", 64)}},
		{"{{" + strings.Repeat("x", 65) + "}}", nil},
		{"{{{a}}}", []string{"a"}},
		{"{{ not {{a}} closed", []string{"a"}},
		{"{{a", nil},
		{"{{a}", nil},
		{"}}{{a}}", []string{"a"}},
		{"{{a b}}}{{c}}", []string{"c"}},
		{"{{{}}{{d}}", []string{"d"}},
	} {
		if d := cmp.Diff(c.want, node.Names(c.text)); d != "" {
			t.Errorf("%q: %s", c.text, d)
		}
	}
}

func TestExpand(t *testing.T) {
	values := flow.Values{"name": flow.Text("Ann"), "n": flow.Number(3), "list": flow.List(flow.Text("a")), "evil": flow.Text("{{name}}"), "empty": flow.Text("")}
	for _, c := range []struct{ text, want string }{
		{"no marks", "no marks"},
		{"Dear {{name}}, {{ n }} times", "Dear Ann, 3 times"},
		{"{{list}}", `["a"]`},
		{"{{evil}}", "{{name}}"}, // E20: inserted text is never a template
		{"{{ unknown }}", "{{unknown}}"},
		{"<{{empty}}>", "<>"},
		{"{{{name}}}", "{Ann}"},
		{"{{a b}} {{name}}", "{{a b}} Ann"},
	} {
		if got := node.Expand(c.text, values); got != c.want {
			t.Errorf("%q gives %q, want %q", c.text, got, c.want)
		}
	}
}

// TestE20_HostileTemplatesAreReadInTime has texts on which a naive scan is
// quadratic; the limit is far above what a linear one needs.
func TestE20_HostileTemplatesAreReadInTime(t *testing.T) {
	for name, text := range map[string]string{
		"opened only": strings.Repeat("{{", 2<<20), "closed at the end": strings.Repeat("{{", 2<<20) + "}}",
		"no names": strings.Repeat("{{ {{ }} }}", 1<<19), "braces": strings.Repeat("{", 4<<20) + "}}",
		"one long name": "{{" + strings.Repeat(" ", 4<<20) + "a}}",
	} {
		began := time.Now()
		node.Names(text)
		node.Expand(text, nil)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}
