package catalog

import (
	"cmp"
	"slices"
	"strings"
)

// A name is a known key as a suggestion.
type name struct{ key, parent, last string }

func namesOf(keys []string) []name {
	names := make([]name, 0, len(keys))
	for _, k := range keys {
		if parent, last := Parent(k); last != "*" && last != "*[]" {
			names = append(names, name{k, parent, last})
		}
	}
	return names
}

// Nearest returns up to n known keys that key may have been meant to be, the likeliest first; none if nothing
// is near. A slip in the last segment is thought likelier than one before it.
func (c *Catalog) Nearest(key string, n int) []string {
	type scored struct {
		key   string
		score int
	}
	var near []scored
	parent, last := Parent(key)
	for _, cand := range c.names {
		if strings.Contains(cand.parent, "*") {
			cand.parent, cand.key = fill(cand, parent)
		}
		if s, ok := cand.score(parent, last); ok && cand.key != key {
			near = append(near, scored{cand.key, s})
		}
	}
	slices.SortFunc(near, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.key, b.key))
	})
	var keys []string
	for _, s := range near[:min(n, len(near))] {
		keys = append(keys, s.key)
	}
	return slices.Compact(keys)
}

// score is 0 for an equal key; what is too far off has none.
func (n name) score(parent, last string) (int, bool) {
	dl := Distance(n.last, last, max(1, len(last)/3)+1)
	if dl > max(1, len(last)/3)+1 {
		return 0, false
	}
	if n.parent == parent {
		return 2 * dl, true
	}
	limit := max(2, len(parent)/5)
	if dp := Distance(n.parent, parent, limit); dp <= limit {
		return 2*dl + 3*dp, true
	}
	head, _, _ := strings.Cut(parent, ".")
	if dl == 0 && strings.HasPrefix(n.parent, head) {
		return 3*limit + strings.Count(n.parent, "."), true
	}
	return 0, false
}

// fill puts the segments of parent where the candidate has any.
func fill(n name, parent string) (filled, key string) {
	want, had := Segments(n.parent), Segments(parent)
	if len(want) == len(had) {
		for i, s := range want {
			if s == "*" {
				want[i] = had[i]
			}
		}
	}
	filled = strings.Join(want, ".")
	return filled, filled + "." + n.last
}

// Slip returns the listed key that a key within an open table is one letter away from. The product reads the
// key as it stands, and so nothing else would tell.
func (c *Catalog) Slip(key string) (string, bool) {
	parent, last := Parent(key)
	if len(last) < 6 || c.Listed(key) {
		return "", false
	}
	for _, near := range c.Nearest(key, 1) {
		p, l := Parent(near)
		if p == parent && Distance(l, last, 1) == 1 && strings.Trim(l, "0123456789") != strings.Trim(last, "0123456789") {
			return near, true
		}
	}
	return "", false
}

// Distance is the number of letters put in, left out, exchanged or swapped with their neighbour between a and
// b; limit+1 stands for anything above limit.
func Distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit+1 {
			return limit + 1
		}
		before, prev, row = prev, row, before
	}
	return min(prev[len(b)], limit+1)
}
