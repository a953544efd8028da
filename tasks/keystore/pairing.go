package keystore

import (
	"bytes"
	"encoding/asn1"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// A pairing gathers the bags of a PKCS12 store and makes of them the entries that Java's PKCS12KeyStore makes:
// a key takes the certificate with its localKeyID, else with its name, and that one's issuers; a certificate
// marked as trusted is an entry; the others are nothing.
type pairing struct {
	entries map[string]Entry
	keys    []named
	certs   []named
	issuers map[string][]byte // by subject
	unnamed int
}

type named struct {
	alias string
	keyID []byte
	raw   []byte
}

func (p *pairing) add(bags []safeBag) error {
	for i, bag := range bags {
		n := named{alias: bag.name()}
		if id, ok := bag.attribute(oidLocalKeyID); ok {
			n.keyID = id.Bytes
		}
		switch {
		case bag.ID.Equal(oidShroudedKeyBag):
			if n.keyID == nil && len(p.keys) == 0 {
				n.keyID = []byte("01")
			}
			n.alias = p.put(n.alias, Entry{Kind: Key, Created: created(n.keyID), sealed: bag.Value.Bytes})
			p.keys = append(p.keys, n)
		case bag.ID.Equal(oidSecretBag):
			p.put(n.alias, Entry{Kind: Secret, Created: created(n.keyID)})
		case bag.ID.Equal(oidCertBag):
			if n.keyID == nil && len(p.keys) == 1 && i == 0 {
				n.keyID = []byte("01")
			}
			if err := p.addCert(n, bag); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *pairing) addCert(n named, bag safeBag) error {
	var cert struct {
		ID   asn1.ObjectIdentifier
		Data []byte `asn1:"tag:0,explicit"`
	}
	if err := parse(bag.Value.Bytes, &cert); err != nil {
		return err
	}
	if !cert.ID.Equal(oidX509) {
		return nil
	}
	n.raw = cert.Data
	if _, trusted := bag.attribute(oidTrustedUsage); trusted {
		p.put(n.alias, Entry{Kind: Trusted, Raw: [][]byte{n.raw}})
	} else {
		p.certs = append(p.certs, n)
	}
	if p.issuers == nil {
		p.issuers = map[string][]byte{}
	}
	_, subject := names(n.raw)
	if _, had := p.issuers[string(subject)]; !had {
		p.issuers[string(subject)] = n.raw
	}
	return nil
}

// put files an entry under its alias, or under the next number where it has none, as Java does.
func (p *pairing) put(alias string, e Entry) string {
	if alias == "" {
		p.unnamed++
		alias = strconv.Itoa(p.unnamed)
	}
	if p.entries == nil {
		p.entries = map[string]Entry{}
	}
	e.Alias = strings.ToLower(alias)
	p.entries[e.Alias] = e
	return e.Alias
}

func (p *pairing) store() Store {
	shown := map[string]bool{}
	for _, key := range p.keys {
		e := p.entries[key.alias]
		if e.Kind != Key {
			continue
		}
		e.Raw = p.chain(key)
		p.entries[key.alias] = e
		for _, raw := range e.Raw {
			shown[string(raw)] = true
		}
	}
	s := Store{Format: PKCS12, Entries: sorted(p.entries)}
	for _, cert := range p.certs {
		if !shown[string(cert.raw)] {
			s.Hidden = append(s.Hidden, cert.raw)
		}
	}
	return s
}

func (p *pairing) chain(key named) (chain [][]byte) {
	cert := p.match(key)
	for cert != nil && !slices.ContainsFunc(chain, func(c []byte) bool { return bytes.Equal(c, cert) }) {
		chain = append(chain, cert)
		issuer, subject := names(cert)
		if bytes.Equal(issuer, subject) {
			break // another certificate may bear the same name
		}
		cert = p.issuers[string(issuer)]
	}
	return chain
}

func (p *pairing) match(key named) (cert []byte) {
	byID := false
	for _, c := range p.certs {
		id, name := bytes.Equal(c.keyID, key.keyID), strings.EqualFold(c.alias, key.alias)
		switch {
		case id && name:
			return c.raw
		case id:
			cert, byID = c.raw, true
		case name && !byID:
			cert = c.raw
		}
	}
	return cert
}

// name is the bag's friendlyName, a BMPString.
func (b safeBag) name() string {
	value, _ := b.attribute(oidFriendlyName)
	units := make([]uint16, len(value.Bytes)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(value.Bytes[2*i:])
	}
	return string(utf16.Decode(units))
}

// created reads the time that Java writes into the localKeyID of a key: "Time 1764229774000".
func created(keyID []byte) time.Time {
	text, ok := strings.CutPrefix(string(keyID), "Time ")
	millis, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}

// names returns the issuer and the subject of a certificate (DER), also of one that crypto/x509 refuses.
func names(raw []byte) (issuer, subject []byte) {
	var cert, tbs, from, to cryptobyte.String
	s := cryptobyte.String(raw)
	ok := s.ReadASN1(&cert, cbasn1.SEQUENCE) && cert.ReadASN1(&tbs, cbasn1.SEQUENCE) &&
		tbs.SkipOptionalASN1(cbasn1.Tag(0).Constructed().ContextSpecific()) && // version
		tbs.SkipASN1(cbasn1.INTEGER) && // serial number
		tbs.SkipASN1(cbasn1.SEQUENCE) && // signature algorithm
		tbs.ReadASN1Element(&from, cbasn1.SEQUENCE) &&
		tbs.SkipASN1(cbasn1.SEQUENCE) && // validity
		tbs.ReadASN1Element(&to, cbasn1.SEQUENCE)
	if !ok {
		return nil, nil
	}
	return from, to
}
