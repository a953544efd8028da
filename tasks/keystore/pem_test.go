package keystore

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestPEM(t *testing.T) {
	a, b := newCert(t, "a"), newCert(t, "b")
	for name, c := range map[string]struct {
		data []byte
		want []*x509.Certificate
	}{
		"one":       {pemOf(a), []*x509.Certificate{a}},
		"two":       {append(pemOf(a), pemOf(b)...), []*x509.Certificate{a, b}},
		"with text": {append([]byte("subject=CN = a\n"), pemOf(a)...), []*x509.Certificate{a}},
		"Windows":   {append([]byte("\uFEFF"), bytes.ReplaceAll(pemOf(a), []byte("\n"), []byte("\r\n"))...), []*x509.Certificate{a}},
		"DER":       {a.Raw, []*x509.Certificate{a}},
	} {
		t.Run(name, func(t *testing.T) {
			had, err := PEM(c.data)
			if err != nil || len(had) != len(c.want) {
				t.Fatalf("%d certificates, %v, want %d", len(had), err, len(c.want))
			}
			for i := range had {
				if !had[i].Equal(c.want[i]) {
					t.Errorf("certificate %d is %s, want %s", i, had[i].Subject, c.want[i].Subject)
				}
			}
		})
	}
}

func TestPEMErrors(t *testing.T) {
	ca, key := newCertFrom(t, "ca", nil, nil)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":           {nil, ErrNoCertificate.Error()},
		"text":            {[]byte("hello"), ErrNoCertificate.Error()},
		"a key":           {append(pemOf(ca), block("PRIVATE KEY", pkcs8)...), ErrPrivateKey.Error()},
		"an RSA key":      {block("RSA PRIVATE KEY", []byte("never read")), ErrPrivateKey.Error()},
		"an encrypted":    {block("ENCRYPTED PRIVATE KEY", []byte("never read")), ErrPrivateKey.Error()},
		"a key in DER":    {pkcs8, ErrPrivateKey.Error()},
		"a request":       {block("CERTIFICATE REQUEST", pkcs8), `block "CERTIFICATE REQUEST" is not a CERTIFICATE`},
		"a damaged one":   {append(pemOf(ca), bytes.Replace(pemOf(ca), []byte("MII"), []byte("M?I"), 1)...), "1 of 2 PEM blocks are damaged"},
		"a cut one":       {pemOf(ca)[:200], "1 of 1 PEM blocks are damaged"},
		"other bytes":     {append(pemOf(ca), block("CERTIFICATE", pkcs8)...), "certificate 2: "},
		"negative serial": {block("CERTIFICATE", negativeSerial(t, ca)), "certificate 1: x509: negative serial number"},
		"a keystore":      {jksStore(t, ca.Raw), ErrNoCertificate.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			certs, err := PEM(c.data)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) || certs != nil {
				t.Errorf("%d certificates, %v, want %s", len(certs), err, c.want)
			}
		})
	}
}
