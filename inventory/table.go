package inventory

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// A row is what is said of a key: to the reader of docs/inventory.md, to an editor by the schema, and to the decoder.
type row struct {
	Name     string
	Doc      string
	Type     string // in words
	Default  string // read as if it were written, where the key is not
	Note     string // the default in words, where it depends on others
	Required bool
	Since    string   // the product's version
	OneOf    []string // all values there are
	Min, Max int      // of a number
	Keys     []row    // of a mapping, or of each mapping in it
	Named    string   // set where the keys are names of the writer's: what they name
	List     bool     // a list of mappings
	Same     string   // a mapping with the keys of this one of the file
	Short    string   // the type of a short form beside the mapping
	Listed   []row    // the keys of mappings in a list that may stand in the mapping's place
}

// A key is a row with the way to read it into a T.
type key[T any] struct {
	row
	read   func(c cursor, into *T)
	settle func(d *decoder, into *T) // gives the default where Default cannot
}

// A table is all keys of one mapping. It drives the decoder, docs/inventory.md and the schema.
type table[T any] []key[T]

func (t table[T]) rows() []row {
	rows := make([]row, len(t))
	for i, k := range t {
		rows[i] = k.row
	}
	return rows
}

// defaults sets what every key has where it is not written.
func (t table[T]) defaults(d *decoder, into *T) {
	for _, k := range t {
		switch {
		case k.settle != nil:
			k.settle(d, into)
		case k.Default != "":
			k.read(d.literal(k.Name, k.Default), into)
		}
	}
}

// read sets what is written and leaves the rest as it is.
func (t table[T]) read(c cursor, into *T) {
	pairs := c.pairs()
	for _, p := range pairs {
		i := slices.IndexFunc(t, func(k key[T]) bool { return k.Name == p.key })
		if i < 0 {
			p.value.badAt(p.at, "unknown key", suggest(p.key, t.names(), "the keys here are "))
			continue
		}
		if t[i].Since != "" {
			c.d.since = append(c.d.since, needed{p.value.path, t[i].Since})
		}
		t[i].read(p.value, into)
	}
	if c.n.Kind != yaml.MappingNode {
		return
	}
	for _, k := range t {
		if k.Required && !slices.ContainsFunc(pairs, func(p pair) bool { return p.key == k.Name }) {
			c.d.bad(join(c.path, k.Name), "is required", "add it: "+k.Doc)
		}
	}
}

func (t table[T]) names() []string {
	names := make([]string, len(t))
	for i, k := range t {
		names[i] = k.Name
	}
	return names
}

// A rule says what is wrong with a text and what to do; both are empty when nothing is.
type rule func(text string) (what, fix string)

func text[T any](r row, at func(*T) *string, rules ...rule) key[T] {
	r.Type = cmp.Or(r.Type, "text")
	return key[T]{row: r, read: func(c cursor, into *T) {
		if s, ok := c.checked(r, rules); ok {
			*at(into) = s
		}
	}}
}

// checked returns a text that is one of the row's values and breaks no rule.
func (c cursor) checked(r row, rules []rule) (string, bool) {
	s, _, ok := c.text()
	if !ok {
		return "", false
	}
	if r.OneOf != nil && !slices.Contains(r.OneOf, s) {
		c.bad(strconv.Quote(c.n.Value)+" is not known here", suggest(s, r.OneOf, "it may be "))
		return "", false
	}
	return s, c.obeys(s, rules)
}

// shown is a text, or the reference that it came from.
func (c cursor) shown(text string) string {
	if strings.Contains(c.n.Value, "${") {
		return c.n.Value
	}
	return text
}

// obeys reports the first rule that is broken. A text from a reference is shown as that: it may be a secret gone astray.
func (c cursor) obeys(s string, rules []rule) bool {
	for _, check := range rules {
		if what, fix := check(s); what != "" {
			c.bad(strings.ReplaceAll(what, strconv.Quote(s), strconv.Quote(c.shown(s))), fix)
			return false
		}
	}
	return true
}

func secret[T any](r row, at func(*T) *Secret, rules ...rule) key[T] {
	r.Type = "secret"
	return key[T]{row: r, read: func(c cursor, into *T) {
		s, fromRef, ok := c.text()
		if !ok || !c.obeys(s, rules) {
			return
		}
		*at(into) = NewSecret(s)
		if !fromRef && c.n.Line > 0 {
			c.d.warn(c.path, "stands here in plain text", "write ${env:NAME} or ${file:PATH}")
		}
	}}
}

func number[T any](r row, at func(*T) *int) key[T] {
	r.Type = fmt.Sprintf("number from %d to %d", r.Min, r.Max)
	return key[T]{row: r, read: func(c cursor, into *T) {
		s, ok := c.word("!!int", "a whole number")
		if !ok {
			return
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < r.Min || n > r.Max {
			c.bad("is out of range", fmt.Sprintf("write a number from %d to %d", r.Min, r.Max))
			return
		}
		*at(into) = n
	}}
}

func truth[T any](r row, at func(*T) *bool) key[T] {
	r.Type = "true or false"
	return key[T]{row: r, read: func(c cursor, into *T) {
		s, ok := c.word("!!bool", "true or false")
		if !ok {
			return
		}
		switch strings.ToLower(s) {
		case "true", "false":
			*at(into) = strings.EqualFold(s, "true")
		default:
			c.bad("is not true or false", "write true or false")
		}
	}}
}

// span reads a duration of at least Min milliseconds.
func span[T any](r row, at func(*T) *time.Duration) key[T] {
	r.Type = "time, like 2s or 10m"
	return key[T]{row: r, read: func(c cursor, into *T) {
		if c.kind() == "a number" {
			c.bad("has no unit", "write it like "+c.n.Value+"s or "+c.n.Value+"m")
			return
		}
		s, _, ok := c.text()
		if !ok {
			return
		}
		d, err := time.ParseDuration(s)
		least := time.Duration(r.Min) * time.Millisecond
		switch {
		case err != nil:
			c.bad(strconv.Quote(c.n.Value)+" is no time", "write a number and a unit: 500ms, 2s, 10m or 1h")
		case d < least:
			c.bad("is too short", "write at least "+least.String())
		default:
			*at(into) = d
		}
	}}
}

func texts[T any](r row, at func(*T) *[]string, rules ...rule) key[T] {
	r.Type = cmp.Or(r.Type, "list of texts")
	return key[T]{row: r, read: func(c cursor, into *T) {
		list := []string{}
		for _, item := range c.items() {
			if s, ok := item.checked(row{}, rules); ok {
				list = append(list, s)
			}
		}
		*at(into) = list
	}}
}

// argv reads a command of this machine's. Everybody there sees its words, so none comes from a reference, which may be a secret's.
func argv[T any](r row, at func(*T) *[]string) key[T] {
	r.Type = "list of words"
	return key[T]{row: r, read: func(c cursor, into *T) {
		items := c.items()
		if c.n.Kind == yaml.SequenceNode && len(items) == 0 {
			c.bad("is empty", "name a program and its arguments")
		}
		for _, item := range items {
			s, ok := item.checked(row{}, []rule{hookWord})
			switch {
			case ok && strings.Contains(item.n.Value, "${"):
				item.bad(item.n.Value+" would be seen in the list of processes", "have the command read it itself")
			case ok:
				*at(into) = append(*at(into), s)
			}
		}
	}}
}

// nested reads a mapping into a part of T that is always there.
func nested[T, U any](r row, at func(*T) *U, t table[U]) key[T] {
	r.Type, r.Keys = "mapping", t.rows()
	return key[T]{
		row:    r,
		read:   func(c cursor, into *T) { t.read(c, at(into)) },
		settle: func(d *decoder, into *T) { t.defaults(d, at(into)) },
	}
}

// optional reads a mapping into a part of T that is nil where it is not written.
func optional[T, U any](r row, at func(*T) **U, t table[U]) key[T] {
	r.Type, r.Keys = "mapping", t.rows()
	return key[T]{row: r, read: func(c cursor, into *T) {
		part := new(U)
		t.defaults(c.d, part)
		t.read(c, part)
		*at(into) = part
	}}
}

// list reads a list of mappings.
func list[T, U any](r row, at func(*T) *[]U, t table[U]) key[T] {
	r.Type, r.Keys, r.List = "list of mappings", t.rows(), true
	return key[T]{row: r, read: func(c cursor, into *T) {
		for _, item := range c.items() {
			var part U
			t.defaults(c.d, &part)
			t.read(item, &part)
			*at(into) = append(*at(into), part)
		}
	}}
}
