package render

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/BurntSushi/toml"
)

// Reread parses data with a parser that is not the one that made it, and compares the result with want. It is asked
// before a file goes to a host. Errors name the key, never a value.
func Reread(want Config, data []byte) error {
	var had map[string]any
	if err := toml.Unmarshal(data, &had); err != nil {
		return fmt.Errorf("deployment.toml cannot be read again: %w", err)
	}
	if key, equal := compare(nil, had, want.Tree()); !equal {
		return fmt.Errorf("deployment.toml read again differs at %s", JoinKey(key))
	}
	return nil
}

// compare is the path of the first difference, in the order of keys.
func compare(path []string, had, want any) ([]string, bool) {
	h, hadMap := had.(map[string]any)
	w, wantMap := want.(map[string]any)
	if hadMap && wantMap {
		for _, k := range slices.Sorted(maps.Keys(union(h, w))) {
			if at, equal := compare(append(slices.Clone(path), k), h[k], w[k]); !equal {
				return at, false
			}
		}
		return nil, true
	}
	hl, hadList := had.([]map[string]any)
	wl, wantList := want.([]map[string]any)
	if hadList && wantList && len(hl) == len(wl) {
		for i := range hl {
			if at, equal := compare(path, hl[i], wl[i]); !equal {
				return at, false
			}
		}
		return nil, true
	}
	return path, reflect.DeepEqual(had, want)
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return all
}
