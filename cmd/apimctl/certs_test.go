package main

import (
	"strings"
	"testing"

	"apimctl/playbooks"
)

// What is the same on several nodes is one line, what the distribution brought a number, and what is wrong has its fix.
func TestShowCertificates(t *testing.T) {
	var out strings.Builder
	a := app{out: &out, env: func(string) (string, bool) { return "", false }}
	vendor := playbooks.Seen{Use: "tls", Where: "tls.jks", Alias: "wso2carbon", Subject: "CN=localhost", Fingerprint: "AA", Days: 7, Problem: "it is the vendor's default", Fix: "set certificates.mode and apply"}
	brought := playbooks.Seen{Use: "truststore", Where: "client-truststore.jks", Alias: "root", Fingerprint: "BB", Shipped: true}
	var found []playbooks.Seen
	for _, host := range []string{"gw-1", "gw-2"} {
		vendor.Host, brought.Host = host, host
		found = append(found, vendor, brought)
	}
	if err := a.showCertificates(found); err != nil {
		t.Fatal(err)
	}
	want := `HOST        USE  WHERE    ALIAS       SUBJECT       NAMES  ISSUER  FINGERPRINT  DAYS
gw-1, gw-2  tls  tls.jks  wso2carbon  CN=localhost  -      -       AA           7
client-truststore.jks: 1 certificate that the distribution brought; --verbose shows them
problem: gw-1, gw-2: tls.jks wso2carbon: it is the vendor's default
  next: set certificates.mode and apply
`
	if out.String() != want {
		t.Errorf("it prints\n%s\nnot\n%s", out.String(), want)
	}
	out.Reset()
	a.flags.verbose = true
	if err := a.showCertificates(found); err != nil || !strings.Contains(out.String(), "root") {
		t.Errorf("verbose it prints\n%s", out.String())
	}
}
