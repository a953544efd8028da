package render

import (
	"slices"
	"strconv"
	"strings"
)

// Tree is the configuration as nested maps: string, bool, int64, float64, []any, map[string]any, and
// []map[string]any for an array of tables. It is the caller's own.
func (c Config) Tree() map[string]any {
	if c.root == nil {
		return map[string]any{}
	}
	return c.root.tree()
}

func (n *node) tree() map[string]any {
	m := make(map[string]any, len(n.kids))
	for name, kid := range n.kids {
		switch kid.kind {
		case leaf:
			m[name] = copyValue(kid.value)
		case table:
			m[name] = kid.tree()
		case array:
			items := make([]map[string]any, len(kid.items))
			for i, item := range kid.items {
				items[i] = item.tree()
			}
			m[name] = items
		}
	}
	return m
}

func copyValue(v any) any {
	if list, ok := v.([]any); ok {
		out := make([]any, len(list))
		for i := range list {
			out[i] = copyValue(list[i])
		}
		return out
	}
	return v
}

// An Entry is one value of a configuration.
type Entry struct {
	Key    string   // dotted, elements of arrays in brackets: apim.gateway.environment[Default].type, x[0].y
	Path   []string // without the brackets: what a catalog of keys knows
	Value  any      // string, bool, int64, float64 or []any
	Origin Origin
	Secret bool // the value must not be shown
}

// Text is the value as TOML writes it, "(secret)" for a secret.
func (e Entry) Text() string {
	if e.Secret {
		return mask
	}
	return tomlText(e.Value)
}

// String is "server.offset = 1 # topology (groups.gateway.hosts.gw-1.offset)".
func (e Entry) String() string { return e.Key + " = " + e.Text() + " # " + e.Origin.String() }

// Entries are all values, in the order of the file.
func (c Config) Entries() []Entry {
	var out []Entry
	if c.root != nil {
		out = entries(nil, "", nil, c.root)
	}
	return out
}

func entries(out []Entry, key string, path []string, n *node) []Entry {
	names := sortedNames(n, len(path) == 0)
	for _, name := range names {
		if kid := n.kids[name]; kid.kind == leaf {
			at := append(slices.Clone(path), name)
			out = append(out, Entry{dotted(key, name), at, copyValue(kid.value), kid.origin, kid.secret || isSecret(at, kid.value)})
		}
	}
	for _, name := range names {
		kid, at := n.kids[name], append(slices.Clone(path), name)
		if kid.kind == table {
			out = entries(out, dotted(key, name), at, kid)
		}
		for i, item := range kid.items {
			out = entries(out, dotted(key, name)+"["+kid.label(at, i)+"]", at, item)
		}
	}
	return out
}

func dotted(key, name string) string {
	if key == "" {
		return quoteSegment(name)
	}
	return key + "." + quoteSegment(name)
}

// label names an element: by its key where the product has one, else by its place.
func (n *node) label(path []string, i int) string {
	if id := n.items[i].id(mergeKey(JoinKey(path))); id != "" {
		return id
	}
	return strconv.Itoa(i)
}

// Explain is what is known of keys and of everything under them; of everything if none are given.
func (c Config) Explain(keys ...string) []Entry {
	return slices.DeleteFunc(c.Entries(), func(e Entry) bool {
		return len(keys) > 0 && !slices.ContainsFunc(keys, e.under)
	})
}

// under says whether an entry is at key, written with or without the brackets, or under it.
func (e Entry) under(key string) bool {
	for _, k := range []string{e.Key, JoinKey(e.Path)} {
		if rest, ok := strings.CutPrefix(k, key); key == "" || ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
	}
	return false
}

// Origin is where the value of key, as Entry.Key writes it, comes from.
func (c Config) Origin(key string) (Origin, bool) {
	for _, e := range c.Entries() {
		if e.Key == key {
			return e.Origin, true
		}
	}
	return Origin{}, false
}

// Secrets are the keys whose values must not be shown.
func (c Config) Secrets() []string {
	var out []string
	for _, e := range c.Entries() {
		if e.Secret {
			out = append(out, e.Key)
		}
	}
	return out
}
