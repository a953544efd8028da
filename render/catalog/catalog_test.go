package catalog_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pelletier/go-toml/v2"

	"apimctl/render/catalog"
	"apimctl/testdata/refdata"
)

// The keys of the shipped files that no distribution reads (product-facts.md §12).
var dead = []string{"apim.oauth_config.remove_outbound_auth_header"}

func TestShippedKeysAreKnown(t *testing.T) {
	for _, role := range []string{"all-in-one", "gateway"} {
		c := refdata.Catalog(t, role)
		files, _ := filepath.Glob(filepath.Join(refdata.Path(t, "shipped"), role+"-*.toml"))
		if len(files) != 3 {
			t.Fatalf("%d shipped files of %s, want 3", len(files), role)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var tree map[string]any
			if err := toml.Unmarshal(data, &tree); err != nil {
				t.Fatal(err)
			}
			for _, key := range leaves("", tree) {
				if !c.Known(key) && !slices.Contains(dead, key) {
					t.Errorf("%s: %s is unknown", filepath.Base(file), key)
				}
			}
		}
	}
}

func leaves(prefix string, v any) []string {
	var keys []string
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			keys = append(keys, leaves(catalog.Join(prefix, k), e)...)
		}
		return keys
	case []any:
		for _, e := range v {
			if _, ok := e.(map[string]any); ok {
				keys = append(keys, leaves(prefix+"[]", e)...)
			}
		}
		if keys != nil {
			return keys
		}
	}
	return []string{prefix}
}

func TestTyposAreCaught(t *testing.T) {
	c := refdata.Catalog(t, "all-in-one")
	r := rand.New(rand.NewPCG(1, 2))
	caught, total := 0, 0
	for total < 200 {
		key := c.Keys[r.IntN(len(c.Keys))]
		parent, last := catalog.Parent(key)
		if len(last) < 4 || strings.ContainsAny(last, "*'[") || strings.Contains(key, "*") {
			continue
		}
		slip := catalog.Join(parent, typo(r, last))
		if slip == key || c.Listed(slip) {
			continue
		}
		total++
		if !flagged(c, slip) {
			t.Logf("%s for %s is let pass", slip, key)
		} else if near := c.Nearest(slip, 3); slices.Contains(near, key) {
			caught++
		} else {
			t.Logf("%s for %s: only %v suggested", slip, key, near)
		}
	}
	t.Logf("%d of %d caught", caught, total)
	if caught*100 < total*85 {
		t.Errorf("%d of %d typos caught, want 85 %%", caught, total)
	}
}

func flagged(c *catalog.Catalog, key string) bool {
	_, slip := c.Slip(key)
	return slip || !c.Known(key)
}

// typo exchanges, leaves out, puts in or swaps a letter.
func typo(r *rand.Rand, s string) string {
	i := r.IntN(len(s) - 1)
	letter := string(rune('a' + r.IntN(26)))
	switch r.IntN(4) {
	case 0:
		return s[:i] + letter + s[i+1:]
	case 1:
		return s[:i] + s[i+1:]
	case 2:
		return s[:i] + letter + s[i:]
	}
	return s[:i] + s[i+1:i+2] + s[i:i+1] + s[i+2:]
}

func distribution(template string) fstest.MapFS {
	const conf = "repository/resources/conf/"
	return fstest.MapFS{
		conf + "default.json":      {Data: []byte(`{"server.offset": "0", "list": [{"name": "a"}], "k.p": "$ref{keystore.tls.password}"}`)},
		conf + "infer.json":        {Data: []byte(`{"database.$1.type": {"mysql": {"database.$1.url": "jdbc:mysql://$ref{database.$1.hostname}"}}}`)},
		conf + "key-mappings.json": {Data: []byte(`{"old.port": ["new.a", "new.b"], "list:n": "list:name"}`)},
		conf + "unit-resolve.json": {Data: []byte(`{"time": {"cache.expiry": "ms"}}`)},
		conf + "validator.json":    {Data: []byte(`{"impl": [{"if": {"kind": "custom"}, "match_regex": ".+", "error_message": "impl is required"}]}`)},

		conf + "templates/repository/conf/x.xml.j2": {Data: []byte(template)},
		conf + "templates/readme.txt":               {Data: []byte("{{not.read}}")},
	}
}

func TestRead(t *testing.T) {
	c, err := catalog.Read(distribution(`<a>{{x.y}}</a>{% for k, v in pool.options.items() %}{{k}}{% endfor %}`))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]bool{
		"server.offset": true, "server": true, "server.ofset": false, "list[].name": true, "list[].nam": false, "list[].n": true,
		"keystore.tls.password": true, "database.any_db.url": true, "database.any_db.hostname": true, "database.any_db.host": false,
		"old.port": true, "new.b": true, "cache.expiry": true, "impl": true, "kind": true, "x.y": true, "x.z": false,
		"pool.options.whatever": true, "secrets.any": true, "datasource[].x.y": true, "encryption.key": true, "not.read": false,
	} {
		if had := c.Known(key); had != want {
			t.Errorf("Known(%s) is %v", key, had)
		}
	}
	if u, ok := c.Unit("cache.expiry"); u != "ms" || !ok {
		t.Errorf("unit is %q", u)
	}
	if v, ok := c.Default("server.offset"); v != "0" || !ok {
		t.Errorf("default is %v", v)
	}
	if m := c.Mapped("old.port"); !slices.Equal(m, []string{"new.a", "new.b"}) {
		t.Errorf("mapped to %v", m)
	}
	if r := c.Rules["impl"]; len(r) != 1 || r[0].MatchRegex != ".+" || r[0].If["kind"] != "custom" {
		t.Errorf("rules are %v", r)
	}
}

// A distribution is read as it lies in its zip, which need not list folders.
func TestReadZip(t *testing.T) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for name, f := range distribution("{{x.y}}") {
		part, err := w.Create("wso2am-4.6.0/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	home, err := fs.Sub(r, "wso2am-4.6.0")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := catalog.Read(home); err != nil || !c.Known("x.y") || c.Known("x.z") {
		t.Errorf("read %v, %v", c, err)
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	if _, err := catalog.Read(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no distribution: %v", err)
	}
	bad := distribution("")
	bad["repository/resources/conf/infer.json"] = &fstest.MapFile{Data: []byte("{")}
	if _, err := catalog.Read(bad); err == nil || !strings.Contains(err.Error(), "infer.json") {
		t.Errorf("bad JSON: %v", err)
	}
}

func TestJSON(t *testing.T) {
	c, err := catalog.Read(distribution("{{x.y}}"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back catalog.Catalog
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(c, &back) {
		t.Errorf("%v came back as %v", c, &back)
	}
}

func TestNearest(t *testing.T) {
	c := refdata.Catalog(t, "gateway")
	for key, want := range map[string]string{
		"apim.key_manager.servce_url":   "apim.key_manager.service_url",
		"apim.key_manger.service_url":   "apim.key_manager.service_url",
		"apim.gateway.environment.name": "apim.gateway.environment[].name",
		"database.apim_db.hostnme":      "database.apim_db.hostname",
	} {
		if near := c.Nearest(key, 3); !slices.Contains(near, want) {
			t.Errorf("%s: %v, want %s", key, near, want)
		}
	}
	if near := c.Nearest("zzz.qqqqqq", 3); near != nil {
		t.Errorf("nonsense is near %v", near)
	}
}
