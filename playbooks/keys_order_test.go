package playbooks

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/inventory/pki"
)

// Requests are answered by somebody else's CA.
func TestOrder(t *testing.T) {
	v := newVault(t, "certificates: {mode: csr, identity: id.txt, key_bits: 2048}\n")
	if err := MakeKeys(v.inventory(), time.Now()); !errors.Is(err, pki.ErrMissing) || !strings.Contains(err.Error(), "gw-2: has no certificate yet; write requests with 'apimctl certs csr'") {
		t.Errorf("without answers: %v", err)
	}
	files, err := KeysOf(v.inventory()).Request()
	if err != nil || len(files) != 4 {
		t.Fatalf("requests: %v, %v", files, err)
	}
	signed := filepath.Join(v.dir, "signed")
	if err := os.Mkdir(signed, 0o700); err != nil {
		t.Fatal(err)
	}
	ca := remotetestCA(t)
	v.file("signed/ca.pem", ca.PEM())
	v.install(ca, files, "aio-1", "aio-2", "gw-1", "gw-2")
	v.make()
	v.bring()
	v.trusts(t)
	v.ordersAgain(ca)
}

// install takes the CA's answers to requests, those of the hosts.
func (v *vault) install(ca pki.Pair, requests []string, hosts ...string) {
	v.t.Helper()
	for i, f := range requests {
		v.file("signed/"+string(rune('a'+i))+".crt", answer(v.t, ca, f))
	}
	had, err := KeysOf(v.inventory()).Install(filepath.Join(v.dir, "signed"), time.Now())
	if err != nil || !slices.Equal(had, hosts) {
		v.t.Fatalf("installed: %v, %v", had, err)
	}
}

// ordersAgain does what the watch says of a certificate that expires.
func (v *vault) ordersAgain(ca pki.Pair) {
	v.t.Helper()
	n := v.deployment.Gateways()[0]
	w := Watch{Deployment: v.deployment, Now: time.Now(), Within: 48 * time.Hour}
	all, err := w.Look(v.t.Context(), n, v.hosts[n.Name])
	if want := "move pki/nodes/gw-1.key.age and gw-1.pem away, then: apimctl certs csr, "; err != nil || !slices.ContainsFunc(all, func(s Seen) bool { return strings.HasPrefix(s.Fix, want) }) {
		v.t.Errorf("%+v, %v", all, err)
	}
	for _, suffix := range []string{".key.age", ".pem"} {
		if err := os.Remove(filepath.Join(v.dir, "pki/nodes/gw-1"+suffix)); err != nil {
			v.t.Fatal(err)
		}
	}
	files, err := KeysOf(v.inventory()).Request()
	if err != nil {
		v.t.Fatal(err)
	}
	v.install(ca, files, "gw-1")
	v.make()
	v.bring()
	v.trusts(v.t)
	if bytes.Equal(v.deployment.Gateways()[0].TLS.Chain[0], n.TLS.Chain[0]) {
		v.t.Error("gw-1 has the certificate of before")
	}
}

// What expires is renewed where it comes from.
func TestRenewal(t *testing.T) {
	v := newVault(t, "")
	names := pki.Names{CN: "all", DNS: []string{"aio-1", "aio-2", "gw-1", "gw-2", "api.example.com", "gw.example.com", "localhost"}, IPs: addresses("10.0.0.11", "10.0.0.12", "10.0.0.21", "10.0.0.22")}
	all := issued(t, remotetestCA(t), names, time.Now())
	v.given("all", all, all.PEM())
	const source = "{certificate: all.crt, key: all.key}"
	for text, want := range map[string][2]string{
		"mode: generate":                 {"apimctl certs rotate --host gw-1", "apimctl certs rotate-signing"},
		"mode: provided, all: " + source: {"give its follower in certificates.all and apply", "apimctl certs rotate-signing"},
		"mode: provided, all: " + source + ", nodes: {gw-1: " + source + "}, signing: " + source: {
			"give its follower in certificates.nodes.gw-1 and apply", "give its follower in certificates.signing and apply",
		},
	} {
		v.file("inventory.yaml", []byte(twoAndTwo+"certificates: {identity: id.txt, "+text+"}\n"))
		v.settle()
		w := Watch{Deployment: v.deployment}
		had := [2]string{w.renewal(Seen{Host: "gw-1", Use: "served"}), w.renewal(Seen{Host: "gw-1", Use: "truststore", Alias: SigningAlias})}
		if had != want {
			t.Errorf("%s: %q, not %q", text, had, want)
		}
	}
}

func answer(t *testing.T, ca pki.Pair, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: csr.Subject, DNSNames: csr.DNSNames, IPAddresses: csr.IPAddresses,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), ExtraExtensions: csr.Extensions,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.Leaf(), csr.PublicKey, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
