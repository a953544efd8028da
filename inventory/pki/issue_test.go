package pki

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestIssue makes a CA and a node by the defaults, and has openssl verify the one by the other.
func TestIssue(t *testing.T) {
	ca := must2(t)(NewCA("prod", Spec{}, now))
	node := must2(t)(ca.Issue(gw1, Spec{}, now))
	leaf := node.Leaf()
	if bits := leaf.PublicKey.(*rsa.PublicKey).N.BitLen(); bits != 3072 {
		t.Errorf("a key of %d bits, want 3072", bits)
	}
	if !slices.Equal(sans(leaf), []string{"gw-1", "gw.example.com", "localhost", "10.0.0.7"}) {
		t.Errorf("names %v", sans(leaf))
	}
	if leaf.KeyUsage != keyUsage || !slices.Equal(leaf.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}) {
		t.Errorf("key usage %b, extended %v", leaf.KeyUsage, leaf.ExtKeyUsage)
	}
	if !leaf.NotAfter.Equal(now.Add(2*year)) || !ca.Leaf().NotAfter.Equal(now.Add(10*year)) || !leaf.NotBefore.Before(now) {
		t.Errorf("valid from %s to %s, the CA to %s", leaf.NotBefore, leaf.NotAfter, ca.Leaf().NotAfter)
	}
	if err := node.CheckTLS("gw-1", gw1, now); err != nil {
		t.Error(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.pem"), ca.PEM())
	write(t, filepath.Join(dir, "node.pem"), node.PEM())
	at := fmt.Sprint(now.Unix())
	for _, name := range []string{"gw-1", "gw.example.com", "localhost"} {
		openssl(t, dir, "verify", "-x509_strict", "-attime", at, "-purpose", "sslserver", "-verify_hostname", name, "-CAfile", "ca.pem", "node.pem")
	}
	openssl(t, dir, "verify", "-x509_strict", "-attime", at, "-purpose", "sslclient", "-verify_ip", "10.0.0.7", "-CAfile", "ca.pem", "node.pem")
	if out := openssl(t, dir, "x509", "-noout", "-ext", "keyUsage", "-in", "node.pem"); !strings.Contains(out, "Data Encipherment") {
		t.Error(out)
	}
}

func TestSerialsAndSubjectsDiffer(t *testing.T) {
	a, b := newCA(t), newCA(t)
	if a.Leaf().Subject.String() == b.Leaf().Subject.String() {
		t.Errorf("two CAs are called %s", a)
	}
	one, two := issue(t, a, gw1, quick).Leaf(), issue(t, a, gw1, quick).Leaf()
	if one.SerialNumber.Cmp(two.SerialNumber) == 0 || one.SerialNumber.BitLen() != 127 {
		t.Errorf("serial numbers %x and %x", one.SerialNumber, two.SerialNumber)
	}
}

// TestIssueEndsWithCA keeps a certificate from outliving its CA, and issues none of an expired one.
func TestIssueEndsWithCA(t *testing.T) {
	ca := must2(t)(NewCA("short", Spec{Bits: 2048, Validity: 24 * time.Hour}, now))
	if leaf := issue(t, ca, gw1, quick).Leaf(); !leaf.NotAfter.Equal(ca.Leaf().NotAfter) {
		t.Errorf("ends at %s, the CA at %s", leaf.NotAfter, ca.Leaf().NotAfter)
	}
	if _, err := ca.Issue(gw1, quick, now.Add(25*time.Hour)); err == nil || err.Error() != "the CA has expired" {
		t.Errorf("%v", err)
	}
}

func TestSigning(t *testing.T) {
	p := must2(t)(NewSigning("wso2carbon", quick, now))
	if err := p.CheckSigning("signing", now); err != nil {
		t.Error(err)
	}
	wantProblem(t, p.CheckSigning("signing", now.Add(11*year)), ErrExpired,
		"signing: CN=wso2carbon expired at 2050-11-25 12:00:00 UTC; have it renewed")
}

func TestLacks(t *testing.T) {
	wild := Names{CN: "w", DNS: []string{"*.example.com"}}
	cert := issue(t, newCA(t), wild, quick).Leaf()
	want := gw1
	want.DNS = append([]string{"a.b.example.com", "GW.example.com"}, gw1.DNS...)
	if had := Lacks(cert, want); !slices.Equal(had, []string{"a.b.example.com", "gw-1", "localhost", "10.0.0.7"}) {
		t.Errorf("lacks %v", had)
	}
}

func TestPairIsSecret(t *testing.T) {
	p := issue(t, newCA(t), gw1, quick)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		if had := fmt.Sprintf(verb, p); had != "CN=gw-1" {
			t.Errorf("%s prints %.80s", verb, had)
		}
	}
	if had := fmt.Sprint(Pair{Key: p.Key}); had != "(no certificate)" {
		t.Error(had)
	}
}

func must2(t *testing.T) func(Pair, error) Pair {
	return func(p Pair, err error) Pair { t.Helper(); return must(t, p, err) }
}
