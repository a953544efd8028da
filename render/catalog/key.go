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

// Join adds a plain name to a dotted key: a name that TOML would quote is quoted, as in the product's own
// tables (product-facts.md §12).
func Join(parent, name string) string {
	if strings.ContainsFunc(name, quotable) && !strings.HasPrefix(name, "'") {
		name = "'" + name + "'"
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func quotable(r rune) bool {
	return r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}

// Parent splits a key into all segments but the last, and the last.
func Parent(key string) (parent, last string) {
	segs := Segments(key)
	last = segs[len(segs)-1]
	return strings.TrimSuffix(key[:len(key)-len(last)], "."), last
}
