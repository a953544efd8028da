// Package keystore reads the key and trust stores of a JVM, as keytool lists them, and makes the ones
// that carry certificates to a host. It changes no store: that is keytool's work on the host.
package keystore

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

var (
	// ErrFormat is a file that is neither a JKS nor a PKCS12 store.
	ErrFormat = errors.New("neither a JKS nor a PKCS12 keystore")
	// ErrPassword is a store that the password does not open. A store altered after it was written looks the same.
	ErrPassword = errors.New("wrong keystore password, or the keystore was tampered with")
	// ErrDamaged is a store that begins as one and does not go on as one: cut short, or garbled.
	ErrDamaged = errors.New("damaged keystore")
	// ErrAlgorithm is a PKCS12 store protected in a way that this package cannot undo.
	ErrAlgorithm = errors.New("unsupported keystore encryption")
)

// A Format is a container, by the name that keytool's -storetype takes. The name of a file does not tell
// it: client-truststore.jks is PKCS12 in 4.5.0 and JKS in 4.6.0 (product-facts.md §5).
type Format string

// The formats that Read reads.
const (
	JKS    Format = "JKS"
	PKCS12 Format = "PKCS12"
)

// A Kind is what an entry holds, in the words of keytool -list.
type Kind string

// The kinds of entry. Build takes Trusted ones alone.
const (
	Key     Kind = "PrivateKeyEntry"
	Trusted Kind = "trustedCertEntry"
	Secret  Kind = "SecretKeyEntry"
)

// A Store is what Java sees in a keystore.
type Store struct {
	Format  Format
	Entries []Entry // sorted by alias, each alias once

	// Hidden are the certificates (DER) in a PKCS12 store that Java does not show: they belong to no key and lack the
	// attribute by which Java knows a trusted one. A truststore made by openssl has no entries and only these.
	Hidden [][]byte
}

// An Entry is one alias of a store.
type Entry struct {
	Alias   string    // in lower case, as Java keeps it
	Kind    Kind      //
	Raw     [][]byte  // DER: the certificate, or a key's chain with its own certificate first; none for a Secret
	Created time.Time // UTC; zero where the store does not say, as with certificates in PKCS12

	sealed []byte // a Key's EncryptedPrivateKeyInfo (DER), as the store holds it
}

// Read reads a JKS or PKCS12 store, told apart by its first bytes. Private keys stay encrypted and unread, and a
// certificate that Go cannot parse hinders nothing. Its errors are ErrFormat, ErrPassword, ErrDamaged and ErrAlgorithm.
func Read(data []byte, password string) (Store, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xFE, 0xED, 0xFE, 0xED}):
		return readJKS(data, password)
	case bytes.HasPrefix(data, []byte{0x30, 0x82}), bytes.HasPrefix(data, []byte{0x30, 0x83}):
		return readPKCS12(data, password)
	case bytes.HasPrefix(data, []byte{0xCE, 0xCE, 0xCE, 0xCE}):
		return Store{}, fmt.Errorf("%w, but JCEKS", ErrFormat)
	case len(data) == 0:
		return Store{}, fmt.Errorf("%w: the file is empty", ErrFormat)
	}
	return Store{}, ErrFormat
}

// Find returns the entry of an alias. Upper and lower case are one, as they are to Java.
func (s Store) Find(alias string) (Entry, bool) {
	alias = strings.ToLower(alias)
	i := slices.IndexFunc(s.Entries, func(e Entry) bool { return e.Alias == alias })
	if i < 0 {
		return Entry{}, false
	}
	return s.Entries[i], true
}

// TrustedCert is the entry that trusts cert under alias.
func TrustedCert(alias string, cert *x509.Certificate) Entry {
	return Entry{Alias: strings.ToLower(alias), Kind: Trusted, Raw: [][]byte{cert.Raw}}
}

// Chain parses the certificates of an entry. With an error it returns those that come before the one that Go's
// stricter parser refuses (a negative serial number, say), so that the first is always the entry's own.
func (e Entry) Chain() ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for i, raw := range e.Raw {
		cert, err := x509.ParseCertificate(raw)
		if err != nil {
			return chain, fmt.Errorf("%s: certificate %d: %w", e.Alias, i+1, err)
		}
		chain = append(chain, cert)
	}
	return chain, nil
}

// Fingerprint returns the SHA-256 of a certificate's DER as keytool prints it: 30:31:1C:…
func Fingerprint(raw []byte) string {
	sum := sha256.Sum256(raw)
	return strings.ReplaceAll(fmt.Sprintf("% X", sum[:]), " ", ":")
}

func sorted(entries map[string]Entry) []Entry {
	return slices.SortedFunc(maps.Values(entries), func(a, b Entry) int { return strings.Compare(a.Alias, b.Alias) })
}
