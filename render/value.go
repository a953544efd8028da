package render

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"unicode/utf8"
)

// normal brings a value to one of: nil, string, bool, int64, float64, []any of those, []Table or Table.
func normal(s Setting) (any, error) {
	switch v := s.Value.(type) {
	case nil, bool, int64, Table:
		return v, nil
	case string:
		return v, checkString(v)
	case int:
		return int64(v), nil
	case int32:
		return int64(v), nil
	case uint64:
		return normalUint(v)
	case float32:
		return normalFloat(float64(v))
	case float64:
		return normalFloat(v)
	case map[string]any:
		return tableOf(v, s), nil
	case []any, []string, []map[string]any, []Table:
		return normalList(elements(v), s)
	}
	return nil, fmt.Errorf("a %T is nothing that deployment.toml can hold", s.Value)
}

func normalUint(v uint64) (any, error) {
	if v > math.MaxInt64 {
		return nil, fmt.Errorf("%d is too large", v)
	}
	return int64(v), nil
}

func normalFloat(v float64) (any, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("%v is not a number that deployment.toml can hold", v)
	}
	return v, nil
}

func checkString(v string) error {
	if !utf8.ValidString(v) {
		return fmt.Errorf("the text is not UTF-8")
	}
	return nil
}

// tableOf is a map as settings that come from the same place as s.
func tableOf(m map[string]any, s Setting) Table {
	t := make(Table, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		t = append(t, Setting{Key: []string{k}, Value: m[k], File: s.File, Line: s.Line, From: s.From, Secret: s.Secret})
	}
	return t
}

func elements(v any) []any {
	switch v := v.(type) {
	case []string:
		return anys(v)
	case []map[string]any:
		return anys(v)
	case []Table:
		return anys(v)
	}
	return v.([]any)
}

func anys[T any](v []T) []any {
	out := make([]any, len(v))
	for i := range v {
		out[i] = v[i]
	}
	return out
}

// normalList refuses lists of mixed types, as the product's TOML parser does (product-facts.md §12).
func normalList(list []any, s Setting) (any, error) {
	out := make([]any, len(list))
	var tables []Table
	for i, e := range list {
		v, err := normal(Setting{Value: e, File: s.File, Line: s.Line, From: s.From, Secret: s.Secret})
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i+1, err)
		}
		switch v := v.(type) {
		case nil:
			return nil, fmt.Errorf("element %d is null", i+1)
		case []Table:
			return nil, fmt.Errorf("element %d: a list of tables cannot stand in a list", i+1)
		case Table:
			tables = append(tables, v)
		}
		if i > 0 && fmt.Sprintf("%T", v) != fmt.Sprintf("%T", out[0]) {
			return nil, fmt.Errorf("element %d: the product's TOML parser refuses a list that mixes types", i+1)
		}
		out[i] = v
	}
	if len(tables) > 0 {
		return tables, nil
	}
	return out, nil
}
