package keystore

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
)

// go-pkcs12 reads a store whole or not at all: not one that mixes keys and trusted certificates, no aliases, and
// none with a certificate that Go refuses. What follows is the part of RFC 7292 that keytool, openssl and
// go-pkcs12 write.

func readPKCS12(data []byte, password string) (Store, error) {
	var pfx struct {
		Version int
		Safe    contentInfo
		MAC     macData `asn1:"optional"`
	}
	var content []byte
	if err := parse(data, &pfx); err != nil {
		return Store{}, err
	}
	if !pfx.Safe.Type.Equal(oidData) {
		return Store{}, fmt.Errorf("%w: content %v", ErrFormat, pfx.Safe.Type)
	}
	if err := parse(pfx.Safe.Content.Bytes, &content); err != nil {
		return Store{}, err
	}
	o := opener{password: password, left: maxIterations}
	if err := o.verify(pfx.MAC, content); err != nil {
		return Store{}, err
	}
	var infos []contentInfo
	if err := parse(content, &infos); err != nil {
		return Store{}, err
	}
	var p pairing
	for _, info := range infos {
		bags, err := o.bags(info)
		if err != nil {
			return Store{}, err
		}
		if err := p.add(bags); err != nil {
			return Store{}, err
		}
	}
	return p.store(), nil
}

// bags opens one part of the store.
func (o *opener) bags(info contentInfo) ([]safeBag, error) {
	var content []byte
	switch {
	case info.Type.Equal(oidData):
		if err := parse(info.Content.Bytes, &content); err != nil {
			return nil, err
		}
	case info.Type.Equal(oidEncryptedData):
		var e encryptedData
		if err := parse(info.Content.Bytes, &e); err != nil {
			return nil, err
		}
		var err error
		if content, err = o.decrypt(e.Info.Algorithm, e.Info.Content); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("%w: content %v", ErrAlgorithm, info.Type)
	}
	var bags []safeBag
	return bags, parse(content, &bags)
}

var (
	oidData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidEncryptedData  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 6}
	oidFriendlyName   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 20}
	oidLocalKeyID     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 21}
	oidX509           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}
	oidShroudedKeyBag = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 2}
	oidCertBag        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 3}
	oidSecretBag      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, 5}
	oidTrustedUsage   = asn1.ObjectIdentifier{2, 16, 840, 1, 113894, 746875, 1, 1}
)

type contentInfo struct {
	Type    asn1.ObjectIdentifier
	Content asn1.RawValue `asn1:"tag:0,explicit,optional"`
}

type macData struct {
	MAC struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Salt       []byte
	Iterations int `asn1:"optional,default:1"`
}

type encryptedData struct {
	Version int
	Info    struct {
		Type      asn1.ObjectIdentifier
		Algorithm pkix.AlgorithmIdentifier
		Content   []byte `asn1:"tag:0,optional"`
	}
}

type safeBag struct {
	ID         asn1.ObjectIdentifier
	Value      asn1.RawValue `asn1:"tag:0,explicit"`
	Attributes []attribute   `asn1:"set,optional"`
}

type attribute struct {
	ID    asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"set"`
}

func (b safeBag) attribute(id asn1.ObjectIdentifier) (value asn1.RawValue, ok bool) {
	for _, a := range b.Attributes {
		if a.ID.Equal(id) {
			_, err := asn1.Unmarshal(a.Value.Bytes, &value)
			return value, err == nil
		}
	}
	return value, false
}

// parse reads one DER value. What follows it is nobody's business: Java ignores it too.
func parse(der []byte, out any) error {
	if _, err := asn1.Unmarshal(der, out); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
