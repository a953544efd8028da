package keystore

import (
	"bytes"
	"crypto/sha1"
	"crypto/subtle"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
)

// ErrKeyPassword is a private key that the password of its store does not open. The product demands that the two
// are equal (product-facts.md §5).
var ErrKeyPassword = errors.New("the key has another password than its store; make them equal with keytool -keypasswd")

// A PrivateKey is a private key in the clear: PKCS#8, DER. However it is formatted, it prints as (secret).
type PrivateKey []byte

// Format prints (secret), whatever the verb.
func (PrivateKey) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "(secret)") }

// MarshalText returns (secret).
func (PrivateKey) MarshalText() ([]byte, error) { return []byte("(secret)"), nil }

// A KeyEntry is an alias together with the private key that it holds; a Trusted one holds none.
type KeyEntry struct {
	Entry
	PrivateKey PrivateKey
}

// ReadKeys reads the entries of a store that hold private keys, with these, sorted by alias. Store and keys must have
// the same password. Beside the errors of Read there is ErrKeyPassword.
func ReadKeys(data []byte, password string) ([]KeyEntry, error) {
	s, err := Read(data, password)
	if err != nil {
		return nil, err
	}
	o := opener{password: password, left: maxIterations}
	var keys []KeyEntry
	for _, e := range s.Entries {
		if e.Kind != Key {
			continue
		}
		key, err := o.privateKey(e.sealed)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Alias, err)
		}
		keys = append(keys, KeyEntry{Entry: e, PrivateKey: key})
	}
	return keys, nil
}

// oidSunKey is the protection that Sun's JKS gives private keys.
var oidSunKey = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 42, 2, 17, 1, 1}

func (o *opener) privateKey(sealed []byte) (PrivateKey, error) {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if err := parse(sealed, &info); err != nil {
		return nil, err
	}
	if info.Algorithm.Algorithm.Equal(oidSunKey) {
		return unsealJKS(info.Data, o.password)
	}
	key, err := o.decrypt(info.Algorithm, info.Data)
	if errors.Is(err, ErrPassword) {
		return nil, ErrKeyPassword
	}
	if err != nil {
		return nil, err
	}
	// One wrong password in 256 leaves what looks like padding.
	if parse(key, &asn1.RawValue{}) != nil {
		return nil, ErrKeyPassword
	}
	return key, nil
}

// unsealJKS undoes Sun's key protection: a salt, the key under a stream of chained SHA-1, and a SHA-1 over the key.
func unsealJKS(data []byte, password string) (PrivateKey, error) {
	if len(data) < 2*sha1.Size {
		return nil, fmt.Errorf("%w: a key of %d bytes", ErrDamaged, len(data))
	}
	secret := utf16be(password)
	stream, sealed, want := data[:sha1.Size], data[sha1.Size:len(data)-sha1.Size], data[len(data)-sha1.Size:]
	key := make([]byte, 0, len(sealed))
	for len(key) < len(sealed) {
		next := sha1.Sum(append(bytes.Clone(secret), stream...))
		stream = next[:]
		block := sealed[len(key):min(len(key)+sha1.Size, len(sealed))]
		for i, b := range block {
			key = append(key, b^stream[i])
		}
	}
	if had := sha1.Sum(append(secret, key...)); subtle.ConstantTimeCompare(had[:], want) != 1 {
		return nil, ErrKeyPassword
	}
	return key, nil
}
