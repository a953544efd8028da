package plan

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// tlsConfig verifies the server against Trust. Its certificate may chain to one of them, or be one of them: the product's own is self-signed for
// CN=localhost (product-facts.md §5), so that a name counts only where ServerName gives it. Without Trust nothing is verified.
func (p Probe) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		ServerName:         p.ServerName,
		InsecureSkipVerify: true, // the library's way ties the name to the address: VerifyConnection verifies instead
	}
	if p.Trust == "" {
		return config, nil
	}
	trusted, err := certificates(p.Trust)
	if err != nil {
		return nil, err
	}
	config.VerifyConnection = func(s tls.ConnectionState) error { return p.verify(s.PeerCertificates, trusted) }
	return config, nil
}

func (p Probe) verify(chain, trusted []*x509.Certificate) error {
	leaf := chain[0]
	for _, c := range trusted {
		if leaf.Equal(c) {
			if p.ServerName == "" {
				return nil
			}
			return leaf.VerifyHostname(p.ServerName)
		}
	}
	opts := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool(), DNSName: p.ServerName}
	for _, c := range trusted {
		opts.Roots.AddCert(c)
	}
	for _, c := range chain[1:] {
		opts.Intermediates.AddCert(c)
	}
	_, err := leaf.Verify(opts)
	return err
}

func certificates(text string) ([]*x509.Certificate, error) {
	var found []*x509.Certificate
	for block, rest := pem.Decode([]byte(text)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(found)+1, err)
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return nil, errors.New("what is to be trusted holds no certificate in PEM")
	}
	return found, nil
}
