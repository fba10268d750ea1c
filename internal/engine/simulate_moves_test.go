package engine_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSpecNamesEveryMove compares the moves that simulated runs and attempts make
// with the list in SPEC.md: none is missing there, none is made up.
func TestSpecNamesEveryMove(t *testing.T) {
	spec, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`(?m)^(run|node) \w+ -> \w+$`).FindAllString(string(spec), -1)
	seen := map[string]bool{}
	// Some moves are rare: worlds are played until there are none left to see.
	for seed := uint64(3361); seed < 3421 || seed < 6000 && len(seen) < len(want); seed++ {
		maps.Copy(seen, simulate(t, seed, true, plain).moves)
	}
	for seed := range uint64(40) { // calls make the same moves and no other
		maps.Copy(seen, simulate(t, seed, true).moves)
	}
	slices.Sort(want)
	if d := cmp.Diff(want, slices.Sorted(maps.Keys(seen))); d != "" {
		t.Errorf("SPEC.md (-) and the simulator (+):\n%s", d)
	}
}
