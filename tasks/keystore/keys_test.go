package keystore

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"
)

// TestImportKeys brings two keys with chains, one without, and a trusted certificate into a store of each format by one
// start of keytool, and reads from there what was put in.
func TestImportKeys(t *testing.T) {
	entries := keyEntries(t)
	data, err := BuildKeys(entries, password)
	if err != nil {
		t.Fatal(err)
	}
	carrier := filepath.Join(t.TempDir(), "carrier")
	write(t, carrier, data)
	agree(t, carrier, readFile(t, carrier, password))
	for _, format := range []string{"JKS", "PKCS12"} {
		t.Run(format, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store")
			keytool(t, path, "-importkeystore", "-noprompt", "-srckeystore", carrier, "-srcstorepass:env", "STORE_PASSWORD",
				"-deststoretype", format)
			s := readFile(t, path, password)
			if s.Format != Format(format) || len(s.Hidden) != 0 {
				t.Errorf("%s with %d hidden certificates, want %s with none", s.Format, len(s.Hidden), format)
			}
			agree(t, path, s)
			for _, want := range entries {
				had, _ := s.Find(want.Alias)
				if had.Kind != want.Kind || !slices.EqualFunc(had.Raw, want.Raw, bytes.Equal) {
					t.Errorf("%s: %s with %d certificates, want %s with %d", want.Alias, had.Kind, len(had.Raw), want.Kind, len(want.Raw))
				}
			}
			wantKeys(t, readBytes(t, path), entries)
		})
	}
}

// TestSameNames keeps apart two keys whose certificates, each signed by itself, bear one name, as keytool does.
func TestSameNames(t *testing.T) {
	entries := []KeyEntry{keyEntry(t, "one", newSigned(t, "same", nil)), keyEntry(t, "two", newSigned(t, "same", nil))}
	data, err := BuildKeys(entries, password)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store")
	write(t, path, data)
	agree(t, path, readFile(t, path, password))
	if out := keytool(t, path, "-list", "-v"); strings.Count(out, "Certificate chain length: 1") != 2 {
		t.Errorf("keytool sees other chains than of one certificate: %s", out)
	}
}

// TestBuildTwice holds equal input to equal bytes, and any other to other salts.
func TestBuildTwice(t *testing.T) {
	entries := keyEntries(t)
	first, err := BuildKeys(entries, password)
	second, _ := BuildKeys(entries, password)
	if err != nil || !bytes.Equal(first, second) {
		t.Errorf("two builds of the same differ (%v)", err)
	}
	other, _ := BuildKeys(entries, password+"2")
	fewer, _ := BuildKeys(entries[:3], password)
	for _, pair := range [][2][]byte{{first, other}, {first, fewer}, {other, fewer}} {
		a, b := macOf(t, pair[0]), macOf(t, pair[1])
		if len(a.Salt) != 20 || bytes.Equal(a.Salt, b.Salt) {
			t.Errorf("salts %x and %x of different stores", a.Salt, b.Salt)
		}
	}
}

func TestBuildKeysErrors(t *testing.T) {
	ca := newSigned(t, "ca", nil)
	node := keyEntry(t, "node", newSigned(t, "node", ca))
	trusted := KeyEntry{Entry: TrustedCert("ca", ca.cert)}
	short := node
	short.Raw = node.Raw[:1]
	for want, c := range map[string]struct {
		entries  []KeyEntry
		password string
	}{
		"entry 1 has no alias":     {[]KeyEntry{{Entry: Entry{Kind: Key}}}, password},
		"node: alias given twice":  {[]KeyEntry{node, node}, password},
		"a store needs a password": {[]KeyEntry{node}, ""},
		"x: neither one trusted certificate nor a private key with its chain":                                                          {[]KeyEntry{{Entry: Entry{Alias: "x", Kind: Key, Raw: node.Raw}}}, password},
		"node: java would see a chain of 2 certificates, not the given 1; give chains whole, in order, and no two issuers of one name": {[]KeyEntry{short, trusted}, password},
	} {
		data, err := BuildKeys(c.entries, c.password)
		if err == nil || err.Error() != want || data != nil {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestReadKeys reads keys in every encryption that go-pkcs12 knows how to write, and refuses one under another password.
func TestReadKeys(t *testing.T) {
	n := newSigned(t, "node", nil)
	want := keyEntry(t, "", n)
	for name, enc := range map[string]*pkcs12.Encoder{"RC2": pkcs12.LegacyRC2, "3DES": pkcs12.LegacyDES, "modern": pkcs12.Modern2023} {
		data, err := enc.Encode(n.key, n.cert, nil, password)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := ReadKeys(data, password)
		if err != nil || len(keys) != 1 || !bytes.Equal(keys[0].PrivateKey, want.PrivateKey) {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
	}
	path := filepath.Join(t.TempDir(), "store")
	keytool(t, path, "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=a", "-storetype", "JKS", "-keypass", "another one")
	_, err := ReadKeys(readBytes(t, path), password)
	wantError(t, err, ErrKeyPassword)
	_, err = ReadKeys(readBytes(t, path), "other")
	wantError(t, err, ErrPassword)
}

func TestPrivateKeyIsSecret(t *testing.T) {
	e := keyEntry(t, "a", newSigned(t, "a", nil))
	e.Raw = nil
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if had := fmt.Sprintf(verb, e.PrivateKey) + fmt.Sprintf(verb, e); strings.Count(had, "(secret)") != 2 {
			t.Errorf("%s prints %s", verb, had)
		}
	}
}

// A signed is a certificate with its key and its issuers.
type signed struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	parent *signed
}

func newSigned(t *testing.T, name string, parent *signed) *signed {
	s := &signed{parent: parent}
	if parent == nil {
		s.cert, s.key = newCertFrom(t, name, nil, nil)
	} else {
		s.cert, s.key = newCertFrom(t, name, parent.cert, parent.key)
	}
	return s
}

func keyEntry(t *testing.T, alias string, s *signed) KeyEntry {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		t.Fatal(err)
	}
	e := KeyEntry{Entry: Entry{Alias: alias, Kind: Key}, PrivateKey: key}
	for ; s != nil; s = s.parent {
		e.Raw = append(e.Raw, s.cert.Raw)
	}
	return e
}

func keyEntries(t *testing.T) []KeyEntry {
	root := newSigned(t, "root", nil)
	middle := newSigned(t, "middle", root)
	return []KeyEntry{
		keyEntry(t, "Node", newSigned(t, "node", middle)),
		keyEntry(t, "wso2carbon", newSigned(t, "signing", nil)),
		keyEntry(t, "zwei, größer", newSigned(t, "other", root)),
		{Entry: TrustedCert("gateway_certificate_alias", root.cert)},
	}
}

func wantKeys(t *testing.T, data []byte, entries []KeyEntry) {
	t.Helper()
	keys, err := ReadKeys(data, password)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range entries {
		i := slices.IndexFunc(keys, func(k KeyEntry) bool { return strings.EqualFold(k.Alias, want.Alias) })
		if want.Kind == Key && (i < 0 || !bytes.Equal(keys[i].PrivateKey, want.PrivateKey)) || want.Kind == Trusted && i >= 0 {
			t.Errorf("%s: not the private key that was put in", want.Alias)
		}
	}
}

func macOf(t *testing.T, data []byte) macData {
	t.Helper()
	var pfx struct {
		Version int
		Safe    contentInfo
		MAC     macData
	}
	if err := parse(data, &pfx); err != nil {
		t.Fatal(errors.Unwrap(err))
	}
	return pfx.MAC
}
