package views

import (
	"strconv"
	"strings"
)

func groupID(i int) string { return "group-" + strconv.Itoa(i+1) }

// paragraphs splits plain text at its blank lines.
func paragraphs(text string) []string {
	var out []string
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}
