package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"apimctl/testdata/refdata"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, had []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, had, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, path); !bytes.Equal(had, want) {
		t.Errorf("%s differs; -update shows how:\n%s", path, had)
	}
}

func TestGolden(t *testing.T) {
	shifted := single()
	shifted.AllInOnes, shifted.Gateways = peers("all-in-one", 2, 1), peers("gateway", 2, 10)
	shifted.AllInOnes[0].Offset, shifted.Gateways[0].Offset = 3, 5
	for name, in := range map[string]struct {
		d Deployment
		n Node
	}{
		"all-in-one-single.toml":     {single(), allInOne(single(), 0)},
		"gateway-single.toml":        {single(), gateway(single(), 0)},
		"all-in-one-ha.toml":         {ha(), allInOne(ha(), 0)},
		"gateway-ha.toml":            {ha(), gateway(ha(), 0)},
		"all-in-one-everything.toml": {everything("4.7.0"), allInOne(everything("4.7.0"), 1)},
		"gateway-everything.toml":    {everything("4.7.0"), gateway(everything("4.7.0"), 1)},
		"all-in-one-shifted.toml":    {shifted, allInOne(shifted, 0)},
		"gateway-shifted.toml":       {shifted, gateway(shifted, 1)},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, name, config(t, in.d, in.n).TOML())
		})
	}
}

// slips are the values of the guide's samples that are wrong there, and what is right (README.md says why).
var slips = map[string]map[string]any{
	"all-in-one-ha.toml": {
		"apim.gateway.environment[Default].service_url":    "https://gw.wso2.com/services/",
		"apim.gateway.environment[Default].ws_endpoint":    "ws://gw.wso2.com:9099",
		"apim.gateway.environment[Default].wss_endpoint":   "wss://gw.wso2.com:8099",
		"apim.gateway.environment[Default].http_endpoint":  "http://gw.wso2.com",
		"apim.gateway.environment[Default].https_endpoint": "https://gw.wso2.com",
	},
	"gateway-single.toml": {
		"apim.throttling.url_group[0].traffic_manager_auth_urls": []any{"ssl://api.am.wso2.com:9711"},
	},
	"gateway-ha.toml":        {},
	"all-in-one-single.toml": {},
}

// TestSamples wants everything that the guide's samples hold, with the same values but for its slips.
func TestSamples(t *testing.T) {
	shared := refdata.Path(t)
	h2 := single()
	h2.Databases.Shared = &Database{
		Type: "h2", Username: "wso2carbon", Password: "wso2carbon",
		URL: "jdbc:h2:./repository/database/WSO2SHARED_DB;DB_CLOSE_ON_EXIT=FALSE",
	}
	for name, in := range map[string]struct {
		d Deployment
		n Node
	}{
		"all-in-one-single.toml": {single(), allInOne(single(), 0)},
		"all-in-one-ha.toml":     {ha(), allInOne(ha(), 0)},
		"gateway-single.toml":    {h2, gateway(h2, 0)},
		"gateway-ha.toml":        {ha(), gateway(ha(), 0)},
	} {
		t.Run(name, func(t *testing.T) {
			had := values(config(t, in.d, in.n))
			sample := parsed(t, name, read(t, shared, "samples", name))
			if len(sample.Entries()) < 25 {
				t.Fatalf("only %d values in the sample", len(sample.Entries()))
			}
			for _, e := range sample.Entries() {
				want, slip := e.Value, slips[name][e.Key]
				if slip != nil {
					want = slip
				}
				if !reflect.DeepEqual(had[e.Key], want) {
					t.Errorf("%s = %#v, want %#v", e.Key, had[e.Key], want)
				}
				if reflect.DeepEqual(e.Value, slip) {
					t.Errorf("%s is no slip", e.Key)
				}
			}
		})
	}
}

func parsed(t *testing.T, name string, data []byte) Config {
	t.Helper()
	l, err := ParseTOML(name, data)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Merge([]Layer{l})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestShipped lays every shape over what distributions ship: nothing of the shipped H2 or localhost is left.
func TestShipped(t *testing.T) {
	shared := refdata.Path(t)
	for _, version := range []string{"4.5.0", "4.6.0", "4.7.0"} {
		d := everything(version)
		for _, n := range nodes(d) {
			name := n.Role + "-" + version + ".toml"
			under, err := ParseTOML(name, read(t, shared, "shipped", name))
			if err != nil {
				t.Fatal(err)
			}
			c := config(t, d, n, under)
			for _, e := range c.Entries() {
				if e.Origin.Layer == name && strings.Contains(e.Text(), "localhost") || strings.Contains(e.Key, "_db.url") {
					t.Errorf("%s %s: %s = %s is left of the distribution's file", n.Name, version, e.Key, e.Text())
				}
			}
			if o, _ := c.Origin("user_store.type"); n.Role == AllInOne && o.Layer != "topology" {
				t.Errorf("%s: user_store.type comes from %s", n.Name, o)
			}
			if n.Role == AllInOne && values(c)["event_handler[userPostSelfRegistration].name"] == nil {
				t.Errorf("%s: the shipped event handler is lost", n.Name)
			}
		}
	}
}
