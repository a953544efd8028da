package pki

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"time"
)

// A Spec says how to make a key and its certificate. Its zero value is what to use where nobody asks for anything else.
type Spec struct {
	Bits     int           // of the RSA key; 0 is 3072
	Validity time.Duration // 0 is ten years for a CA and a signing key, two for a node
}

const year = 365 * 24 * time.Hour

func (s Spec) key() (*rsa.PrivateKey, error) {
	return rsa.GenerateKey(rand.Reader, cmp.Or(s.Bits, 3072))
}

// Names are what a node is called by those who connect to it.
type Names struct {
	CN  string   // the subject's common name, for people: machines read the others
	DNS []string // the node's own name, its group's hostname, localhost
	IPs []net.IP // its address
}

// keyUsage has dataEncipherment, as the product encrypts with the key too (product-facts.md §5).
const keyUsage = x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment | x509.KeyUsageDataEncipherment

// NewCA makes a certificate authority, valid from an hour before now, for clocks that are behind. Two CAs of the same
// name differ in their subjects, as Java joins chains by them: a rotated CA must not be taken for the old one.
func NewCA(name string, spec Spec, now time.Time) (Pair, error) {
	id := make([]byte, 4)
	_, _ = rand.Read(id) // never fails, by its doc
	return spec.selfSigned(&x509.Certificate{
		Subject:  pkix.Name{CommonName: name + " CA " + hex.EncodeToString(id)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:     true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}, now)
}

// NewSigning makes the key that all nodes share: tokens are signed and data encrypted with it. Its certificate is signed by
// itself, so that rotating the CA leaves it alone.
func NewSigning(cn string, spec Spec, now time.Time) (Pair, error) {
	return spec.selfSigned(&x509.Certificate{Subject: pkix.Name{CommonName: cn}, KeyUsage: keyUsage, BasicConstraintsValid: true}, now)
}

func (s Spec) selfSigned(want *x509.Certificate, now time.Time) (Pair, error) {
	key, err := s.key()
	if err != nil {
		return Pair{}, err
	}
	s.date(want, now, 10*year)
	cert, err := sign(want, want, key.Public(), key)
	return Pair{Key: key, Chain: []*x509.Certificate{cert}}, err
}

// Issue makes a node's key, and its certificate signed by the CA. It ends no later than the CA's.
func (p Pair) Issue(names Names, spec Spec, now time.Time) (Pair, error) {
	key, err := spec.key()
	if err != nil {
		return Pair{}, err
	}
	ca := p.Leaf()
	want := &x509.Certificate{
		Subject: pkix.Name{CommonName: names.CN}, DNSNames: names.DNS, IPAddresses: names.IPs,
		KeyUsage: keyUsage, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	spec.date(want, now, 2*year)
	if want.NotAfter.After(ca.NotAfter) {
		want.NotAfter = ca.NotAfter
	}
	if !want.NotAfter.After(now) {
		return Pair{}, errors.New("the CA has expired")
	}
	cert, err := sign(want, ca, key.Public(), p.Key)
	return Pair{Key: key, Chain: append([]*x509.Certificate{cert}, p.Chain...)}, err
}

func (s Spec) date(want *x509.Certificate, now time.Time, validity time.Duration) {
	want.NotBefore = now.Add(-time.Hour).UTC().Truncate(time.Second)
	want.NotAfter = now.Add(cmp.Or(s.Validity, validity)).UTC().Truncate(time.Second)
}

func sign(want, issuer *x509.Certificate, public crypto.PublicKey, key crypto.Signer) (*x509.Certificate, error) {
	serial := make([]byte, 16)
	_, _ = rand.Read(serial)
	serial[0] = serial[0]&0x7F | 0x40 // positive, and always as long
	want.SerialNumber = new(big.Int).SetBytes(serial)
	der, err := x509.CreateCertificate(rand.Reader, want, issuer, public, key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// request is what someone else's CA makes a certificate of (PEM). The same key and names give the same bytes.
func request(key crypto.Signer, names Names) ([]byte, error) {
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: pkix.Name{CommonName: names.CN}, DNSNames: names.DNS, IPAddresses: names.IPs,
		ExtraExtensions: []pkix.Extension{requestedUsage},
	}, key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), err
}

// requestedUsage is keyUsage as an extension: digitalSignature, keyEncipherment and dataEncipherment.
var requestedUsage = pkix.Extension{Id: []int{2, 5, 29, 15}, Critical: true, Value: []byte{0x03, 0x02, 0x04, 0xB0}}

// Lacks returns the names that a certificate does not cover, DNS names first; a wildcard covers what it does for a client.
func Lacks(cert *x509.Certificate, names Names) (lacking []string) {
	for _, name := range names.DNS {
		if cert.VerifyHostname(name) != nil {
			lacking = append(lacking, name)
		}
	}
	for _, ip := range names.IPs {
		if cert.VerifyHostname(ip.String()) != nil {
			lacking = append(lacking, ip.String())
		}
	}
	return lacking
}
