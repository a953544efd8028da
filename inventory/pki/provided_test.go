package pki

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestProvided takes each form of key that openssl writes, in one file with the chain or in its own.
func TestProvided(t *testing.T) {
	want := issue(t, newCA(t), gw1, quick)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key.pem"), keyPEM(t, want))
	openssl(t, dir, "rsa", "-in", "key.pem", "-traditional", "-out", "pkcs1.pem")
	for name, sources := range map[string][]Source{
		"one file":  {{"all.pem", append(keyPEM(t, want), want.PEM()...)}},
		"two files": {{"node.pem", want.PEM()}, {"key.pem", keyPEM(t, want)}},
		"PKCS#1":    {{"node.pem", want.PEM()}, {"pkcs1.pem", read(t, filepath.Join(dir, "pkcs1.pem"))}},
		"DER":       {{"node.cer", want.Chain[0].Raw}, {"ca.cer", want.Chain[1].Raw}, {"key.pem", keyPEM(t, want)}},
		"twice":     {{"node.pem", append(want.PEM(), want.PEM()...)}, {"key.pem", keyPEM(t, want)}},
	} {
		had, notes, err := Provided(sources...)
		if err != nil || len(notes) != 0 || !matches(want.Leaf(), had.Key) {
			t.Errorf("%s: %v, notes %v", name, err, notes)
			continue
		}
		wantChain(t, had.Chain, want.Chain...)
	}
	der, err := want.PKCS8()
	had, _, err2 := FromDER("store.p12", must(t, der, err), [][]byte{want.Chain[1].Raw, want.Chain[0].Raw})
	if err2 != nil {
		t.Fatal(err2)
	}
	wantChain(t, had.Chain, want.Chain...)
}

// TestOrder mends a chain of three, and says so.
func TestOrder(t *testing.T) {
	leaf, root, middle := threeTier(t)
	mixed := encode(root.Leaf(), leaf.Leaf(), middle.Leaf())
	had, notes, err := Provided(Source{"gw-1.pem", append(mixed, keyPEM(t, leaf)...)})
	if err != nil {
		t.Fatal(err)
	}
	wantChain(t, had.Chain, leaf.Leaf(), middle.Leaf(), root.Leaf())
	want := "gw-1.pem: the chain was out of order (CN=root -> CN=gw-1 -> CN=middle); it is used as CN=gw-1 -> CN=middle -> CN=root"
	if !slices.Equal(notes, []string{want}) {
		t.Errorf("notes %q, want %s", notes, want)
	}
}

func TestProvidedErrors(t *testing.T) {
	leaf, root, middle := threeTier(t)
	other := issue(t, newCA(t), Names{CN: "other"}, quick)
	dir := t.TempDir()
	write(t, filepath.Join(dir, "key.pem"), keyPEM(t, leaf))
	openssl(t, dir, "pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:secret", "-out", "pkcs8.pem")
	openssl(t, dir, "rsa", "-in", "key.pem", "-traditional", "-aes128", "-passout", "pass:secret", "-out", "pkcs1.pem")
	key, certs := keyPEM(t, leaf), func(cs ...Pair) (out []byte) {
		for _, c := range cs {
			out = append(out, encode(c.Leaf())...)
		}
		return out
	}
	decrypt := "f.pem: its private key is encrypted; decrypt it with: openssl pkey -in f.pem -out KEYFILE"
	for name, c := range map[string]struct {
		data []byte
		kind error
		text string
	}{
		"empty":  {nil, ErrNoCertificate, "f.pem: holds nothing in PEM form; give a file that begins with -----BEGIN"},
		"no key": {certs(leaf), ErrNoKey, "f.pem: no private key was given; add the one that the certificate was made for"},
		"no certificate": {
			key, ErrNoCertificate,
			"f.pem: no certificate was given; add the node's certificate, and then those of its issuers",
		},
		"another key": {
			append(keyPEM(t, other), certs(leaf)...), ErrMatch,
			"f.pem: the private key does not belong to CN=gw-1; give the key that this certificate was made for, or have a certificate made for this key",
		},
		"two keys": {append(key, key...), ErrDamaged, "f.pem: holds a second private key; give the one of this node alone"},
		"a gap": {
			append(certs(leaf, root), key...), ErrChain,
			"f.pem: the chain ends at CN=gw-1, to which this does not belong: CN=root; add the certificate of CN=middle; the order is the node's certificate, its issuer, and so on to the root",
		},
		"a stranger": {
			append(certs(leaf, middle, root, other), key...), ErrChain,
			"f.pem: the chain ends at CN=root, to which this does not belong: CN=other; leave out what does not belong to it; the order is the node's certificate, its issuer, and so on to the root",
		},
		"encrypted":        {read(t, filepath.Join(dir, "pkcs8.pem")), ErrEncrypted, decrypt},
		"encrypted PKCS#1": {read(t, filepath.Join(dir, "pkcs1.pem")), ErrEncrypted, decrypt},
		"cut": {
			append(certs(leaf), key[:len(key)-40]...), ErrDamaged,
			"f.pem: 1 of 2 PEM blocks are damaged; export it again as PEM",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Provided(Source{"f.pem", c.data})
			wantProblem(t, err, c.kind, c.text)
		})
	}
}

// TestForgedIssuer refuses an issuer by name alone.
func TestForgedIssuer(t *testing.T) {
	leaf, root, middle := threeTier(t)
	forged := authority(t, "middle", &root, middle.Leaf().SubjectKeyId)
	_, _, err := Provided(Source{"f.pem", append(encode(leaf.Leaf(), forged.Leaf()), keyPEM(t, leaf)...)})
	wantProblem(t, err, ErrChain, "f.pem: CN=middle bears the name of the issuer of CN=gw-1, but did not sign it (crypto/rsa: verification error); give the issuer's certificate of the same generation")
}

func TestCheckTLS(t *testing.T) {
	ca := newCA(t)
	p := issue(t, ca, gw1, quick)
	few := issue(t, ca, Names{CN: "few", DNS: []string{"few"}}, quick)
	wantProblem(t, p.CheckTLS("f.pem", gw1, now.Add(3*year)), ErrExpired, "f.pem: CN=gw-1 expired at 2042-11-27 12:00:00 UTC; have it renewed")
	wantProblem(t, few.CheckTLS("f.pem", gw1, now), ErrNames,
		"f.pem: CN=few does not name gw-1, gw.example.com, localhost, 10.0.0.7 (it names few); have it issued again with these as subject alternative names")
	early := p.CheckTLS("f.pem", gw1, now.Add(-2*time.Hour))
	wantProblem(t, early, ErrNotYet, "f.pem: CN=gw-1 is valid from 2040-11-27 11:00:00 UTC, which is not yet; wait, or set the clock of this machine\n"+
		"f.pem: "+ca.Leaf().Subject.String()+" is valid from 2040-11-27 11:00:00 UTC, which is not yet; wait, or set the clock of this machine")
	wantProblem(t, Pair{Key: p.Key}.CheckTLS("f.pem", gw1, now), ErrNoCertificate, "f.pem: has a key, and no certificate yet; take in the signed certificate")
	signing := must2(t)(NewSigning("s", quick, now))
	signing.Leaf().ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	wantProblem(t, signing.CheckTLS("f.pem", Names{}, now), ErrUsage,
		"f.pem: CN=s may not serve TLS; have it issued with the key usage digitalSignature and the extended key usage serverAuth")
	wantProblem(t, ca.CheckSigning("f.pem", now), ErrUsage,
		"f.pem: "+ca.Leaf().Subject.String()+" may not sign and encrypt data; have it issued with the key usage digitalSignature, keyEncipherment and dataEncipherment")
}

// TestWeak refuses what openssl still makes.
func TestWeak(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		key  []string
		hash string
		want string
	}{
		"RSA 1024": {[]string{"rsa:1024"}, "-sha256", "f.pem: CN=gw-1 has an RSA key of 1024 bits; have it issued with an RSA key of 3072 bits and SHA-256"},
		"SHA-1":    {[]string{"rsa:2048"}, "-sha1", "f.pem: CN=gw-1 is signed with SHA1-RSA; have it issued with an RSA key of 3072 bits and SHA-256"},
		"EC 224":   {[]string{"ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"}, "-sha256", "f.pem: CN=gw-1 has an EC key of 224 bits; have it issued with an RSA key of 3072 bits and SHA-256"},
	} {
		t.Run(name, func(t *testing.T) {
			openssl(t, dir, slices.Concat([]string{"req", "-x509", "-nodes", "-days", "9999", c.hash, "-subj", "/CN=gw-1", "-addext", "subjectAltName=DNS:gw-1", "-keyout", "k.pem", "-out", "c.pem", "-newkey"}, c.key)...)
			p, _, err := Provided(Source{"f.pem", bytes.Join([][]byte{read(t, filepath.Join(dir, "k.pem")), read(t, filepath.Join(dir, "c.pem"))}, nil)})
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, p.CheckTLS("f.pem", Names{DNS: []string{"gw-1"}}, p.Leaf().NotBefore), ErrWeak, c.want)
		})
	}
}

// threeTier is a node under an authority under a root.
func threeTier(t *testing.T) (leaf, root, middle Pair) {
	root = authority(t, "root", nil, nil)
	middle = authority(t, "middle", &root, nil)
	leaf = issue(t, middle, gw1, quick)
	return leaf, root, middle
}

func authority(t *testing.T, name string, parent *Pair, keyID []byte) Pair {
	key := newKey(t)
	want := &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: now, NotAfter: now.Add(year), KeyUsage: x509.KeyUsageCertSign,
		IsCA: true, BasicConstraintsValid: true, SubjectKeyId: keyID,
	}
	signer := Pair{Key: key, Chain: []*x509.Certificate{want}}
	if parent != nil {
		signer = *parent
	}
	cert, err := sign(want, signer.Leaf(), key.Public(), signer.Key)
	return Pair{Key: key, Chain: []*x509.Certificate{must(t, cert, err)}}
}
