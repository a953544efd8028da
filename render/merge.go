package render

import (
	"errors"
	"fmt"
	"slices"
)

// mergeKeys are the arrays of tables whose elements the product tells apart by a key. All others are replaced whole.
func mergeKey(array string) string {
	switch array {
	case "apim.gateway.environment", "event_handler", "apim.jwt.issuer", "oauth.extensions.token_types":
		return "name"
	case "event_listener", "datasource":
		return "id"
	}
	return ""
}

type kind int

const (
	leaf kind = iota
	table
	array
)

// A node is a key of the merged tree.
type node struct {
	kind   kind
	value  any              // of a leaf
	kids   map[string]*node // of a table
	items  []*node          // of an array: tables
	origin Origin
	layer  int  // index of the layer that set it last
	secret bool // it was given as a secret
}

// A Config is a whole deployment.toml: what Merge makes of layers.
type Config struct{ root *node }

// Merge lays later layers over earlier ones. Tables merge; arrays of tables merge by their key where the product has
// one and replace otherwise; dotted and nested forms are the same; nil removes. A layer that sets a key twice is an
// error. All errors are reported, in order.
func Merge(layers []Layer) (Config, error) {
	root := &node{kind: table, kids: map[string]*node{}}
	var errs []error
	for i, l := range layers {
		m := merger{name: l.Name, index: i}
		for _, s := range l.Settings {
			if err := m.apply(root, nil, s); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", m.origin(s), err))
			}
		}
	}
	prune(root)
	return Config{root}, errors.Join(errs...)
}

type merger struct {
	name  string
	index int
}

func (m merger) origin(s Setting) Origin {
	return Origin{Layer: m.name, File: s.File, Line: s.Line, From: s.From}
}

// apply sets s under the table t, which is at the path at.
func (m merger) apply(t *node, at []string, s Setting) error {
	if len(s.Key) == 0 {
		return errors.New("a setting without a key")
	}
	path := append(slices.Clone(at), s.Key...)
	if err := checkPath(s.Key); err != nil {
		return fmt.Errorf("%s: %w", JoinKey(path), err)
	}
	v, err := normal(s)
	if err != nil {
		return fmt.Errorf("%s: %w", JoinKey(path), err)
	}
	if sub, ok := v.(Table); ok {
		return m.applyTable(t, at, s.Key, sub)
	}
	last := len(s.Key) - 1
	t, err = m.descend(t, s.Key[:last], v == nil)
	if err != nil {
		return fmt.Errorf("%s: %w", JoinKey(path), err)
	}
	if t == nil {
		return nil
	}
	if err := m.put(t, path, s, v); err != nil {
		return fmt.Errorf("%s: %w", JoinKey(path), err)
	}
	return nil
}

func checkPath(key []string) error {
	for _, seg := range key {
		if err := checkSegment(seg); err != nil {
			return err
		}
	}
	return nil
}

func (m merger) applyTable(t *node, at, key []string, sub Table) error {
	var errs []error
	for _, s := range sub {
		s.Key = append(slices.Clone(key), s.Key...)
		errs = append(errs, m.apply(t, at, s))
	}
	return errors.Join(errs...)
}

// descend walks down to the table at key and makes what is missing, unless something is only to be removed.
func (m merger) descend(t *node, key []string, removing bool) (*node, error) {
	for i, seg := range key {
		kid := t.kids[seg]
		switch {
		case kid == nil && removing:
			return nil, nil
		case kid != nil && kid.kind == array:
			return nil, fmt.Errorf("%s is a list of tables: give the list", JoinKey(key[:i+1]))
		case kid != nil && kid.kind == leaf && kid.layer == m.index:
			return nil, fmt.Errorf("%s is a value and a table in the same layer", JoinKey(key[:i+1]))
		case kid == nil || kid.kind == leaf:
			kid = &node{kind: table, kids: map[string]*node{}}
			t.kids[seg] = kid
		}
		kid.layer = m.index
		t = kid
	}
	return t, nil
}

// put sets the last segment of path in its table t. v is normal.
func (m merger) put(t *node, path []string, s Setting, v any) error {
	name := path[len(path)-1]
	had := t.kids[name]
	if v == nil {
		delete(t.kids, name)
		return nil
	}
	tables, isArray := v.([]Table)
	by := mergeKey(JoinKey(path))
	if isArray && by != "" && had != nil && had.kind == array {
		return m.mergeItems(had, path, by, tables)
	}
	if had != nil && had.layer == m.index {
		return errors.New("is set twice in the same layer")
	}
	n := &node{kind: leaf, value: v, origin: m.origin(s), layer: m.index, secret: s.Secret}
	t.kids[name] = n
	if !isArray {
		return nil
	}
	n.kind, n.value = array, nil
	if by != "" {
		return m.mergeItems(n, path, by, tables)
	}
	var errs []error
	for _, tab := range tables {
		item := &node{kind: table, kids: map[string]*node{}, layer: m.index}
		n.items = append(n.items, item)
		errs = append(errs, m.fill(item, path, tab))
	}
	return errors.Join(errs...)
}

func (m merger) fill(item *node, path []string, tab Table) error {
	var errs []error
	for _, s := range tab {
		errs = append(errs, m.apply(item, path, s))
	}
	return errors.Join(errs...)
}

// mergeItems lays tables over the elements of n that have the same value under the key by.
func (m merger) mergeItems(n *node, path []string, by string, tables []Table) error {
	n.layer = m.index
	var errs []error
	for i, tab := range tables {
		id, remove := tab.identity(by)
		if id == "" {
			errs = append(errs, fmt.Errorf("element %d has no %s", i+1, by))
			continue
		}
		at := slices.IndexFunc(n.items, func(it *node) bool { return it.id(by) == id })
		switch {
		case remove && at >= 0:
			n.items = slices.Delete(n.items, at, at+1)
		case remove:
		case at >= 0:
			errs = append(errs, m.fill(n.items[at], path, tab))
		default:
			item := &node{kind: table, kids: map[string]*node{}, layer: m.index}
			n.items = append(n.items, item)
			errs = append(errs, m.fill(item, path, tab))
		}
	}
	return errors.Join(errs...)
}

// identity is the value of the key by, and whether the table takes its element away.
func (t Table) identity(by string) (id string, remove bool) {
	for _, s := range t {
		if len(s.Key) == 0 && s.Value == nil {
			remove = true
		}
		if len(s.Key) == 1 && s.Key[0] == by {
			id, _ = s.Value.(string)
		}
	}
	return id, remove
}

// id is the value of the key by in a table, "" if it is no string.
func (n *node) id(by string) string {
	if kid := n.kids[by]; kid != nil {
		s, _ := kid.value.(string)
		return s
	}
	return ""
}

// prune takes away tables and arrays that nothing is left of. Elements of arrays stay.
func prune(n *node) {
	for name, kid := range n.kids {
		prune(kid)
		if kid.kind == table && len(kid.kids) == 0 || kid.kind == array && len(kid.items) == 0 {
			delete(n.kids, name)
		}
	}
	for _, item := range n.items {
		prune(item)
	}
}
