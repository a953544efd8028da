package keystore

import (
	"bytes"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/crypto/scrypt"
)

// ErrNotRSA is a certificate that the product's cipher tool cannot encrypt for.
var ErrNotRSA = errors.New("the internal keystore's key is not RSA: the product can encrypt with no other")

// A Cipher encrypts values as the product's cipher tool does, for a certificate: RSA with OAEP, SHA-1 and MGF1, in base64
// (product-facts.md §6). What OAEP takes for random is made of the value, its alias, the certificate and a pepper: so the same is encrypted to
// the same, and a plan with nothing to do stays empty. That tells whether a value changed, and nothing more, unless somebody knows the
// pepper and guesses the value; each guess then costs them an scrypt (32 MiB, some 0.1 s).
type Cipher struct {
	cert   []byte
	key    *rsa.PublicKey
	pepper string

	mu        sync.Mutex
	stretched map[string][]byte // of every value, which many aliases may have
}

// NewCipher is the cipher for a certificate (DER). pepper is a secret that whoever holds a ciphertext alone does not have.
func NewCipher(cert []byte, pepper string) (*Cipher, error) {
	parsed, err := x509.ParseCertificate(cert)
	if err != nil {
		return nil, err
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, ErrNotRSA
	}
	return &Cipher{cert: cert, key: key, pepper: pepper, stretched: map[string][]byte{}}, nil
}

// Encrypt encrypts the value of an alias.
func (c *Cipher) Encrypt(alias, value string) (string, error) {
	if most := c.key.Size() - 2*sha1.Size - 2; len(value) > most {
		return "", fmt.Errorf("has %d bytes; the internal keystore's key of %d bits encrypts %d at most", len(value), c.key.N.BitLen(), most)
	}
	stretched, err := c.stretch(value)
	if err != nil {
		return "", err
	}
	seed := hmac.New(sha256.New, stretched)
	seed.Write([]byte(alias))
	text, err := rsa.EncryptOAEP(sha1.New(), bytes.NewReader(seed.Sum(nil)), c.key, []byte(value), nil)
	return base64.StdEncoding.EncodeToString(text), err
}

func (c *Cipher) stretch(value string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if had, ok := c.stretched[value]; ok {
		return had, nil
	}
	salt := hmac.New(sha256.New, []byte(c.pepper))
	salt.Write(c.cert)
	key, err := scrypt.Key([]byte(value), salt.Sum(nil), 1<<15, 8, 1, sha256.Size)
	c.stretched[value] = key
	return key, err
}
