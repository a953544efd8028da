package render

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"apimctl/testdata/refdata"
)

var (
	index = regexp.MustCompile(`\[[^]]*\]`)

	// The product infers from these for every database (product-facts.md §7); the list of keys leaves them out.
	inferred = regexp.MustCompile(`^database\.\w+\.(type|hostname|port|name|sid)$`)
)

// TestKnownKeys wants every key that is implied to be one that the product reads.
func TestKnownKeys(t *testing.T) {
	shared := refdata.Path(t)
	var known, open []string
	for file, list := range map[string]*[]string{"known-keys.json": &known, "open-maps.json": &open} {
		if err := json.Unmarshal(read(t, shared, "catalog", file), list); err != nil {
			t.Fatal(err)
		}
	}
	d := everything("4.7.0")
	d.LoadBalanced = false
	d.AllInOnes[0].Offset, d.Gateways[0].Offset = 1, 2
	d.AdminUser = "ops.team"
	d.Databases.Shared.Pool = map[string]string{"maxActive": "50"}
	d.Keystores.Primary, d.Keystores.Internal = d.Keystores.TLS, d.Keystores.TLS
	for _, n := range nodes(d) {
		for _, e := range config(t, d, n).Entries() {
			key := index.ReplaceAllString(e.Key, "[]")
			inOpen := func(m string) bool { return strings.HasPrefix(key, m+".") }
			if !slices.Contains(known, key) && !inferred.MatchString(key) && !slices.ContainsFunc(open, inOpen) {
				t.Errorf("%s: the product does not know %s", n.Name, e.Key)
			}
		}
	}
}
