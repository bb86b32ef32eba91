package scan

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestNames(t *testing.T) {
	var n Names // one for all runs: what it keeps must not show
	rapid.Check(t, func(t *rapid.T) {
		n.Reset()
		seen := map[string]bool{}
		names := rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 60), strconv.Itoa), 0, 80).Draw(t, "names")
		for i, name := range names {
			if got := n.Add(name); got == seen[name] {
				t.Fatalf("name %d, %q: new is %v", i, name, got)
			}
			seen[name] = true
		}
	})
}

func TestNamesLetsGoOfManyNames(t *testing.T) {
	var n Names
	for i := range keepNames + 1 {
		n.Add(strconv.Itoa(i))
	}
	n.Reset()
	if n.all != nil {
		t.Error("the map of a huge object is kept")
	}
	if !n.Add("0") {
		t.Error("a name is known after Reset")
	}
}

func TestWarmNamesAllocateNothing(t *testing.T) {
	var list []string
	for i := range 100 {
		list = append(list, strconv.Itoa(i))
	}
	var n Names
	if allocs := testing.AllocsPerRun(100, func() {
		n.Reset()
		for _, name := range list {
			n.Add(name)
		}
	}); allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}
