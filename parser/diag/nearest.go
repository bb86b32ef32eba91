package diag

import "strings"

// nearLimit is how many edits a slip may be away from the name that was meant.
const nearLimit = 2

// Nearest returns the candidate that is the fewest edits away from name: an edit
// inserts, deletes or replaces one byte or swaps two neighbours (the optimal string
// alignment distance). More than two edits, or as many as the name has bytes, is
// no likeness. A name that differs in case only is always near. Among equals that one
// wins of which letters were left out or to which letters were added, then the one with
// the longer common beginning, then the first. An exact match is returned as well.
func Nearest(name string, candidates []string) (string, bool) {
	best, bestAt := nearLimit+1, ""
	for _, c := range candidates {
		d := distance(name, c, min(best+1, nearLimit+1))
		if strings.EqualFold(name, c) {
			d = min(d, 1)
		}
		if d != 0 && (d >= len(c) || d >= len(name)) {
			continue
		}
		if d < best || d == best && bestAt != "" && likeness(name, c) > likeness(name, bestAt) {
			best, bestAt = d, c
		}
	}
	return bestAt, best <= nearLimit
}

// likeness says which of two candidates at the same distance is the likelier.
func likeness(name, c string) int {
	common := 0
	for common < len(name) && common < len(c) && name[common] == c[common] {
		common++
	}
	if within(name, c) || within(c, name) {
		common += 1000
	}
	return common
}

// within reports whether a is b with letters left out.
func within(a, b string) bool {
	for i := range len(b) {
		if a != "" && a[0] == b[i] {
			a = a[1:]
		}
	}
	return a == ""
}

// distance is the optimal string alignment distance of a and b, or limit when it
// is not below limit. Names are short: the rows fit on the stack.
func distance(a, b string, limit int) int {
	const most = 64
	if a == b {
		return 0
	}
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit || len(a) > most || len(b) > most {
		return limit
	}
	var rows [3][most + 1]int
	prev2, prev, cur := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, prev2[j-2]+1)
			}
			cur[j] = d
			least = min(least, d)
		}
		if least >= limit {
			return limit
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return min(prev[len(b)], limit)
}
