package render

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const header = "# made by apimctl; edits are overwritten: change the inventory\n"

// TOML is the file: canonical, so equal configurations give equal bytes. Tables are sorted by name, each before the
// tables under it, and [secrets] is last, because ciphertool rewrites every line behind it (product-facts.md §6).
func (c Config) TOML() []byte {
	return c.write(func(_ []string, n *node) string { return tomlText(n.value) })
}

// Masked is TOML with (secret) for every secret, for diffs and for people.
func (c Config) Masked() []byte {
	return c.write(func(path []string, n *node) string {
		if n.secret || isSecret(path, n.value) {
			return `"` + mask + `"`
		}
		return tomlText(n.value)
	})
}

type textOf func(path []string, n *node) string

func (c Config) write(text textOf) []byte {
	var b bytes.Buffer
	b.WriteString(header)
	if c.root != nil {
		writeTable(&b, nil, c.root, text)
	}
	return b.Bytes()
}

// writeTable writes the values of a table, then the tables under it.
func writeTable(b *bytes.Buffer, path []string, n *node, text textOf) {
	names := sortedNames(n, len(path) == 0)
	for _, name := range names {
		if kid := n.kids[name]; kid.kind == leaf {
			fmt.Fprintf(b, "%s = %s\n", quoteSegment(name), text(append(slices.Clone(path), name), kid))
		}
	}
	for _, name := range names {
		kid, at := n.kids[name], append(slices.Clone(path), name)
		if kid.kind == table {
			if hasLeaf(kid) {
				fmt.Fprintf(b, "\n[%s]\n", JoinKey(at))
			}
			writeTable(b, at, kid, text)
		}
		for _, item := range kid.items {
			fmt.Fprintf(b, "\n[[%s]]\n", JoinKey(at))
			writeTable(b, at, item, text)
		}
	}
}

func hasLeaf(n *node) bool {
	for _, kid := range n.kids {
		if kid.kind == leaf {
			return true
		}
	}
	return false
}

// sortedNames are the names in a table in the order they are written.
func sortedNames(n *node, top bool) []string {
	names := slices.Sorted(maps.Keys(n.kids))
	if i := slices.Index(names, "secrets"); top && i >= 0 {
		names = append(slices.Delete(names, i, i+1), "secrets")
	}
	return names
}

func tomlText(v any) string {
	switch v := v.(type) {
	case string:
		return quoteString(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		s := strconv.FormatFloat(v, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	}
	list := v.([]any)
	texts := make([]string, len(list))
	for i, e := range list {
		texts[i] = tomlText(e)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

// quoteString is a basic TOML string: one line, with the escapes that every TOML parser has known since 0.5.
func quoteString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
