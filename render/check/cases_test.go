package check_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"apimctl/render/catalog"
	"apimctl/render/check"
	"apimctl/testdata/refdata"
)

// Mistakes beside those of the examples, and what must not be taken for one.
func TestCases(t *testing.T) {
	for _, c := range []struct{ name, version, host, text, want string }{
		{"unescaped in a list", "", "aio-1", "[apim.cors]\nallow_methods = [\"a&b\"]", "APIM031"},
		{"entity", "", "aio-1", "[apim.ai]\nkey = \"a&amp;b&#38;c&lt;\"", ""},
		{"event hub over TLS as the product wants it", "", "aio-1", "[apim.event_hub]\nenable = \"true'&amp;ssl_cert_alias='a\"", ""},
		{"scheme of the TLS receiver", "", "aio-1", "[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://aio-1:9611\"]\nauth_urls = [\"tcp://aio-1:9711\"]\n[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://aio-2:9611\"]\nauth_urls = [\"ssl://aio-2:9711\"]", "APIM011"},
		{"one slash", "", "gw-1", "[apim.key_manager]\nservice_url = \"https:/api.example.com/services/\"", "APIM010"},
		{"placeholder", "", "aio-1", "[apim.devportal]\nurl = \"https://[api-gateway-LB-host]/devportal\"", "APIM010"},
		{"one slash elsewhere", "", "aio-1", "[apim.ai]\nkey = \"https:/x\"", "APIM010"},
		{"run-time port", "", "aio-1", "[apim.devportal]\nurl = \"https://localhost:${mgt.transport.https.port}/devportal\"", ""},
		{"port beyond all", "", "gw-1", "[apim.key_manager]\nservice_url = \"https://api.example.com:99443/services/\"", "APIM012"},
		{"JMS without port", "", "gw-1", "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1\", \"tcp://aio-2:5672\"]", "APIM012"},
		{"gateway with its offset", "", "aio-1", "[[apim.gateway.environment]]\nname = \"Default\"\nwss_endpoint = \"wss://gw-2:8100\"", ""},
		{"gateway without its offset", "", "aio-1", "[[apim.gateway.environment]]\nname = \"Default\"\nwss_endpoint = \"wss://gw-2:8099\"", "APIM052"},
		{"events for a gateway", "", "gw-1", "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\", \"tcp://gw-2:5673\"]", "APIM050 APIM052"},
		{"events through the load balancer", "", "gw-1", "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\", \"tcp://api.example.com:5672\"]", "APIM050"},
		{"by address", "", "gw-1", "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://10.0.0.11:5672\", \"tcp://AIO-2:5672\"]", ""},
		{"broker off", "", "aio-2", "[broker.transport.amqp]\nenabled = false", "APIM001 APIM052"},
		{"itself by localhost", "", "aio-2", "[apim.throttling]\nevent_duplicate_url = [\"tcp://localhost:5672\", \"tcp://aio-1:5672\"]", "APIM053"},
		{"group left out", "", "aio-1", "[[apim.event_hub.publish.url_group]]\nurls = [\"tcp://aio-1:9611\"]\nauth_urls = [\"ssl://aio-1:9711\"]", "APIM055"},
		{"label of a list", "", "gw-1", "[apim.sync_runtime_artifacts.gateway]\ngateway_labels = [\"Default\", \"Other\"]", "APIM080"},
		{"database name only", "", "aio-1", "[database.shared_db]\nhostname = \"db2.example.com\"", "APIM051 APIM071"},
		{"reference in a circle", "", "aio-1", "[apim.ai]\nkey = \"$ref{apim.devportal.url}\"\n[apim.devportal]\nurl = \"$ref{apim.ai.key}\"", "APIM014"},
		{"plain secret", "", "aio-1", "[apim.ai]\nkey = \"$secret{k}\"\n[secrets]\nk = \"[plain]\"", "APIM017"},
		{"secret from outside", "", "aio-1", "[apim.ai]\nkey = \"$secret{k}\"\n[runtime_secrets]\nenable = \"true\"", ""},
		{"duration without unit", "", "aio-1", "[oauth.grant_type.token_exchange]\niat_validity_period = 30", ""},
		{"duration of words", "", "aio-1", "[oauth.grant_type.token_exchange]\niat_validity_period = \"an hour\"", "APIM021"},
		{"number in quotes", "", "aio-1", "[apim.cache.resource]\nenable = \"false\"", ""},
		{"encoded JMS password", "", "aio-1", "[apim.event_hub]\npassword = \"a@b@c\"\njms.password = \"a%40b%40c\"", "APIM001"},
		{"admin password of the event hub", "", "aio-1", "[super_admin]\npassword = \"a/b-cd\"", "APIM032 APIM062"},
		{"short admin password", "", "aio-1", "[super_admin]\npassword = \"four\"", "APIM033 APIM062"},
		{"update level", "4.6.0.12", "gw-1", "", ""},
		{"one key, from 4.7.0 on", "4.7.0", "gw-1", "[encryption]\nkey = \"$env{KEY}\"", "APIM016"},
		{"old TLS named", "", "aio-1", "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://localhost:8672\"]\n[broker.transport.amqp.ssl_connection]\nssl_enabled_protocols = \"TLSv1,TLSv1.1\"", "APIM092"},
		{"table for an array", "", "aio-1", "[[apim.devportal]]\nurl = \"x\"", "APIM001"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := check.Check(with(t, c.version, c.host, c.text))
			if had := strings.Join(codes(found), " "); had != c.want {
				t.Errorf("had %q, want %q: %v", had, c.want, found)
			}
		})
	}
}

func TestEnvThatIsSet(t *testing.T) {
	d := with(t, "", "aio-1", "[apim.ai]\nkey = \"$env{AI_KEY}\"")
	d.Nodes[0].Env = []string{"AI_KEY"}
	if found := check.Check(d); len(found) != 0 {
		t.Errorf("had %v", found)
	}
}

func TestDatabaseWithoutServer(t *testing.T) {
	d := deployment(t, "4.6.0")
	db := d.Nodes[2].Config["database"].(map[string]any)["shared_db"].(map[string]any)
	delete(db, "hostname")
	found := check.Check(d)
	if !slices.Equal(codes(found), []string{"APIM014"}) || found[0].Key != "database.shared_db.type" || !strings.Contains(found[0].Message, "$ref{database.shared_db.hostname}") {
		t.Errorf("had %v", found)
	}
	db["url"] = "jdbc:mysql://db.example.com/shared_db"
	if found := check.Check(d); len(found) != 0 {
		t.Errorf("with a url: %v", found)
	}
}

func TestWithoutCatalog(t *testing.T) {
	d := with(t, "", "gw-1", "[apim.key_manager]\nservce_url = \"x\"")
	d.Catalogs = nil
	if found := check.Check(d); len(found) != 0 {
		t.Errorf("had %v", found)
	}
}

func read(t *testing.T, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(refdata.Path(t, name))
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(data, &tree); err != nil {
		t.Fatal(err)
	}
	return tree
}

// The guide's samples as they stand have the slips that an operator would copy.
func TestGuideSamples(t *testing.T) {
	cats := map[string]*catalog.Catalog{check.AllInOne: refdata.Catalog(t, check.AllInOne), check.Gateway: refdata.Catalog(t, check.Gateway)}
	d := check.Deployment{Catalogs: cats, Hosts: map[string]string{"db.wso2.com": "10.0.0.40"}, Nodes: []check.Node{
		{Host: "aio", Role: check.AllInOne, Version: "4.6.0", Addresses: []string{"api.am.wso2.com"}, Config: read(t, "samples/all-in-one-single.toml")},
		{Host: "gw", Role: check.Gateway, Version: "4.6.0", Addresses: []string{"gw.wso2.com"}, Config: read(t, "samples/gateway-single.toml")},
	}}
	want := []string{"APIM010", "APIM090"}
	if found := check.Check(d); !slices.Equal(codes(found), want) {
		t.Errorf("single: want %v: %v", want, found)
	}
	d = check.Deployment{Catalogs: cats, LoadBalanced: true, Hosts: map[string]string{"db.wso2.com": "10.0.0.40", "api.am.wso2.com": "10.0.0.31", "gw.wso2.com": "10.0.0.31"}, Nodes: []check.Node{
		{Host: "all-in-one-1", Role: check.AllInOne, Version: "4.6.0", Config: read(t, "samples/all-in-one-ha.toml")},
		{Host: "all-in-one-2", Role: check.AllInOne, Version: "4.6.0", Config: read(t, "samples/all-in-one-ha.toml")},
		{Host: "gw", Role: check.Gateway, Version: "4.6.0", Config: read(t, "samples/gateway-ha.toml")},
	}}
	want = []string{"APIM010", "APIM053", "APIM054", "APIM057", "APIM090"}
	if found := check.Check(d); !slices.Equal(codes(found), want) {
		t.Errorf("HA: want %v: %v", want, found)
	}
}

// What ships is sound, on a node of its own, but for its known passwords and one dead key.
func TestShippedFiles(t *testing.T) {
	for _, role := range []string{check.AllInOne, check.Gateway} {
		for _, version := range []string{"4.5.0", "4.6.0", "4.7.0"} {
			d := check.Deployment{
				Catalogs: map[string]*catalog.Catalog{role: refdata.Catalog(t, role)},
				Nodes:    []check.Node{{Host: "one", Role: role, Version: version, Config: read(t, "shipped/"+role+"-"+version+".toml")}},
			}
			for _, f := range check.Check(d) {
				if f.Code != "APIM090" && f.Code != "APIM003" {
					t.Errorf("%s %s: %s", role, version, f)
				}
			}
		}
	}
}

// A file may have a table, a list or nothing where a rule looks for a text.
func TestOddShapes(t *testing.T) {
	odd := []any{nil, map[string]any{}, []any{}, []any{map[string]any{"x": 1}, "y"}, int64(1), 1.5, true, ""}
	for _, v := range odd {
		d := deployment(t, "4.7.0")
		for i := range d.Nodes {
			for _, table := range []string{"server", "super_admin", "keystore", "database", "event_listener", "encryption"} {
				d.Nodes[i].Config[table] = v
			}
			for k := range d.Nodes[i].Config["apim"].(map[string]any) {
				d.Nodes[i].Config["apim"].(map[string]any)[k] = v
			}
		}
		if found := check.Check(d); len(found) == 0 {
			t.Errorf("nothing is wrong with %v", v)
		}
	}
	if found := check.Check(check.Deployment{Nodes: []check.Node{{Host: "x"}}}); len(found) != 0 {
		t.Errorf("an empty node: %v", found)
	}
}
