package render

import (
	"strings"
	"testing"
)

func set(key string, v any) Setting {
	path, err := SplitKey(key)
	if err != nil {
		panic(err)
	}
	return Setting{Key: path, Value: v, File: "inventory.yaml", Line: 7}
}

func TestMerge(t *testing.T) {
	env := func(name, host string) Table { return Table{set("name", name), set("https_endpoint", host)} }
	for name, tt := range map[string]struct {
		under, over []Setting
		want        string
	}{
		"later wins": {[]Setting{set("a.b", 1)}, []Setting{set("a.b", "x")}, "[a]\nb = \"x\"\n"},
		"tables merge": {
			[]Setting{set("a.b", 1), set("a.c", 2)},
			[]Setting{set("a", map[string]any{"c": 3, "d": map[string]any{"e": true}})},
			"[a]\nb = 1\nc = 3\n\n[a.d]\ne = true\n",
		},
		"nil removes":            {[]Setting{set("a.b", 1), set("c", 2)}, []Setting{set("a", nil), set("x.y", nil)}, "c = 2\n"},
		"a table for a value":    {[]Setting{set("a", 1)}, []Setting{set("a.b", 2)}, "[a]\nb = 2\n"},
		"a value for a table":    {[]Setting{set("a.b", 1)}, []Setting{set("a", 2)}, "a = 2\n"},
		"lists replace":          {[]Setting{set("a", []string{"x", "y"})}, []Setting{set("a", []any{"z"})}, "a = [\"z\"]\n"},
		"quoted segments":        {nil, []Setting{set("a.'b.c'", 1.5)}, "[a]\n'b.c' = 1.5\n"},
		"whole numbers of float": {nil, []Setting{set("a", 2.0)}, "a = 2.0\n"},
		"secrets last":           {[]Setting{set("secrets.a", "[x]"), set("zebra.a", 1)}, nil, "[zebra]\na = 1\n\n[secrets]\na = \"[x]\"\n"},
		"parent first":           {[]Setting{set("apim.x.y", 1)}, []Setting{set("apim.z", 2)}, "[apim]\nz = 2\n\n[apim.x]\ny = 1\n"},
		"by name": {
			[]Setting{set("apim.gateway.environment", []Table{env("A", "a"), env("B", "b")})},
			[]Setting{set("apim.gateway.environment", []any{
				map[string]any{"name": "B", "https_endpoint": "b2"}, map[string]any{"name": "C"},
			})},
			"[[apim.gateway.environment]]\nhttps_endpoint = \"a\"\nname = \"A\"\n\n" +
				"[[apim.gateway.environment]]\nhttps_endpoint = \"b2\"\nname = \"B\"\n\n[[apim.gateway.environment]]\nname = \"C\"\n",
		},
		"an element goes": {
			[]Setting{set("apim.gateway.environment", []Table{env("A", "a"), env("B", "b")})},
			[]Setting{set("apim.gateway.environment", []Table{{set("name", "A"), {}}})},
			"[[apim.gateway.environment]]\nhttps_endpoint = \"b\"\nname = \"B\"\n",
		},
		"without a key whole": {
			[]Setting{set("apim.throttling.url_group", []Table{{set("type", "x")}, {set("type", "y")}})},
			[]Setting{set("apim.throttling.url_group", []Table{{set("type", "z")}})},
			"[[apim.throttling.url_group]]\ntype = \"z\"\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Merge([]Layer{{Name: "under", Settings: tt.under}, {Name: "over", Settings: tt.over}})
			if err != nil {
				t.Fatal(err)
			}
			had := strings.TrimPrefix(strings.TrimPrefix(string(c.TOML()), header), "\n")
			if had != tt.want {
				t.Errorf("had:\n%s\nwant:\n%s", had, tt.want)
			}
			if err := Reread(c, c.TOML()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	for want, settings := range map[string][]Setting{
		"group gateway, inventory.yaml:7: a.b: is set twice":                              {set("a.b", 1), set("a", map[string]any{"b": 2})},
		"a is a value and a table in the same layer":                                      {set("a", 1), set("a.b", 2)},
		"a: is set twice in the same layer":                                               {set("a.b", 1), set("a", 2)},
		"a: element 2: the product's TOML parser refuses a list that mixes types":         {set("a", []any{1, "x"})},
		"a: a struct {} is nothing that deployment.toml can hold":                         {set("a", struct{}{})},
		"apim.gateway.environment: element 1 has no name":                                 {set("apim.gateway.environment", []any{map[string]any{"type": "x"}})},
		"x is a list of tables: give the list":                                            {set("x", []any{map[string]any{"a": 1}}), set("x.y", 1)},
		"a: the text is not UTF-8":                                                        {set("a", "\xff")},
		"the product cannot read '\\'' in a key":                                          {{Key: []string{"a'b"}, Value: 1}},
		"a.'': a segment is empty":                                                        {{Key: []string{"a", ""}, Value: 1}},
		"a: element 1 is null":                                                            {set("a", []any{nil})},
		"apim.gateway.environment: apim.gateway.environment.name: is set twice in the sa": {set("apim.gateway.environment", []Table{{set("name", "A")}, {set("name", "A")}})},
	} {
		_, err := Merge([]Layer{{Name: "group gateway", Settings: settings}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("had %v, want %s", err, want)
		}
	}
}

func TestExplain(t *testing.T) {
	d := everything("4.7.0")
	under, err := ParseTOML("deployment.toml", []byte("[server]\nhostname = 'x'\nmode = 'ha'\n[[event_listener]]\nid = 'other'\nn = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	implied, err := Implied(d, allInOne(d, 0))
	if err != nil {
		t.Fatal(err)
	}
	over := Layer{Name: "host all-in-one-1", Settings: []Setting{set("server.offset", 9)}}
	c, err := Merge(append(append([]Layer{under}, implied...), over))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"server.mode":                           "deployment.toml, deployment.toml:3",
		"server.hostname":                       "topology (hostnames.all-in-one)",
		"server.offset":                         "host all-in-one-1, inventory.yaml:7",
		"event_listener[other].n":               "deployment.toml, deployment.toml:6",
		"event_listener[token_revocation].type": "event hub (hostnames.all-in-one)",
		"database.apim_db.password":             "databases (databases.apim_db.password)",
	} {
		if o, ok := c.Origin(key); !ok || o.String() != want {
			t.Errorf("%s comes from %s, want %s", key, o, want)
		}
	}
	if n := len(c.Explain("server")); n != 6 {
		t.Errorf("%d keys of server", n)
	}
	if e := c.Explain("super_admin.password"); len(e) != 1 || e[0].Text() != mask {
		t.Errorf("the password is explained as %v", e)
	}
	if len(c.Explain("serv")) != 0 || len(c.Explain("")) != len(c.Entries()) || len(c.Explain("event_listener")) < 10 {
		t.Error("a key explains more or less than itself and what is under it")
	}
}

// TestSecrets plants a word in every secret and looks for it in all that is shown.
func TestSecrets(t *testing.T) {
	const word = "planted0"
	d := everything("4.7.0")
	d.AdminPassword, d.EncryptionKey = word, strings.Repeat("5eC7", 16)
	d.Databases.APIM.Password, d.Databases.Shared.URL = word, "jdbc:mysql://db/x?user=u&password="+word
	d.Keystores.TLS.Password, d.Keystores.Truststore = word, &Truststore{File: "t.jks", Password: word}
	d.Features.Analytics.Key = word
	extra := Layer{Name: "x", Settings: []Setting{
		{Key: []string{"x", "harmless"}, Value: []any{map[string]any{"name": word}}, Secret: true},
		set("secrets.alias", word), set("x.urls", []string{"http://u:" + word + "@h"}), set("apim.analytics.auth_token", word),
	}}
	for _, n := range nodes(d) {
		c := config(t, d, n, extra)
		shown := string(c.Masked())
		for _, e := range c.Entries() {
			shown += e.Text() + e.Origin.String()
		}
		if strings.Contains(shown, word) || strings.Contains(shown, "5eC7") {
			t.Errorf("%s shows a secret:\n%s", n.Name, shown)
		}
		if !strings.Contains(string(c.TOML()), word) || len(c.Secrets()) < 8 {
			t.Errorf("%s: secrets are %v", n.Name, c.Secrets())
		}
		if !strings.Contains(shown, adminPasswordRef) || !strings.Contains(shown, `hostname = "`) {
			t.Errorf("%s: too much is masked:\n%s", n.Name, shown)
		}
	}
}
