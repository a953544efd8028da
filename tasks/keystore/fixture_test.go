package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"testing"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"
	"software.sslmate.com/src/go-pkcs12"
)

func jksStore(t testing.TB, raw []byte) []byte {
	t.Helper()
	ks := jks.New()
	if err := ks.SetTrustedCertificateEntry("ca", jks.TrustedCertificateEntry{Certificate: jks.Certificate{Type: "X509", Content: raw}}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	// The library takes bytes for characters, so it gets them in Latin-1.
	if err := ks.Store(&out, []byte("p\xE4ssw\xF6rt")); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func p12Store(t testing.TB, enc *pkcs12.Encoder, cert *x509.Certificate) []byte {
	t.Helper()
	data, err := enc.EncodeTrustStoreEntries([]pkcs12.TrustStoreEntry{{Cert: cert, FriendlyName: "CA"}}, "pässwört")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func newCert(t testing.TB, name string) *x509.Certificate {
	cert, _ := newCertFrom(t, name, nil, nil)
	return cert
}

// newCertFrom makes a certificate signed by parent, or by itself.
func newCertFrom(t testing.TB, name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	want := &x509.Certificate{
		SerialNumber: big.NewInt(0x55), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if parent == nil {
		parent, signer = want, key
	}
	der, err := x509.CreateCertificate(rand.Reader, want, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// negativeSerial returns cert as Go refuses it and Java does not.
func negativeSerial(t testing.TB, cert *x509.Certificate) []byte {
	t.Helper()
	raw := bytes.Replace(cert.Raw, []byte{0x02, 0x01, 0x55}, []byte{0x02, 0x01, 0x95}, 1)
	if _, err := x509.ParseCertificate(raw); err == nil {
		t.Fatal("Go parses a negative serial number")
	}
	return raw
}

func altered(data []byte) []byte { data[len(data)-40] ^= 1; return data }

func fingerprints(s Store) map[string]string {
	out := map[string]string{}
	for _, e := range s.Entries {
		out[e.Alias] = ""
		if len(e.Raw) > 0 {
			out[e.Alias] = Fingerprint(e.Raw[0])
		}
	}
	return out
}

func plural(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprint(n, " entries")
}

func pemOf(cert *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
}

func readFile(t *testing.T, path, password string) Store {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(data, password)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readError(t *testing.T, path, password string) error {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Read(data, password)
	return err
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, had, want error) {
	t.Helper()
	if !errors.Is(had, want) {
		t.Errorf("%v, want %v", had, want)
	}
}

func readBytes(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
