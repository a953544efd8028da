package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// A Source is a file of PEM blocks, by the name that messages give it.
type Source struct {
	Name string
	Data []byte
}

// Provided makes a pair of PEM files, of which one holds the key and one or more the chain; all may be one file. Keys are
// PKCS#8, PKCS#1 or SEC 1, not encrypted. A chain out of order is put in order, and a note says so. Its errors are
// Problems: ErrNoKey, ErrNoCertificate, ErrEncrypted, ErrDamaged, ErrMatch, ErrChain.
func Provided(sources ...Source) (p Pair, notes []string, err error) {
	var certs []*x509.Certificate
	file := ""
	for _, s := range sources {
		key, more, err := s.parse()
		if err != nil {
			return Pair{}, nil, err
		}
		if key != nil && p.Key != nil {
			return Pair{}, nil, &Problem{s.Name, ErrDamaged, "holds a second private key", "give the one of this node alone"}
		}
		if key != nil {
			p.Key = key
		}
		if len(more) > 0 && file == "" {
			file = s.Name
		}
		certs = append(certs, more...)
	}
	if len(sources) > 0 && file == "" {
		file = sources[0].Name
	}
	return order(file, p.Key, certs)
}

// FromDER makes a pair of what a keystore held: a key in PKCS#8, and certificates. It is Provided in all else.
func FromDER(file string, key []byte, chain [][]byte) (p Pair, notes []string, err error) {
	signer, err := parseKey("PRIVATE KEY", key)
	if err != nil {
		return Pair{}, nil, &Problem{file, ErrDamaged, "its private key cannot be read: " + err.Error(), "export it again"}
	}
	var certs []*x509.Certificate
	for i, raw := range chain {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return Pair{}, nil, &Problem{file, ErrDamaged, fmt.Sprintf("certificate %d cannot be read: %v", i+1, err), "export it again"}
		}
		certs = append(certs, cert)
	}
	return order(file, signer, certs)
}

// parse reads the blocks of a file. Its certificates alone may be in DER.
func (s Source) parse() (key crypto.Signer, certs []*x509.Certificate, err error) {
	rest := s.Data
	if certs, err := x509.ParseCertificates(s.Data); err == nil && len(certs) > 0 {
		return nil, certs, nil
	}
	blocks := 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		blocks++
		switch {
		case block.Type == "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, nil, &Problem{s.Name, ErrDamaged, fmt.Sprintf("certificate %d cannot be read: %v", len(certs)+1, err), "export it again as PEM"}
			}
			certs = append(certs, cert)
		case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, nil, &Problem{s.Name, ErrEncrypted, "its private key is encrypted", "decrypt it with: openssl pkey -in " + s.Name + " -out KEYFILE"}
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			if key != nil {
				return nil, nil, &Problem{s.Name, ErrDamaged, "holds a second private key", "give the one of this node alone"}
			}
			if key, err = parseKey(block.Type, block.Bytes); err != nil {
				return nil, nil, &Problem{s.Name, ErrDamaged, "its private key cannot be read: " + err.Error(), "export it again as PKCS#8"}
			}
		}
	}
	if begun := bytes.Count(s.Data, []byte("-----BEGIN ")); begun != blocks {
		return nil, nil, &Problem{s.Name, ErrDamaged, fmt.Sprintf("%d of %d PEM blocks are damaged", begun-blocks, begun), "export it again as PEM"}
	}
	if blocks == 0 {
		return nil, nil, &Problem{s.Name, ErrNoCertificate, "holds nothing in PEM form", "give a file that begins with -----BEGIN"}
	}
	return key, certs, nil
}

func parseKey(kind string, der []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch kind {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(der)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(der)
	default:
		return nil, fmt.Errorf("unknown kind %q", kind)
	}
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("it cannot sign")
	}
	return signer, nil
}
