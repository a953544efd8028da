package inventory

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

// A decoder is one reading of one inventory: what it needs to know and what it found wrong.
type decoder struct {
	file, dir string
	env       func(string) (string, bool)
	run       func(dir string, argv []string) (string, error)
	noZips    bool
	sealed    map[*yaml.Node]string // the !age blocks
	vault     vault
	problems  Problems
	warnings  Problems
	at        map[string]place // of every path that was written
	since     []needed         // paths that only later versions of the product know
}

type place struct{ line, column int }

type needed struct{ path, since string }

// A cursor is a node of the document and the path to it.
type cursor struct {
	d    *decoder
	path string
	n    *yaml.Node
}

// A pair is one key of a mapping with its value.
type pair struct {
	key   string
	at    *yaml.Node
	value cursor
}

func (d *decoder) literal(path, text string) cursor {
	return cursor{d: d, path: path, n: &yaml.Node{Kind: yaml.ScalarNode, Value: text}}
}

// bad reports a problem of a path that may not have been written; then its nearest parent that was is the place.
func (d *decoder) bad(path, what, fix string) {
	d.problems = append(d.problems, d.problem(path, what, fix))
}

func (d *decoder) warn(path, what, fix string) {
	d.warnings = append(d.warnings, d.problem(path, what, fix))
}

func (d *decoder) problem(path, what, fix string) Problem {
	at, known := d.at[path]
	for parent := path; !known && parent != ""; {
		parent = parent[:max(strings.LastIndexByte(parent, '.'), 0)]
		at, known = d.at[parent]
	}
	if !known {
		at = place{1, 1}
	}
	return Problem{File: d.file, Line: at.line, Column: at.column, Path: path, What: what, Fix: fix}
}

func (d *decoder) written(path string) bool {
	_, ok := d.at[path]
	return ok
}

func (c cursor) bad(what, fix string) { c.badAt(c.n, what, fix) }

func (c cursor) badAt(n *yaml.Node, what, fix string) {
	if n.Line == 0 { // a default of ours
		return
	}
	c.d.problems = append(c.d.problems, Problem{File: c.d.file, Line: n.Line, Column: n.Column, Path: c.path, What: what, Fix: fix})
}

func (c cursor) child(key, value *yaml.Node) cursor {
	at := value
	if value.Kind != yaml.ScalarNode {
		at = key
	}
	child := cursor{d: c.d, path: join(c.path, key.Value), n: value}
	c.d.at[child.path] = place{at.Line, at.Column}
	return child
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// pairs returns a mapping's keys and values as written; keys that stand twice are reported and come once.
func (c cursor) pairs() []pair {
	if c.n.Kind != yaml.MappingNode {
		c.wrong("a mapping")
		return nil
	}
	pairs := make([]pair, 0, len(c.n.Content)/2)
	seen := make(map[string]int, len(pairs))
	for i := 0; i+1 < len(c.n.Content); i += 2 {
		key, value := c.n.Content[i], c.n.Content[i+1]
		switch {
		case key.Kind == yaml.AliasNode:
			continue
		case key.ShortTag() == "!!merge":
			c.badAt(key, "has a merge key, which is not read here", "write the values, or set them for the group or the file")
			continue
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!null":
			c.badAt(key, "has a key that is not plain text", "write the key as one word")
			continue
		}
		if line, twice := seen[key.Value]; twice {
			twin := cursor{d: c.d, path: join(c.path, key.Value), n: key}
			twin.bad(fmt.Sprintf("stands twice, first in line %d", line), "keep one of them")
			continue
		}
		seen[key.Value] = key.Line
		pairs = append(pairs, pair{key: key.Value, at: key, value: c.child(key, value)})
	}
	return pairs
}

// items returns the elements of a list.
func (c cursor) items() []cursor {
	if c.n.Kind != yaml.SequenceNode {
		c.wrong("a list")
		return nil
	}
	items := make([]cursor, len(c.n.Content))
	for i, n := range c.n.Content {
		items[i] = cursor{d: c.d, path: fmt.Sprintf("%s[%d]", c.path, i), n: n}
		c.d.at[items[i].path] = place{n.Line, n.Column}
	}
	return items
}

// wrong says that the node is not what was wanted.
func (c cursor) wrong(want string) {
	if c.n.Kind == yaml.AliasNode { // reported once, for the whole document
		return
	}
	had := c.kind()
	switch {
	case had == "empty":
		c.bad("is empty, not "+want, "give a value or take the key away")
	case want == "text" && c.n.Kind == yaml.ScalarNode:
		c.bad("is "+had+", not text", "put it in quotes")
	case want != "a mapping" && want != "a list" && had == "text" && c.n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		c.bad("is text, not "+want, "take the quotes away")
	default:
		c.bad("is "+had+", not "+want, "write "+want)
	}
}

func (c cursor) kind() string {
	switch c.n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch c.n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!bool":
		return "true or false"
	case "!!int", "!!float":
		return "a number"
	case "!!timestamp":
		return "a date"
	case "!!str":
		return "text"
	}
	return "something tagged " + c.n.Tag
}

// text returns a scalar that is text and not empty, with its references resolved. fromRef tells whether there were any.
func (c cursor) text() (text string, fromRef, ok bool) {
	if c.n.Kind != yaml.ScalarNode || c.kind() != "text" {
		c.wrong("text")
		return "", false, false
	}
	text, fromRef, ok = c.resolve(c.n.Value)
	if ok && text == "" {
		c.bad("is empty", "give a value or take the key away")
		return "", fromRef, false
	}
	return text, fromRef, ok
}

// word returns the text of a scalar that want describes and tag marks; one that comes from a reference may be anything.
func (c cursor) word(tag, want string) (string, bool) {
	if c.n.Kind == yaml.ScalarNode && c.n.ShortTag() == tag {
		return c.n.Value, true
	}
	if c.n.Kind == yaml.ScalarNode && c.n.ShortTag() == "!!str" && strings.Contains(c.n.Value, "${") {
		text, _, ok := c.resolve(c.n.Value)
		return text, ok
	}
	c.wrong(want)
	return "", false
}
