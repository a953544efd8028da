package keystore

import (
	"bytes"
	"encoding/asn1"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// BuildKeys makes a PKCS12 store of private keys and trusted certificates, in which any Java from 8u301 and 11.0.12 on
// sees each under its alias, a key with its whole chain. It is what brings them into a store of any format by one
// `keytool -importkeystore -noprompt`. Keys are encrypted with the store's password, and keep it where they are imported:
// give the password of the store that they go to, as the product demands (product-facts.md §5). Do not give keytool
// -destkeypass: it then leaves trusted certificates out and still exits with 0.
//
// Equal input gives equal bytes, so a plan that carries a store can be made twice and compared. Salts and IVs come from a
// ChaCha8 whose seed is derived from all of the content, keys included, and the password, at the cost of one guess at the
// store's password: who has neither can predict none, and two stores share a salt only if they are the same store.
//
// Java joins a chain by the names of subject and issuer. Entries of which it would make other chains than the given
// ones are refused: a root that is Trusted here too must stand in the chains that lead to it.
func BuildKeys(entries []KeyEntry, password string) ([]byte, error) {
	w, err := newSealer(entries, password)
	if err != nil {
		return nil, err
	}
	var keys, certs []safeBag
	for i, e := range entries {
		id := []byte(strconv.Itoa(i + 1))
		if e.Kind == Key {
			_, sealed, err := w.seal(e.PrivateKey)
			if err != nil {
				return nil, err
			}
			keys = append(keys, newBag(oidShroudedKeyBag, sealed, friendlyName(strings.ToLower(e.Alias)), localKeyID(id)))
		}
		certs = append(certs, certBags(e, id)...)
	}
	data, err := w.store(keys, certs)
	if err != nil {
		return nil, err
	}
	if err := asRead(data, password, entries); err != nil {
		return nil, err
	}
	return data, nil
}

// certBags are an entry's certificates. Only its own bears a mark: what else is in a chain is found by its name.
func certBags(e KeyEntry, id []byte) (bags []safeBag) {
	for i, raw := range e.Raw {
		var marks []attribute
		switch {
		case e.Kind == Trusted:
			marks = []attribute{friendlyName(strings.ToLower(e.Alias)), newAttribute(oidTrustedUsage, der(oidAnyUsage))}
		case i == 0:
			marks = []attribute{friendlyName(strings.ToLower(e.Alias)), localKeyID(id)}
		}
		cert := struct {
			ID    asn1.ObjectIdentifier
			Value asn1.RawValue
		}{oidX509, explicit(der(raw))}
		bags = append(bags, newBag(oidCertBag, der(cert), marks...))
	}
	return bags
}

// check refuses what Java could not hold.
func check(entries []KeyEntry) error {
	had := map[string]bool{}
	for i, e := range entries {
		alias := strings.ToLower(e.Alias)
		switch {
		case alias == "":
			return fmt.Errorf("entry %d has no alias", i+1)
		case had[alias]:
			return fmt.Errorf("%s: alias given twice", alias)
		case e.Kind == Trusted && len(e.Raw) == 1 && len(e.PrivateKey) == 0:
		case e.Kind == Key && len(e.Raw) > 0 && len(e.PrivateKey) > 0:
		default:
			return fmt.Errorf("%s: neither one trusted certificate nor a private key with its chain", alias)
		}
		had[alias] = true
	}
	return nil
}

// asRead holds a store to what was asked for, as Java will see it.
func asRead(data []byte, password string, entries []KeyEntry) error {
	s, err := Read(data, password)
	if err != nil {
		return err
	}
	for _, want := range entries {
		had, _ := s.Find(want.Alias)
		if had.Kind != want.Kind || !slices.EqualFunc(had.Raw, want.Raw, bytes.Equal) {
			return fmt.Errorf("%s: java would see a chain of %d certificates, not the given %d; give chains whole, in order, and no two issuers of one name",
				had.Alias, len(had.Raw), len(want.Raw))
		}
	}
	return nil
}
