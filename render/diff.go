package render

import (
	"maps"
	"reflect"
	"slices"
)

// DiffTOML says key by key what changes from one deployment.toml to another: "- server.offset = 0" and
// "+ server.offset = 1", sorted by key, secrets as (secret) on both sides. Order and comments are no difference.
func DiffTOML(had, want []byte) ([]string, error) {
	before, err := entriesOf(had)
	if err != nil {
		return nil, err
	}
	after, err := entriesOf(want)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(before)
	maps.Copy(all, after)
	var lines []string
	for _, k := range slices.Sorted(maps.Keys(all)) {
		b, was := before[k]
		a, is := after[k]
		if was && is && reflect.DeepEqual(b.Value, a.Value) {
			continue
		}
		if was {
			lines = append(lines, "- "+k+" = "+b.Text())
		}
		if is {
			lines = append(lines, "+ "+k+" = "+a.Text())
		}
	}
	return lines, nil
}

func entriesOf(data []byte) (map[string]Entry, error) {
	l, err := ParseTOML("deployment.toml", data)
	if err != nil {
		return nil, err
	}
	c, err := Merge([]Layer{l})
	if err != nil {
		return nil, err
	}
	m := map[string]Entry{}
	for _, e := range c.Entries() {
		m[e.Key] = e
	}
	return m, nil
}
