package render

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// ParseTOML reads a deployment.toml, such as a distribution ships, as a layer whose settings know their lines.
// name is the layer's and the file's name. Errors give the line.
func ParseTOML(name string, data []byte) (Layer, error) {
	if err := toml.Unmarshal(data, &map[string]any{}); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, _ := at.Position()
			return Layer{}, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		return Layer{}, fmt.Errorf("%s: %w", name, err)
	}
	r := &tomlReader{name: name}
	r.parser.Reset(data)
	for r.parser.NextExpression() {
		if err := r.expression(r.parser.Expression()); err != nil {
			return Layer{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	return Layer{Name: name, Settings: r.settings(r.root)}, r.parser.Error()
}

// A tomlReader collects settings expression by expression. The file is known to be good TOML.
type tomlReader struct {
	name   string
	parser unstable.Parser
	root   []*tomlEntry
	table  []string   // key of the table in hand, relative to the element
	inside *tomlEntry // the array that the table in hand belongs to
}

// A tomlEntry is a setting, or an array of tables that is still growing.
type tomlEntry struct {
	Setting
	items [][]*tomlEntry
}

func (r *tomlReader) expression(n *unstable.Node) error {
	switch n.Kind {
	case unstable.Table:
		r.open(r.key(n), false, r.line(n))
	case unstable.ArrayTable:
		r.open(r.key(n), true, r.line(n))
	case unstable.KeyValue:
		v, err := r.value(n.Value())
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", r.line(n), JoinKey(r.key(n)), err)
		}
		key := append(append([]string(nil), r.table...), r.key(n)...)
		r.add(&tomlEntry{Setting: Setting{Key: key, Value: v, File: r.name, Line: r.line(n)}})
	}
	return nil
}

func (r *tomlReader) add(e *tomlEntry) {
	if r.inside == nil {
		r.root = append(r.root, e)
		return
	}
	last := len(r.inside.items) - 1
	r.inside.items[last] = append(r.inside.items[last], e)
}

// open starts a table. One whose key goes on from an array's belongs to the array's last element.
func (r *tomlReader) open(key []string, isArray bool, line int) {
	entries, inside, rel := r.root, (*tomlEntry)(nil), key
	for {
		a, rest := findArray(entries, rel)
		if a == nil || len(rest) == 0 && isArray {
			break
		}
		inside, rel = a, rest
		entries = a.items[len(a.items)-1]
	}
	r.inside, r.table = inside, rel
	if !isArray {
		return
	}
	a, _ := findArray(entries, rel)
	if a == nil {
		a = &tomlEntry{Setting: Setting{Key: rel, File: r.name, Line: line}}
		r.add(a)
	}
	a.items = append(a.items, nil)
	r.inside, r.table = a, nil
}

// findArray is the array of tables whose key begins key, and the rest of key.
func findArray(entries []*tomlEntry, key []string) (*tomlEntry, []string) {
	for _, e := range entries {
		if e.items != nil && len(e.Key) <= len(key) && JoinKey(e.Key) == JoinKey(key[:len(e.Key)]) {
			return e, key[len(e.Key):]
		}
	}
	return nil, nil
}

func (r *tomlReader) settings(entries []*tomlEntry) []Setting {
	out := make([]Setting, len(entries))
	for i, e := range entries {
		out[i] = e.Setting
		if e.items == nil {
			continue
		}
		tables := make([]Table, len(e.items))
		for j, item := range e.items {
			tables[j] = r.settings(item)
		}
		out[i].Value = tables
	}
	return out
}

func (r *tomlReader) key(n *unstable.Node) []string {
	var segs []string
	for it := n.Key(); it.Next(); {
		segs = append(segs, string(it.Node().Data))
	}
	return segs
}

func (r *tomlReader) line(n *unstable.Node) int {
	it := n.Key()
	if !it.Next() {
		return 0
	}
	return r.parser.Shape(it.Node().Raw).Start.Line
}

func (r *tomlReader) value(n *unstable.Node) (any, error) {
	text := string(n.Data)
	switch n.Kind {
	case unstable.String:
		return text, nil
	case unstable.Bool:
		return text == "true", nil
	case unstable.Integer:
		return strconv.ParseInt(text, 0, 64)
	case unstable.Float:
		f, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
		if err != nil {
			return nil, err
		}
		return normalFloat(f)
	case unstable.Array:
		return r.list(n)
	case unstable.InlineTable:
		return r.inline(n)
	}
	return nil, errors.New("a date is nothing that the product's configuration knows")
}

func (r *tomlReader) list(n *unstable.Node) (any, error) {
	list := []any{}
	for it := n.Children(); it.Next(); {
		if it.Node().Kind == unstable.Comment {
			continue
		}
		v, err := r.value(it.Node())
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (r *tomlReader) inline(n *unstable.Node) (any, error) {
	t := Table{}
	for it := n.Children(); it.Next(); {
		v, err := r.value(it.Node().Value())
		if err != nil {
			return nil, err
		}
		t = append(t, Setting{Key: r.key(it.Node()), Value: v, File: r.name, Line: r.line(it.Node())})
	}
	return t, nil
}
