package inventory

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// settings takes a mapping apart into its values, in the order of the keys. a.b: 1 and a: {b: 1} are the same.
func (c cursor) settings() []Setting {
	var all []Setting
	c.flatten(nil, &all)
	slices.SortStableFunc(all, func(a, b Setting) int { return slices.Compare(a.Key, b.Key) })
	for i := 1; i < len(all); i++ {
		short, long := all[i-1], all[i]
		if len(short.Key) > len(long.Key) || !slices.Equal(short.Key, long.Key[:len(short.Key)]) {
			continue
		}
		c.d.problems = append(c.d.problems, Problem{
			File: c.d.file, Line: max(short.Line, long.Line), Column: 1, Path: join(c.path, strings.Join(long.Key, ".")),
			What: fmt.Sprintf("is set twice, in lines %d and %d", min(short.Line, long.Line), max(short.Line, long.Line)), Fix: "keep one of them",
		})
	}
	return all
}

func (c cursor) flatten(prefix []string, all *[]Setting) {
	for _, p := range c.pairs() {
		segments, err := splitKey(p.key)
		if err != nil {
			p.value.badAt(p.at, err.Error(), "write a.b.c, and 'a.b' in quotes for a name with dots")
			continue
		}
		path := slices.Concat(prefix, segments)
		if p.value.n.Kind == yaml.MappingNode && len(p.value.n.Content) > 0 {
			p.value.flatten(path, all)
			continue
		}
		if value, fromRef, ok := p.value.value(); ok {
			*all = append(*all, Setting{Key: path, Value: value, Secret: fromRef, File: c.d.file, Line: p.at.Line})
		}
	}
}

// value decodes a node; a mapping in it has its dotted keys taken apart. fromRef tells whether there was a reference.
func (c cursor) value() (v any, fromRef, ok bool) {
	switch c.n.Kind {
	case yaml.SequenceNode:
		return c.listValue()
	case yaml.MappingNode:
		return c.tableValue()
	case yaml.ScalarNode:
		return c.scalarValue()
	}
	return nil, false, false
}

func (c cursor) listValue() (v any, fromRef, ok bool) {
	values, ok := []any{}, true
	for _, item := range c.items() {
		element, ref, good := item.value()
		if good && element == nil {
			item.bad("is empty, which TOML has no word for", "take it away")
			good = false
		}
		values, fromRef, ok = append(values, element), fromRef || ref, ok && good
	}
	return values, fromRef, ok
}

func (c cursor) tableValue() (v any, fromRef, ok bool) {
	before := len(c.d.problems)
	m := map[string]any{}
	for _, s := range c.settings() {
		fromRef = fromRef || s.Secret
		at := m
		for _, segment := range s.Key[:len(s.Key)-1] {
			next, is := at[segment].(map[string]any)
			if !is {
				next = map[string]any{}
				at[segment] = next
			}
			at = next
		}
		at[s.Key[len(s.Key)-1]] = s.Value
	}
	return m, fromRef, len(c.d.problems) == before
}

func (c cursor) scalarValue() (v any, fromRef, ok bool) {
	switch c.n.ShortTag() {
	case "!!null":
		return nil, false, true
	case "!!bool":
		return strings.EqualFold(c.n.Value, "true"), false, true
	case "!!int":
		var i int64
		if err := c.n.Decode(&i); err != nil {
			c.bad("is no number that TOML can hold", "put it in quotes")
			return nil, false, false
		}
		return i, false, true
	case "!!float":
		var f float64
		if err := c.n.Decode(&f); err != nil || strings.Trim(c.n.Value, "+-0123456789_") == "" || math.IsNaN(f) || math.IsInf(f, 0) {
			c.bad("is no number that TOML can hold", "put it in quotes")
			return nil, false, false
		}
		return f, false, true
	case "!!str":
		return c.resolve(c.n.Value)
	case "!!timestamp":
		return c.n.Value, false, true
	}
	c.bad("is of a kind that TOML does not have", "write text, a number, true or false")
	return nil, false, false
}

// splitKey takes a dotted key apart as TOML does: quoted segments stay whole.
func splitKey(text string) ([]string, error) {
	var segments []string
	for rest := text; ; {
		var segment string
		if rest != "" && (rest[0] == '\'' || rest[0] == '"') {
			end := strings.IndexByte(rest[1:], rest[0])
			if end < 0 {
				return nil, fmt.Errorf("key %s has a quote that does not end", strconv.Quote(text))
			}
			segment, rest = rest[1:end+1], rest[end+2:]
			if rest != "" && rest[0] != '.' {
				return nil, fmt.Errorf("key %s has text after a quote", strconv.Quote(text))
			}
		} else {
			end := strings.IndexByte(rest, '.')
			if end < 0 {
				end = len(rest)
			}
			segment, rest = rest[:end], rest[end:]
		}
		if segment == "" {
			return nil, fmt.Errorf("key %s has an empty part", strconv.Quote(text))
		}
		segments = append(segments, segment)
		if rest == "" {
			return segments, nil
		}
		rest = rest[1:]
	}
}

// properties reads a mapping of single words to plain values.
func properties[T any](r row, at func(*T) *[]Setting) key[T] {
	r.Type, r.Named = "plain value", "KEY"
	return key[T]{row: r, read: func(c cursor, into *T) {
		list := []Setting{}
		for _, p := range c.pairs() {
			value, fromRef, ok := p.value.value()
			switch value.(type) {
			case []any, map[string]any, nil:
				if ok {
					p.value.bad("is not a plain value", "write text, a number, true or false")
				}
				continue
			}
			list = append(list, Setting{Key: []string{p.key}, Value: value, Secret: fromRef, File: c.d.file, Line: p.at.Line})
		}
		slices.SortFunc(list, func(a, b Setting) int { return slices.Compare(a.Key, b.Key) })
		*at(into) = list
	}}
}
