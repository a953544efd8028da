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
	files, err := KeysOf(v.inventory()).Request(nil)
	if err != nil || len(files) != 4 {
		t.Fatalf("requests: %v, %v", files, err)
	}
	signed := filepath.Join(v.dir, "signed")
	if err := os.Mkdir(signed, 0o700); err != nil {
		t.Fatal(err)
	}
	ca := remotetestCA(t)
	v.file("signed/ca.pem", ca.PEM())
	for i, f := range files {
		v.file("signed/"+string(rune('a'+i))+".crt", answer(t, ca, f, time.Hour))
	}
	hosts, err := KeysOf(v.inventory()).Install(signed, time.Now())
	if err != nil || !slices.Equal(hosts, []string{"aio-1", "aio-2", "gw-1", "gw-2"}) {
		t.Fatalf("installed: %v, %v", hosts, err)
	}
	v.make()
	v.bring()
	v.trusts(t)
	v.renews(t, ca, signed)
}

// renews has one host's certificate issued again for the same key. Until the answer is in, the host keeps what it has.
func (v *vault) renews(t *testing.T, ca pki.Pair, signed string) {
	t.Helper()
	had := v.deployment.Nodes[2].TLS.Chain[0]
	files, err := KeysOf(v.inventory()).Request([]string{"gw-1"})
	if err != nil || len(files) != 1 {
		t.Fatalf("requests: %v, %v", files, err)
	}
	if fix := (Watch{Deployment: v.deployment}).renewal(Seen{Host: "gw-1", Use: "tls"}); !strings.HasPrefix(fix, "apimctl certs csr --renew gw-1") {
		t.Errorf("what to do about one that expires: %s", fix)
	}
	if p := v.plan(); p.Changes() > 0 {
		t.Errorf("a request alone changes %v", p.Plays)
	}
	if hosts, err := KeysOf(v.inventory()).Install(signed, time.Now()); err == nil || !strings.Contains(err.Error(), "is the one that it has already") {
		t.Errorf("the old answer is taken for %v: %v", hosts, err)
	}
	v.file("signed/new.crt", answer(t, ca, files[0], time.Minute))
	if hosts, err := KeysOf(v.inventory()).Install(signed, time.Now()); err != nil || !slices.Equal(hosts, []string{"gw-1"}) {
		t.Fatalf("installed: %v, %v", hosts, err)
	}
	v.make()
	v.bring()
	v.trusts(t)
	if bytes.Equal(had, v.deployment.Nodes[2].TLS.Chain[0]) {
		t.Error("gw-1 has the certificate of before")
	}
}

// answer is the certificate for a request, issued so long ago.
func answer(t *testing.T, ca pki.Pair, file string, ago time.Duration) []byte {
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
		NotBefore: time.Now().Add(-ago), NotAfter: time.Now().Add(24 * time.Hour), ExtraExtensions: csr.Extensions,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.Leaf(), csr.PublicKey, ca.Key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
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
