package keystore

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

func certified(t *testing.T, key any, public any) []byte {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What is encrypted is decrypted by the key, the same is encrypted to the same, and anything else to something else.
func TestEncrypt(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert, otherCert := certified(t, key, &key.PublicKey), certified(t, other, &other.PublicKey)
	text, err := encrypt(cert, "a", "value é", "pepper")
	if err != nil {
		t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := rsa.DecryptOAEP(sha1.New(), nil, key, data, nil); err != nil || string(plain) != "value é" {
		t.Errorf("decrypted it is %q, %v", plain, err)
	}
	if again, err := encrypt(cert, "a", "value é", "pepper"); err != nil || again != text {
		t.Errorf("the second time it is another: %v", err)
	}
	for _, in := range []struct {
		cert                 []byte
		alias, value, pepper string
	}{{cert, "b", "value é", "pepper"}, {cert, "a", "value", "pepper"}, {cert, "a", "value é", "salt"}, {otherCert, "a", "value é", "pepper"}} {
		if had, err := encrypt(in.cert, in.alias, in.value, in.pepper); err != nil || had == text {
			t.Errorf("%q %q %q: the same ciphertext, or %v", in.alias, in.value, in.pepper, err)
		}
	}
}

func TestEncryptRefuses(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	cert := certified(t, key, &key.PublicKey)
	if _, err := encrypt(cert, "a", strings.Repeat("x", 214), ""); err != nil {
		t.Errorf("214 bytes: %v", err)
	}
	if _, err := encrypt(cert, "a", strings.Repeat("x", 215), ""); err == nil || !strings.Contains(err.Error(), "encrypts 214 at most") {
		t.Errorf("215 bytes: %v", err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := encrypt(certified(t, curve, &curve.PublicKey), "a", "x", ""); !errors.Is(err, ErrNotRSA) {
		t.Errorf("another key: %v", err)
	}
}

func encrypt(cert []byte, alias, value, pepper string) (string, error) {
	c, err := NewCipher(cert, pepper)
	if err != nil {
		return "", err
	}
	return c.Encrypt(alias, value)
}
