// Package pki makes, checks and keeps the certificates of a deployment: a CA of its own, a pair of key and certificate per
// node, and the signing key that all nodes share. They lie in a folder beside the inventory, private keys encrypted with
// age. The package knows no host and no keystore. Time is a parameter; randomness is the system's, as Go's crypto demands.
package pki

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"strings"
)

// A Pair is a private key and the chain of its certificate: its own first, then each one's issuer, as far as they are
// known. However it is formatted, it prints as the subject of its certificate.
type Pair struct {
	Key   crypto.Signer
	Chain []*x509.Certificate
}

// Leaf is the certificate of the key; nil while there is none, as between a request and its answer.
func (p Pair) Leaf() *x509.Certificate {
	if len(p.Chain) == 0 {
		return nil
	}
	return p.Chain[0]
}

// Anchor is the certificate that others trust so as to trust this one: the last of the chain. Java takes any certificate
// for an anchor, a root or not.
func (p Pair) Anchor() *x509.Certificate {
	if len(p.Chain) == 0 {
		return nil
	}
	return p.Chain[len(p.Chain)-1]
}

// PKCS8 is the private key in the clear, in DER. It belongs in a keystore and nowhere else.
func (p Pair) PKCS8() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(p.Key) }

// PEM is the chain without the key.
func (p Pair) PEM() []byte { return encode(p.Chain...) }

// Format prints the subject, whatever the verb.
func (p Pair) Format(s fmt.State, _ rune) {
	name := "(no certificate)"
	if p.Leaf() != nil {
		name = p.Leaf().Subject.String()
	}
	_, _ = io.WriteString(s, name)
}

// Fingerprint is the SHA-256 of a certificate's DER as keytool prints it: 30:31:1C:…
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func encode(certs ...*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, cert := range certs {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})
	}
	return out.Bytes()
}

func encodeKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// matches tells whether a certificate is that of a key.
func matches(cert *x509.Certificate, key crypto.Signer) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}
