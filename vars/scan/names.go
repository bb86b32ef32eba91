package scan

// fewNames is how many names are compared one by one before a map takes over.
const fewNames = 16

// keepNames is the most names whose map is kept for the next object.
const keepNames = 1024

// Names finds member names that occur twice in one object. The zero value is ready;
// a warm one allocates nothing for objects of usual size, and the work stays linear
// for others. It is for one goroutine and one object at a time.
type Names struct {
	n   int
	few [fewNames]string
	all map[string]struct{}
}

// Reset forgets all names.
func (n *Names) Reset() {
	clear(n.few[:min(n.n, fewNames)])
	switch {
	case n.n > keepNames:
		n.all = nil
	case n.n >= fewNames:
		clear(n.all)
	}
	n.n = 0
}

// Add notes a name and reports whether it is new. The name is kept until Reset.
func (n *Names) Add(name string) bool {
	if n.n < fewNames {
		for _, other := range n.few[:n.n] {
			if other == name {
				return false
			}
		}
		n.few[n.n] = name
		n.n++
		return true
	}
	if n.n == fewNames {
		if n.all == nil {
			n.all = make(map[string]struct{}, 4*fewNames)
		}
		for _, other := range n.few {
			n.all[other] = struct{}{}
		}
	}
	if _, ok := n.all[name]; ok {
		return false
	}
	n.all[name] = struct{}{}
	n.n++
	return true
}
