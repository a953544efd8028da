package render

import "fmt"

// A Layer is one source of settings. Later layers go over earlier ones.
type Layer struct {
	Name     string // "distribution", "topology", "feature jwt", "group all-in-one", ...
	Settings []Setting
}

// A Setting is one key of a layer with its value and where it came from.
type Setting struct {
	Key []string // path from the root, one segment each, unquoted

	// Value is a string, bool, int64, float64, []any of those, []Table for an array of tables, or nil, which removes
	// the key and all under it. Other integer types, []string, map[string]any and []map[string]any are taken too and
	// mean the same.
	Value any

	File string // of the setting, if it has one
	Line int    // in File, from 1
	From string // for implied settings: the inventory key that implies it, e.g. "databases.apim_db"

	Secret bool // the value must not be shown, whatever the key is called
}

// A Table is one element of an array of tables: its settings, with keys relative to it. In an array whose elements
// the product tells apart by a key (gateway environments by name), a table merges with the one of earlier layers that
// has the same key. A setting with an empty Key and a nil Value takes that element away.
type Table []Setting

// An Origin is where the value of a key comes from.
type Origin struct {
	Layer string
	File  string
	Line  int
	From  string
}

// String is "topology, inventory.yaml:9 (hostnames.all-in-one)" or "group gateway, inventory.yaml:12".
func (o Origin) String() string {
	s := o.Layer
	if o.File != "" {
		s += ", " + o.File
	}
	if o.File != "" && o.Line > 0 {
		s += fmt.Sprintf(":%d", o.Line)
	}
	if o.From != "" {
		s += " (" + o.From + ")"
	}
	return s
}
