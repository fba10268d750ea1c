package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// required are the lines of the trust plan that are built; each needs a row in the
// table of THREATMODEL.md.
var required = strings.Fields(`C1 C2 C3 C4 L1 L2 L3 L4 L5 L6 L7 K1 K2 K3 Z1 Z2 Z3 Z4 Z5 Z6 B1 B2 B3 B4 B5 B6
	W1 W2 W3 W4 W5 W6 G1 G2 G3 G4 G5 G6 N1 N2 N3 N4 N5 H1 H2 H3 S1 S2 S3 S4 S5 S6 S7 D1 D2 D3 X6 X7`)

var row = regexp.MustCompile(`(?m)^\| ([A-Z]\d+) \| [^|]+ \| ([^|]+) \|$`)

// TestEveryRequirementHasItsTest reads the table: each line of the plan has a row, and
// each test or file in it exists.
func TestEveryRequirementHasItsTest(t *testing.T) {
	raw, err := os.ReadFile("../THREATMODEL.md")
	if err != nil {
		t.Fatal(err)
	}
	have, rows := tests(t), map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(raw), -1) {
		rows[m[1]] = true
		for name := range strings.SplitSeq(m[2], ",") {
			name = strings.TrimSpace(name)
			_, err := os.Stat(filepath.Join("..", name))
			if !have[name] && (err != nil || strings.HasPrefix(name, "Test")) {
				t.Errorf("%s names %s, which does not exist", m[1], name)
			}
		}
	}
	for _, id := range required {
		if !rows[id] {
			t.Errorf("%s has no row in the table", id)
		}
	}
}

var declared = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)

// tests returns the names of all tests there are.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(file, "_test.go") {
			return nil
		}
		raw, err := os.ReadFile(file)
		for _, m := range declared.FindAllSubmatch(raw, -1) {
			out[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
