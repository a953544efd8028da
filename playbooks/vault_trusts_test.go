package playbooks

import (
	"bytes"
	"crypto/x509"
	"slices"
	"testing"

	"apimctl/tasks"
	"apimctl/tasks/keystore"
)

// trusts has every node trust what every node shows, and nothing of the vendor's.
func (v *vault) trusts(t *testing.T) {
	t.Helper()
	for _, n := range v.deployment.Nodes {
		s, err := keystore.Read(v.hosts[n.Name].At(n.security("client-truststore.jks")).Data, v.word)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		shown := map[string]*x509.Certificate{}
		for _, e := range s.Entries {
			if chain, err := e.Chain(); err == nil {
				roots.AddCert(chain[0])
			}
			if slices.ContainsFunc(v.deployment.PKI.Vendor, func(der []byte) bool { return bytes.Equal(der, e.Raw[0]) }) {
				t.Errorf("%s trusts the vendor's default by %s", n.Name, e.Alias)
			}
		}
		if _, ok := s.Find("public-ca"); !ok {
			t.Errorf("%s trusts no public CA any more", n.Name)
		}
		for _, other := range v.deployment.Nodes {
			keys, err := keystore.ReadKeys(v.hosts[other.Name].At(other.security("tls.jks")).Data, v.word)
			if err != nil {
				t.Fatal(err)
			}
			chain, err := keys[0].Chain()
			if err != nil {
				t.Fatal(err)
			}
			shown[other.Name] = chain[0]
		}
		for _, lb := range v.deployment.Balancers() {
			shown["api.example.com"] = v.pem(lb, tasks.Nginx.Shown)[0]
			balancer := x509.NewCertPool()
			for _, c := range v.pem(lb, tasks.Nginx.Trusts) {
				balancer.AddCert(c)
			}
			if _, err := shown[n.Name].Verify(x509.VerifyOptions{Roots: balancer, DNSName: "localhost"}); err != nil {
				t.Errorf("%s does not trust %s: %v", lb.Name, n.Name, err)
			}
		}
		for name, c := range shown {
			if _, err := c.Verify(x509.VerifyOptions{Roots: roots, DNSName: name}); err != nil {
				t.Errorf("%s does not trust %s: %v", n.Name, name, err)
			}
		}
	}
}

// pem are the certificates of a file of a balancer's.
func (v *vault) pem(lb Node, at func(tasks.Nginx) string) []*x509.Certificate {
	v.t.Helper()
	certs, err := keystore.PEM(v.hosts[lb.Name].At(at(v.deployment.Balanced.Nginx)).Data)
	if err != nil {
		v.t.Fatal(err)
	}
	return certs
}
