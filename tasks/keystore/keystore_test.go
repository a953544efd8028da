package keystore

import (
	"bytes"
	"crypto/x509"
	"os"
	"testing"

	"software.sslmate.com/src/go-pkcs12"

	"apimctl/testdata/refdata"
)

func TestReadErrors(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty":          {nil, ErrFormat},
		"text":           {[]byte("-----BEGIN CERTIFICATE-----"), ErrFormat},
		"JCEKS":          {[]byte{0xCE, 0xCE, 0xCE, 0xCE, 0, 0, 0, 2}, ErrFormat},
		"certificate":    {newCert(t, "no store").Raw, ErrDamaged},
		"JKS, magic":     {[]byte{0xFE, 0xED, 0xFE, 0xED}, ErrDamaged},
		"JKS, 4G":        {append([]byte{0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0xFF, 0xFF, 0xFF, 0xFF}, make([]byte, 40)...), ErrDamaged},
		"JKS, version 9": {append([]byte{0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 9, 0, 0, 0, 0}, make([]byte, 20)...), ErrDamaged},
		"JKS, altered":   {altered(jksStore(t, newCert(t, "ca").Raw)), ErrPassword},
		"PKCS12, magic":  {[]byte{0x30, 0x82}, ErrDamaged},
		"PKCS12, MAC":    {p12Store(t, pkcs12.Modern2026, newCert(t, "ca")), ErrAlgorithm},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(c.data, password)
			wantError(t, err, c.want)
		})
	}
}

// TestEncodings reads both formats, the latter in every encryption that go-pkcs12 knows how to write.
func TestEncodings(t *testing.T) {
	ca := newCert(t, "ca")
	for name, data := range map[string][]byte{
		"JKS":    jksStore(t, ca.Raw),
		"RC2":    p12Store(t, pkcs12.LegacyRC2, ca),
		"3DES":   p12Store(t, pkcs12.LegacyDES, ca),
		"modern": p12Store(t, pkcs12.Modern2023, ca),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(data, "pässwört")
			if err != nil {
				t.Fatal(err)
			}
			e, ok := s.Find("CA")
			if !ok || e.Kind != Trusted || Fingerprint(e.Raw[0]) != Fingerprint(ca.Raw) {
				t.Errorf("entries %v, want ca", s.Entries)
			}
			_, err = Read(data, "passwort")
			wantError(t, err, ErrPassword)
			for n := range len(data) {
				if _, err := Read(data[:n], "pässwört"); err == nil {
					t.Fatalf("the first %d of %d bytes pass as a store", n, len(data))
				}
			}
		})
	}
}

// TestUnparsableCertificate keeps a store readable that holds what only Go refuses.
func TestUnparsableCertificate(t *testing.T) {
	odd := negativeSerial(t, newCert(t, "odd"))
	carrier, err := Build([]Entry{{Alias: "odd", Kind: Trusted, Raw: [][]byte{odd}}, TrustedCert("good", newCert(t, "good"))}, "pässwört")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"JKS": jksStore(t, odd), "PKCS12": carrier} {
		t.Run(name, func(t *testing.T) {
			s, err := Read(data, "pässwört")
			if err != nil {
				t.Fatal(err)
			}
			e := s.Entries[len(s.Entries)-1]
			if !bytes.Equal(e.Raw[0], odd) {
				t.Errorf("%s holds other bytes", e.Alias)
			}
			if chain, err := e.Chain(); err == nil || len(chain) != 0 {
				t.Errorf("chain %v, %v, want an error", chain, err)
			}
		})
	}
}

// TestKeyInPKCS12 pairs a key with its chain as Java does, and calls hidden what is left over.
func TestKeyInPKCS12(t *testing.T) {
	root, rootKey := newCertFrom(t, "root", nil, nil)
	leaf, leafKey := newCertFrom(t, "leaf", root, rootKey)
	stray := newCert(t, "stray")
	data, err := pkcs12.Modern2023.Encode(leafKey, leaf, []*x509.Certificate{stray, root}, password)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read(data, password)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := s.Find("1") // go-pkcs12 gives a key no name
	if !ok || e.Kind != Key || len(e.Raw) != 2 || !bytes.Equal(e.Raw[0], leaf.Raw) || !bytes.Equal(e.Raw[1], root.Raw) {
		t.Errorf("entries %v, want 1 with leaf and root", s.Entries)
	}
	if len(s.Hidden) != 1 || !bytes.Equal(s.Hidden[0], stray.Raw) {
		t.Errorf("%d hidden, want stray", len(s.Hidden))
	}
}

// TestMatch takes the certificate of a key by identifier and name, by identifier, by name, in this order.
func TestMatch(t *testing.T) {
	both, id, name := named{"k", []byte("1"), []byte("both")}, named{"x", []byte("1"), []byte("id")}, named{"K", nil, []byte("name")}
	other := named{"y", []byte("2"), []byte("other")}
	for _, c := range []struct {
		certs []named
		want  string
	}{
		{[]named{name, id, both, other, id}, "both"},
		{[]named{other, name, id, name}, "id"},
		{[]named{other, name}, "name"},
		{[]named{other}, ""},
	} {
		p := pairing{certs: c.certs}
		if had := p.match(named{alias: "k", keyID: []byte("1")}); string(had) != c.want {
			t.Errorf("match %q, want %q", had, c.want)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	ca := newCert(t, "ca")
	for name, entries := range map[string][]Entry{
		"no alias":   {TrustedCert("", ca)},
		"same alias": {TrustedCert("a", ca), TrustedCert("A", ca)},
		"a key":      {{Alias: "k", Kind: Key, Raw: [][]byte{ca.Raw}}},
		"nothing":    {{Alias: "k", Kind: Trusted}},
	} {
		if _, err := Build(entries, password); err == nil {
			t.Errorf("%s: built", name)
		}
	}
}

func TestIterationsAreBounded(t *testing.T) {
	o := opener{left: maxIterations}
	if err := o.spend(maxIterations - 1); err != nil {
		t.Error(err)
	}
	for _, n := range []int{2, 0, -1} {
		wantError(t, o.spend(n), ErrAlgorithm)
	}
}

func FuzzRead(f *testing.F) {
	ca, key := newCertFrom(f, "ca", nil, nil)
	withKey, err := pkcs12.Modern2023.WithIterations(1).Encode(key, ca, nil, password)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(withKey)
	f.Add(jksStore(f, ca.Raw))
	f.Add(jksStore(f, ca.Raw)[:len(jksStore(f, ca.Raw))-20])
	f.Add(p12Store(f, pkcs12.LegacyRC2.WithIterations(1), ca))
	plain, err := pkcs12.Passwordless.EncodeTrustStoreEntries([]pkcs12.TrustStoreEntry{{Cert: ca, FriendlyName: "ca"}}, "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Read(data, password)
		if err != nil && bytes.HasPrefix(data, []byte{0xFE, 0xED}) {
			s, err = Read(append(data, digestJKS(data, password)...), password) // past the digest
		}
		if err != nil && len(s.Entries) > 0 {
			t.Error("entries beside an error")
		}
		for _, e := range s.Entries {
			if had, ok := s.Find(e.Alias); !ok || had.Kind != e.Kind {
				t.Errorf("%q is not found", e.Alias)
			}
			_, _ = e.Chain()
		}
	})
}

func BenchmarkRead(b *testing.B) {
	for _, version := range []string{"4.5.0", "4.6.0"} {
		b.Run(version, func(b *testing.B) {
			data, err := os.ReadFile(refdata.Path(b, "keystores", "client-truststore-"+version+".jks"))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := Read(data, password); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
