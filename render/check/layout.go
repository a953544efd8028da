package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

// layOut fills in what the rules read.
func (n *node) layOut() {
	n.own, n.inferred = map[string]any{}, map[string]string{}
	top := map[string]any{}
	n.flatten(top, "", "", n.Config)
	slices.SortFunc(n.entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	n.interpret(top)
}

// flatten walks the tables of a file; top, if not nil, takes the flat keys with arrays of tables whole, as the
// product has them.
func (n *node) flatten(top map[string]any, key, generic string, table map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		k, g := catalog.Join(key, name), catalog.Join(generic, name)
		value := table[name]
		if sub, ok := value.(map[string]any); ok {
			n.flatten(top, k, g, sub)
			continue
		}
		if top != nil {
			top[k] = value
		}
		tables := tablesOf(value)
		for i, t := range tables {
			n.flatten(nil, k+"["+label(g, t, i)+"]", g+"[]", t)
		}
		if tables == nil {
			n.entries = append(n.entries, entry{k, g, value, top == nil})
		}
	}
}

// tablesOf returns the elements of an array of tables, nil for anything else.
func tablesOf(value any) []map[string]any {
	switch v := value.(type) {
	case []map[string]any:
		return v
	case []any:
		var tables []map[string]any
		for _, e := range v {
			if t, ok := e.(map[string]any); ok {
				tables = append(tables, t)
			}
		}
		return tables
	}
	return nil
}

// label names an element of an array: by its key where the product tells the elements apart by one, else by
// its place.
func label(array string, t map[string]any, i int) string {
	by := ""
	switch array {
	case "apim.gateway.environment", "event_handler", "apim.jwt.issuer", "oauth.extensions.token_types":
		by = "name"
	case "event_listener", "datasource":
		by = "id"
	}
	if s, ok := t[by].(string); ok && s != "" {
		return s
	}
	return fmt.Sprint(i)
}

// texts returns a value as texts: one, or those of a list.
func texts(value any) []string {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, fmt.Sprint(e))
		}
		return list
	case []string:
		return v
	}
	return []string{fmt.Sprint(value)}
}

// strings returns those of a value's texts that are texts in the file.
func (e entry) strings() []string {
	switch v := e.value.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				list = append(list, s)
			}
		}
		return list
	case []string:
		return v
	}
	return nil
}
