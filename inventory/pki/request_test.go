package pki

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestRequests has openssl's CA sign the requests of two nodes, by the machine's clock, and takes the answers back under odd names.
func TestRequests(t *testing.T) {
	f, dir := newFolder(t), t.TempDir()
	am1 := Names{CN: "am-1", DNS: []string{"am-1", "localhost"}}
	nodes := map[string]Names{"gw-1": gw1, "am-1": am1}
	for node, names := range nodes {
		csr, err := f.Request(node, names, quick)
		write(t, filepath.Join(dir, node+".csr"), must(t, csr, err))
		again, err := f.Request(node, names, quick)
		if !bytes.Equal(csr, again) || !bytes.Equal(csr, read(t, f.file("nodes/"+node+".csr"))) {
			t.Errorf("%s: another request the second time (%v)", node, err)
		}
	}
	signed := filepath.Join(dir, "signed")
	signAll(t, dir, signed)
	had, err := f.Install(signed, nodes, time.Now()) // openssl signs at no other time
	if err != nil || !slices.Equal(had, []string{"am-1", "gw-1"}) {
		t.Fatalf("installed %v, %v", had, err)
	}
	p := must2(t)(f.Load(NodeName("gw-1")))
	if len(p.Chain) != 2 || p.Anchor().Subject.CommonName != "Their CA" || p.Leaf().KeyUsage != keyUsage {
		t.Errorf("chain %s with key usage %b", subjects(p.Chain), p.Leaf().KeyUsage)
	}
	if f.has("nodes/gw-1.csr") {
		t.Error("the answered request is still there")
	}
	if _, err := f.Install(signed, nodes, time.Now()); err != nil {
		t.Errorf("a second time: %v", err)
	}
	_, err = f.Request("gw-1", gw1, quick)
	wantProblem(t, err, ErrExists, f.file("nodes/gw-1.pem")+": the node has a certificate already; ask for its renewal")
}

// signAll signs every request of dir with the names that it asks for.
func signAll(t *testing.T, dir, signed string) {
	t.Helper()
	write(t, filepath.Join(signed, "README.txt"), []byte("not a certificate"))
	openssl(t, dir, "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "9999", "-subj", "/CN=Their CA", "-keyout", "ca.key", "-out", "signed/root.crt",
		"-addext", "keyUsage=keyCertSign")
	for i, node := range []string{"am-1", "gw-1"} {
		openssl(t, dir, "x509", "-req", "-in", node+".csr", "-CA", "signed/root.crt", "-CAkey", "ca.key", "-days", "9999", "-copy_extensions", "copyall",
			"-CAcreateserial", "-out", "signed/answer-"+string(rune('1'+i))+".PEM")
	}
}

// TestInstallRefuses takes none where one is unfit, and tells of each.
func TestInstallRefuses(t *testing.T) {
	ca := newCA(t)
	for name, c := range map[string]struct {
		files func(key Pair) map[string][]byte
		kind  error
		text  string
	}{
		"none": {
			func(Pair) map[string][]byte { return map[string][]byte{"a.txt": nil} }, ErrNoCertificate,
			"DIR: holds no .pem, .crt or .cer file; put the signed certificates there",
		},
		"another's": {
			func(Pair) map[string][]byte { return map[string][]byte{"a.pem": ca.PEM()} }, ErrMatch,
			"gw-1: none of the 1 certificates in DIR is for its key; have its request signed as it is, and put the answer there",
		},
		"no issuer": {
			func(p Pair) map[string][]byte { return map[string][]byte{"a.pem": answer(t, ca, p, gw1)} }, ErrChain,
			"gw-1: the certificate of its issuer is not in DIR; put the certificate of " + ca.Leaf().Subject.String() + " there",
		},
		"a name less": {
			func(p Pair) map[string][]byte {
				return map[string][]byte{"a.pem": answer(t, ca, p, Names{CN: "gw-1", DNS: []string{"gw-1"}}), "ca.pem": ca.PEM()}
			}, ErrNames,
			"gw-1: CN=gw-1 does not name gw.example.com, localhost, 10.0.0.7 (it names gw-1); have it issued again with these as subject alternative names",
		},
		"a key": {
			func(Pair) map[string][]byte { return map[string][]byte{"a.pem": keyPEM(t, ca)} }, ErrDamaged,
			"DIR/a.pem: holds a private key; the keys stay here: give certificates alone",
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, dir := newFolder(t), t.TempDir()
			if _, err := f.Request("gw-1", gw1, quick); err != nil {
				t.Fatal(err)
			}
			for file, data := range c.files(must2(t)(f.Load(NodeName("gw-1")))) {
				write(t, filepath.Join(dir, file), data)
			}
			had, err := f.Install(dir, map[string]Names{"gw-1": gw1}, now)
			if text := strings.ReplaceAll(err.Error(), dir, "DIR"); !errors.Is(err, c.kind) || text != c.text || len(had) > 0 || f.has("nodes/gw-1.pem") {
				t.Errorf("%v installed, %s\nwant (%v) %s", had, text, c.kind, c.text)
			}
		})
	}
}

// answer is a certificate by ca for the key of p.
func answer(t *testing.T, ca, p Pair, names Names) []byte {
	t.Helper()
	want := &x509.Certificate{Subject: requested(t, p, names).Subject, DNSNames: names.DNS, IPAddresses: names.IPs, NotBefore: now, NotAfter: now.Add(year)}
	cert, err := sign(want, ca.Leaf(), p.Key.Public(), ca.Key)
	return encode(must(t, cert, err))
}

func requested(t *testing.T, p Pair, names Names) *x509.CertificateRequest {
	t.Helper()
	data, err := request(p.Key, names)
	block, _ := pem.Decode(must(t, data, err))
	csr, err := x509.ParseCertificateRequest(block.Bytes)
	return must(t, csr, err)
}
