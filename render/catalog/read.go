package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

const conf = "repository/resources/conf"

// Read learns the keys of the distribution whose home fsys is rooted at, from its tables and from the
// templates under them. Without default.json there is no distribution, and the error is fs.ErrNotExist; the
// other files may be absent.
func Read(fsys fs.FS) (*Catalog, error) {
	if _, err := fs.Stat(fsys, conf+"/default.json"); err != nil {
		return nil, err
	}
	c, err := readTables(fsys, conf+"/")
	if err != nil {
		return nil, err
	}
	if err := c.readTemplates(fsys, conf+"/templates"); err != nil {
		return nil, err
	}
	return c.build(), nil
}

// ReadLists learns from lists that someone made of a distribution: known-keys.json, open-maps.json and the
// product's own tables, each with prefix before its name. The lists lack what the kernel's tables say of
// databases (product-facts.md §7), so that is added.
func ReadLists(fsys fs.FS, prefix string) (*Catalog, error) {
	c, err := readTables(fsys, prefix)
	if err != nil {
		return nil, err
	}
	var keys, open []string
	if err := readJSON(fsys, "known-keys.json", &keys); err != nil {
		return nil, err
	}
	if err := readJSON(fsys, "open-maps.json", &open); err != nil {
		return nil, err
	}
	for _, k := range []string{"type", "driver", "url", "validationQuery", "hostname", "port", "name", "sid"} {
		c.know("database.$1." + k)
	}
	c.know(keys...)
	c.Open = append(c.Open, open...)
	return c.build(), nil
}

// know lists keys, with $1 and the like as *.
func (c *Catalog) know(keys ...string) {
	for _, k := range keys {
		c.Keys = append(c.Keys, segment.ReplaceAllString(strings.Trim(k, ", "), "*"))
	}
}

var (
	segment   = regexp.MustCompile(`\$\d+`)
	reference = regexp.MustCompile(`\$ref\{([^}]*)\}`)
)

func readTables(fsys fs.FS, prefix string) (*Catalog, error) {
	c := &Catalog{Open: slices.Clone(alwaysOpen), Keys: slices.Clone(alwaysKnown)}
	var mappings, units map[string]any
	var rules map[string]json.RawMessage
	err := errors.Join(
		readJSON(fsys, prefix+"default.json", &c.Defaults),
		readJSON(fsys, prefix+"infer.json", &c.Infer),
		readJSON(fsys, prefix+"key-mappings.json", &mappings),
		readJSON(fsys, prefix+"unit-resolve.json", &units),
		readJSON(fsys, prefix+"validator.json", &rules),
	)
	if err != nil {
		return nil, err
	}
	c.takeMappings(mappings)
	c.takeUnits(units)
	c.takeRules(rules)
	for k, v := range c.Defaults {
		c.knowValue(k, v)
	}
	for k, cases := range c.Infer {
		c.know(k)
		for _, implied := range cases {
			for k, v := range implied {
				c.knowValue(k, v)
			}
		}
	}
	return c, nil
}

// readJSON leaves v alone where there is no such file.
func readJSON(fsys fs.FS, name string, v any) error {
	data, err := fs.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// knowValue lists a key that a table gives a value, what the value refers to, and the members of its tables.
func (c *Catalog) knowValue(key string, value any) {
	c.know(key)
	switch v := value.(type) {
	case string:
		for _, m := range reference.FindAllStringSubmatch(v, -1) {
			c.know(m[1])
		}
	case []any:
		for _, e := range v {
			if t, ok := e.(map[string]any); ok {
				for k := range t {
					c.know(key + "[]." + k)
				}
			}
		}
	case map[string]any:
		c.Open = append(c.Open, key)
	}
}

// takeMappings reads "from": "to", "from": ["to", ...] and members of arrays as "list:key".
func (c *Catalog) takeMappings(table map[string]any) {
	c.Mappings = map[string][]string{}
	for from, v := range table {
		var to []string
		switch v := v.(type) {
		case string:
			to = []string{v}
		case []any:
			for _, e := range v {
				to = append(to, fmt.Sprint(e))
			}
		}
		for i, k := range to {
			to[i] = strings.Replace(k, ":", "[].", 1)
		}
		from = strings.Replace(from, ":", "[].", 1)
		c.Mappings[from] = to
		c.know(append(to, from)...)
	}
}

func (c *Catalog) takeUnits(kinds map[string]any) {
	c.Units = map[string]string{}
	for _, kind := range kinds {
		table, _ := kind.(map[string]any)
		for k, unit := range table {
			c.know(k)
			c.Units[k] = fmt.Sprint(unit)
		}
	}
}

// takeRules reads a rule or a list of them for each key; what has another shape is left out, as it binds nobody.
func (c *Catalog) takeRules(table map[string]json.RawMessage) {
	c.Rules = map[string][]Rule{}
	for k, raw := range table {
		var many []Rule
		var one Rule
		if json.Unmarshal(raw, &many) != nil && json.Unmarshal(raw, &one) == nil {
			many = []Rule{one}
		}
		c.know(k)
		c.Rules[k] = many
		for _, r := range many {
			c.know(slices.Collect(maps.Keys(r.If))...)
		}
	}
}

func (c *Catalog) readTemplates(fsys fs.FS, dir string) error {
	s := scope{keys: map[string]bool{}, open: map[string]bool{}}
	err := fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".j2" {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		s.names = map[string]string{}
		s.read(string(data))
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	c.know(slices.Collect(maps.Keys(s.keys))...)
	c.Open = append(c.Open, slices.Collect(maps.Keys(s.open))...)
	return err
}
