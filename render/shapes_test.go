package render

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// single is the guide's deployment of one node of each kind.
func single() Deployment {
	return Deployment{
		Name: "prod", Version: "4.6.0",
		Hostnames: Hostnames{AllInOne: "api.am.wso2.com", Gateway: "gw.wso2.com"},
		AdminUser: "admin", AdminPassword: "admin",
		AllInOnes: peers("all-in-one", 1, 0), Gateways: peers("gateway", 1, 0),
		Databases: Databases{
			APIM:   &Database{Type: "mysql", Host: "db.wso2.com", Name: "apim_db", Username: "apimadmin", Password: "apimadmin"},
			Shared: &Database{Type: "mysql", Host: "db.wso2.com", Name: "shared_db", Username: "sharedadmin", Password: "sharedadmin"},
		},
		Keystores: Keystores{TLS: &Keystore{File: "wso2carbon.jks", Password: "wso2carbon", Alias: "wso2carbon"}},
	}
}

// ha is the guide's deployment of two nodes of each kind behind load balancers.
func ha() Deployment {
	d := single()
	d.AllInOnes, d.Gateways, d.LoadBalanced = peers("all-in-one", 2, 0), peers("gateway", 2, 0), true
	return d
}

// everything is ha with all features.
func everything(version string) Deployment {
	d := ha()
	d.Version = version
	yes := true
	d.Features = Features{
		CacheInvalidation: &CacheInvalidation{Domain: "all-in-one-domain"},
		EventHubTLS:       &EventHubTLS{},
		KeepArtifacts:     &KeepArtifacts{APIs: []string{"health.xml"}, Sequences: []string{"fault.xml"}},
		JWT:               &JWT{Enable: true, Header: "X-JWT-Assertion", Encoding: "base64url", UserClaims: &yes},
		Analytics:         &Analytics{Type: "moesif", Key: "moesif-application-id"},
		OAuthKeys:         "encrypt",
	}
	d.Hardening = Hardening{TLS: true, Headers: true, NoJMX: true}
	d.Environments = []Environment{
		{Name: "Default", DisplayName: "Public"},
		{Name: "Internal", Type: "production", Hostname: "internal.gw.wso2.com", WSS: "wss://internal.gw.wso2.com/ws"},
	}
	d.Gateways[1].Environment = "Internal"
	if version >= "4.7" {
		d.EncryptionKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	}
	return d
}

// peers are n nodes; node i has an offset of i times step.
func peers(name string, n, step int) []Peer {
	out := make([]Peer, n)
	for i := range out {
		out[i] = Peer{Name: fmt.Sprintf("%s-%d", name, i+1), Address: fmt.Sprintf("10.0.0.%d", i+1), Offset: i * step}
	}
	return out
}

func allInOne(d Deployment, i int) Node { return Node{d.AllInOnes[i], AllInOne} }
func gateway(d Deployment, i int) Node  { return Node{d.Gateways[i], Gateway} }

func nodes(d Deployment) []Node {
	var out []Node
	for i := range d.AllInOnes {
		out = append(out, allInOne(d, i))
	}
	for i := range d.Gateways {
		out = append(out, gateway(d, i))
	}
	return out
}

// config merges what d implies for n over the layers given.
func config(t *testing.T, d Deployment, n Node, under ...Layer) Config {
	t.Helper()
	implied, err := Implied(d, n)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Merge(append(under, implied...))
	if err != nil {
		t.Fatal(err)
	}
	if err := Reread(c, c.TOML()); err != nil {
		t.Fatal(err)
	}
	return c
}

// values are the values of a configuration by key.
func values(c Config) map[string]any {
	m := map[string]any{}
	for _, e := range c.Entries() {
		m[e.Key] = e.Value
	}
	return m
}
