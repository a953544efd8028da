// Package catalog knows the keys that a distribution's deployment.toml may hold: those that its templates read
// and those of its own tables (product-facts.md §12). The product itself never reports an unknown key.
//
// Keys are dotted. A segment with a dot in it is quoted, a[] is an element of an array of tables, and * stands
// for any one segment.
package catalog

import (
	"encoding/json"
	"slices"
	"strings"
)

// A Catalog is what a distribution knows of keys. Its exported fields are its JSON form, by which it can be
// kept beside the digest of the zip that it was read from. It does not change after reading and may be used by
// many goroutines.
type Catalog struct {
	Keys     []string                             `json:"keys"`     // sorted; tables are not listed but known
	Open     []string                             `json:"open"`     // sorted; tables under which every key is read
	Defaults map[string]any                       `json:"defaults"` // default.json; numbers are float64, and often strings
	Infer    map[string]map[string]map[string]any `json:"infer"`    // key -> its value -> what follows; $1 is one segment
	Mappings map[string][]string                  `json:"mappings"` // key -> the keys that it stands for
	Units    map[string]string                    `json:"units"`    // key of a duration -> the unit it is kept in
	Rules    map[string][]Rule                    `json:"rules"`    // validator.json

	root  *node
	names []name
}

// A Rule is what validator.json says of a key: where all of If hold, its value must match a pattern.
type Rule struct {
	If         map[string]any `json:"if,omitempty"`
	Regex      string         `json:"regex,omitempty"`       // what the product enforces
	MatchRegex string         `json:"match_regex,omitempty"` // what it ignores, though its own file uses it
	Message    string         `json:"error_message,omitempty"`
}

// alwaysOpen are tables that take any key though no template lists them, and alwaysKnown a key that the start
// script reads (product-facts.md §9, §12).
var (
	alwaysOpen  = []string{"secrets", "runtime_secrets", "system.parameter", "datasource[]", "resource.access_control[]"}
	alwaysKnown = []string{"encryption.key"}
)

// A node is a segment in the tree of known keys.
type node struct {
	kids map[string]*node
	open bool
}

// build makes what the lookups need of the exported fields.
func (c *Catalog) build() *Catalog {
	slices.Sort(c.Keys)
	c.Keys = slices.Compact(c.Keys)
	slices.Sort(c.Open)
	c.Open = slices.Compact(c.Open)
	c.root = &node{}
	for _, k := range c.Keys {
		c.root.add(Segments(k))
	}
	for _, k := range c.Open {
		c.root.add(Segments(k)).open = true
	}
	c.names = namesOf(c.Keys)
	return c
}

func (n *node) add(segs []string) *node {
	for _, s := range segs {
		if n.kids == nil {
			n.kids = map[string]*node{}
		}
		if n.kids[s] == nil {
			n.kids[s] = &node{}
		}
		n = n.kids[s]
	}
	return n
}

// has reports whether a key is in the tree. If listed, a key that only an open table lets in does not count.
func (n *node) has(segs []string, listed bool) bool {
	if len(segs) == 0 || n.open && !listed {
		return true
	}
	if kid := n.kids[segs[0]]; kid != nil && kid.has(segs[1:], listed) {
		return true
	}
	if each := n.kids["*"]; each != nil && (len(segs) > 1 || !listed) && !strings.HasSuffix(segs[0], "[]") {
		return each.has(segs[1:], listed)
	}
	return false
}

// UnmarshalJSON reads what encoding/json wrote of a Catalog.
func (c *Catalog) UnmarshalJSON(data []byte) error {
	type plain Catalog
	if err := json.Unmarshal(data, (*plain)(c)); err != nil {
		return err
	}
	c.build()
	return nil
}

// Known reports whether the product reads key: it is listed, the beginning of a listed key, or within an open table.
func (c *Catalog) Known(key string) bool { return c.root.has(Segments(key), false) }

// Listed is Known without open tables: the product names this very key.
func (c *Catalog) Listed(key string) bool { return c.root.has(Segments(key), true) }

// Mapped returns the keys that key stands for; that is key itself unless key-mappings.json says otherwise.
func (c *Catalog) Mapped(key string) []string {
	if to, ok := c.Mappings[key]; ok {
		return to
	}
	return []string{key}
}

// Default returns the value that default.json has for key, after mapping.
func (c *Catalog) Default(key string) (any, bool) {
	for _, k := range c.Mapped(key) {
		if v, ok := c.Defaults[k]; ok {
			return v, true
		}
	}
	return nil, false
}

// Unit returns the unit that the duration key is kept in: d, h, m, s or ms.
func (c *Catalog) Unit(key string) (string, bool) {
	for _, k := range c.Mapped(key) {
		if u, ok := c.Units[k]; ok {
			return u, true
		}
	}
	return "", false
}
