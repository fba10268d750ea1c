package static_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// unsafeDOM are the ways of a script to turn text into elements or code.
var unsafeDOM = regexp.MustCompile(`innerHTML|outerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function|createContextualFragment|parseFromString|setHTMLUnsafe|setTimeout\(\s*['"]`)

// TestB4_NoScriptMakesElementsOfText reads our scripts: data becomes text, never
// elements.
func TestB4_NoScriptMakesElementsOfText(t *testing.T) {
	read := 0
	err := fs.WalkDir(os.DirFS("src"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".ts") || strings.HasSuffix(path, ".test.ts") {
			return err
		}
		raw, err := os.ReadFile("src/" + path)
		if err != nil {
			return err
		}
		read++
		for i, line := range strings.Split(string(raw), "\n") {
			if found := unsafeDOM.FindString(line); found != "" {
				t.Errorf("src/%s:%d uses %s", path, i+1, found)
			}
		}
		return nil
	})
	if err != nil || read < 50 {
		t.Errorf("%d scripts read, %v", read, err)
	}
}
