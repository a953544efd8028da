package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"math/big"
	"testing"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
)

//go:embed testdata/vendor.pem
var vendorPEM []byte

// vendor is the CA of these tests' vendor: its certificate is in the distributions, where the product's own would be. It is the same every time, as
// the distributions are.
func vendor() tls.Certificate {
	pair, err := tls.X509KeyPair(vendorPEM, vendorPEM)
	if err != nil {
		panic(err) // it is a file of ours
	}
	return pair
}

// vendorStore is the distributions' wso2carbon.jks.
func vendorStore() []byte {
	s, b := jks.New(), bytes.Buffer{}
	entry := jks.TrustedCertificateEntry{
		CreationTime: time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC),
		Certificate:  jks.Certificate{Type: "X509", Content: vendor().Certificate[0]},
	}
	if err := s.SetTrustedCertificateEntry("wso2carbon", entry); err != nil {
		panic(err) // memory takes it
	}
	if err := s.Store(&b, []byte("wso2carbon")); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// consoleCertificate is what nodes show: a certificate of the vendor's CA that ends today.
func consoleCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	ca := vendor()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, ca.Leaf, key.Public(), ca.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
