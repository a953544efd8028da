package keystore

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrPrivateKey is a file of certificates that holds a private key too, which nobody meant to hand out.
	ErrPrivateKey = errors.New("holds a private key; give a file with certificates alone")
	// ErrNoCertificate is a file without any certificate.
	ErrNoCertificate = errors.New("no certificate in PEM or DER form")
)

// PEM reads one or more certificates, in PEM with whatever text around them, or in DER. Its errors name no file:
// ErrPrivateKey, ErrNoCertificate, or what is wrong with which certificate.
func PEM(data []byte) ([]*x509.Certificate, error) {
	if !bytes.Contains(data, []byte("-----BEGIN ")) {
		return parseDER(data)
	}
	var certs []*x509.Certificate
	rest := bytes.TrimPrefix(data, []byte("\uFEFF"))
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return nil, ErrPrivateKey
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("block %q is not a CERTIFICATE", block.Type)
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d: %w", len(certs)+1, err)
		}
		certs = append(certs, cert)
	}
	// The decoder passes over a block that it cannot decode.
	if begun := bytes.Count(data, []byte("-----BEGIN ")); begun != len(certs) {
		return nil, fmt.Errorf("%d of %d PEM blocks are damaged", begun-len(certs), begun)
	}
	return certs, nil
}

func parseDER(data []byte) ([]*x509.Certificate, error) {
	if !bytes.HasPrefix(data, []byte{0x30}) {
		return nil, ErrNoCertificate
	}
	certs, err := x509.ParseCertificates(data)
	if err != nil && isDERKey(data) {
		return nil, ErrPrivateKey
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoCertificate, err)
	}
	return certs, nil
}

func isDERKey(data []byte) bool {
	_, pkcs8 := x509.ParsePKCS8PrivateKey(data)
	_, pkcs1 := x509.ParsePKCS1PrivateKey(data)
	_, sec1 := x509.ParseECPrivateKey(data)
	return pkcs8 == nil || pkcs1 == nil || sec1 == nil
}
