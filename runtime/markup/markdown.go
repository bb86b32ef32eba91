package markup

// MarkdownPlaces returns the place of each value and operation of an answer,
// by ID, and whether an operation may stand there as a link.
//
// Where action[id] is true, AppendMarkdownAction writes the operation; where
// it is false (a diagnostic unsafe_place), only its label is shown:
// places[id].Append(dst, label).
//
// IDs have to be small, for the results are as long as the largest one. A
// piece that occurs nowhere keeps Unsafe.
func MarkdownPlaces(pieces []MarkdownPiece) (places []Place, action []bool) {
	n := countIDs(pieces)
	places, action = make([]Place, n), make([]bool, n)
	for i := range places {
		places[i], action[i] = markdownRefused, false
	}
	return places, action
}

// countIDs returns one more than the largest ID.
func countIDs(pieces []MarkdownPiece) int {
	n := 0
	for i := range pieces {
		switch p := &pieces[i]; p.Kind {
		case MarkdownValue, MarkdownAction:
			n = max(n, p.ID+1)
		case MarkdownBranch:
			for _, b := range p.Branches {
				n = max(n, countIDs(b))
			}
		}
	}
	return n
}
