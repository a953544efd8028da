package check_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"apimctl/render/catalog"
	"apimctl/render/check"
	"apimctl/testdata/refdata"
)

func TestCleanDeployment(t *testing.T) {
	for _, version := range []string{"4.5.0", "4.6.0", "4.7.0"} {
		for _, f := range check.Check(deployment(t, version)) {
			t.Errorf("%s: %s", version, f)
		}
	}
}

func TestCleanDeploymentWithRealCatalog(t *testing.T) {
	d := deployment(t, "4.6.0")
	for _, role := range []string{check.AllInOne, check.Gateway} {
		d.Catalogs[role] = refdata.Catalog(t, role)
	}
	for _, f := range check.Check(d) {
		t.Error(f)
	}
}

func TestExamples(t *testing.T) {
	for _, r := range check.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			wrong := check.Check(with(t, r.Example.Version, r.Example.Host, r.Example.Wrong))
			if !slices.ContainsFunc(wrong, func(f check.Finding) bool { return f.Code == r.Code && f.Severity == r.Severity }) {
				t.Errorf("the wrong deployment has only %v", wrong)
			}
			for _, f := range check.Check(with(t, r.Example.Version, r.Example.Host, r.Example.Right)) {
				if f.Code == r.Code {
					t.Errorf("the mended deployment has: %s", f)
				}
			}
		})
	}
}

func TestRulesAreSortedAndWhole(t *testing.T) {
	rules := check.Rules()
	if !slices.IsSortedFunc(rules, func(a, b check.Rule) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("rules are not in the order of their codes")
	}
	for i, r := range rules {
		if i > 0 && rules[i-1].Code == r.Code {
			t.Errorf("%s stands twice", r.Code)
		}
		if r.Title == "" || r.Why == "" || r.Fix == "" || r.Example.Host == "" || r.Example.Wrong == "" {
			t.Errorf("%s lacks a part", r.Code)
		}
		if had, ok := check.Explain(r.Code); !ok || had != r {
			t.Errorf("Explain(%s) is %v", r.Code, had)
		}
	}
	if _, ok := check.Explain("APIM999"); ok {
		t.Error("Explain knows APIM999")
	}
}

func TestFindingString(t *testing.T) {
	d := with(t, "", "gw-1", "[apim.key_manager]\nservce_url = \"x\"")
	d.Nodes[2].Origin = func(key string) (string, int) {
		if key == "apim.key_manager.servce_url" {
			return "inventory.yaml", 12
		}
		return "", 0
	}
	found := check.Check(d)
	want := "warning APIM001 gw-1: apim.key_manager.servce_url (inventory.yaml:12): unknown key; did you mean apim.key_manager.service_url"
	if len(found) != 1 || !strings.HasPrefix(found[0].String(), want) {
		t.Errorf("had %v, want one that begins %s", found, want)
	}
}

func TestOriginOfWhatIsAround(t *testing.T) {
	d := with(t, "", "gw-1", "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://aio-1:9611\"]")
	d.Nodes[2].Origin = func(key string) (string, int) {
		if key == "apim.throttling.url_group" {
			return "inventory.yaml", 7
		}
		return "", 0
	}
	if found := check.Check(d); len(found) != 1 || found[0].Line != 7 {
		t.Errorf("had %v, want one at line 7", found)
	}
}

func TestOrderOfNodesDoesNotMatter(t *testing.T) {
	d := with(t, "", "gw-1", "[super_admin]\nusername = \"boss\"\n[server]\nserver_role = \"gateway-worker\"")
	had := check.Check(d)
	slices.Reverse(d.Nodes)
	if again := check.Check(d); len(had) == 0 || !reflect.DeepEqual(had, again) {
		t.Errorf("%v, then %v", had, again)
	}
}

func TestShippedValuesAreTheVendorsBusiness(t *testing.T) {
	const key = "apim.oauth_config.remove_outbound_auth_header"
	d := with(t, "", "gw-1", "[apim.oauth_config]\nremove_outbound_auth_header = true\nnobodys = 1")
	d.Nodes[2].Shipped = func(k string) bool { return k == key }
	if found := check.Check(d); len(found) != 1 || found[0].Key != "apim.oauth_config.nobodys" {
		t.Errorf("had %v", found)
	}
}

// A secret is planted in every text of a node, and with every mistake of every example; no message has it.
func TestNoSecretInMessages(t *testing.T) {
	const planted = "Tell-No-0ne"
	for _, r := range check.Rules() {
		d := with(t, r.Example.Version, r.Example.Host, r.Example.Wrong)
		for i := range d.Nodes {
			plant(d.Nodes[i].Config, planted+fmt.Sprint(i)+"@:“ &<")
		}
		found := check.Check(d)
		if len(found) == 0 {
			t.Fatalf("%s: nothing found", r.Code)
		}
		for _, f := range found {
			if strings.Contains(f.String(), planted) {
				t.Errorf("told: %s", f)
			}
		}
	}
}

// plant puts a value into every key that holds a secret, and credentials into every URL.
func plant(table map[string]any, secret string) {
	for k, v := range table {
		switch v := v.(type) {
		case map[string]any:
			plant(v, secret)
		case string:
			if strings.Contains(k, "password") || strings.Contains(k, "key") {
				table[k] = secret
			} else if scheme, rest, ok := strings.Cut(v, "://"); ok {
				table[k] = scheme + "://user:" + strings.Fields(secret)[0] + "@" + rest
			}
		case []any:
			for _, e := range v {
				if t, ok := e.(map[string]any); ok {
					plant(t, secret)
				}
			}
		}
	}
}

func TestManyHosts(t *testing.T) {
	d := deployment(t, "4.6.0")
	d.Catalogs = map[string]*catalog.Catalog{check.AllInOne: refdata.Catalog(t, check.AllInOne), check.Gateway: refdata.Catalog(t, check.Gateway)}
	d.Nodes = append(d.Nodes, many(t, 196)...)
	if found := check.Check(d); len(found) != 0 {
		t.Errorf("%d findings: %s", len(found), found[0])
	}
}

func many(t testing.TB, count int) []check.Node {
	var nodes []check.Node
	for i := range count {
		n := deployment(t, "4.6.0").Nodes[2]
		n.Host = fmt.Sprintf("gw-%d", i+3)
		n.Addresses = nil
		lay(n.Config, map[string]any{"apim": map[string]any{"gateway_notification": map[string]any{"gateway_id": n.Host}}})
		nodes = append(nodes, n)
	}
	return nodes
}

func BenchmarkCheck200Hosts(b *testing.B) {
	d := deployment(b, "4.6.0")
	d.Catalogs = map[string]*catalog.Catalog{check.AllInOne: refdata.Catalog(b, check.AllInOne), check.Gateway: refdata.Catalog(b, check.Gateway)}
	d.Nodes = append(d.Nodes, many(b, 196)...)
	for b.Loop() {
		check.Check(d)
	}
}
