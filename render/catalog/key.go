package catalog

import "strings"

// Segments splits a dotted key. A quoted segment stays in its quotes ('header.X-Name'), an array of tables
// keeps its brackets (environment[]).
func Segments(key string) []string {
	var segs []string
	quoted, start := false, 0
	for i := range len(key) {
		switch {
		case key[i] == '\'':
			quoted = !quoted
		case key[i] == '.' && !quoted:
			segs = append(segs, key[start:i])
			start = i + 1
		}
	}
	return append(segs, key[start:])
}

// Join makes a dotted key of plain names: a name with a dot in it is quoted, as the product's own parser does
// (product-facts.md §12).
func Join(parent, name string) string {
	if strings.Contains(name, ".") && !strings.HasPrefix(name, "'") {
		name = "'" + name + "'"
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

// Parent splits a key into all segments but the last, and the last.
func Parent(key string) (parent, last string) {
	segs := Segments(key)
	last = segs[len(segs)-1]
	return strings.TrimSuffix(key[:len(key)-len(last)], "."), last
}
