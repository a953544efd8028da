package pki

import (
	"crypto"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

var (
	now   = time.Date(2040, 11, 27, 12, 0, 0, 0, time.UTC) // after what openssl signs in a test: that is valid from the real now on
	quick = Spec{Bits: 2048}
	gw1   = Names{CN: "gw-1", DNS: []string{"gw-1", "gw.example.com", "localhost"}, IPs: []net.IP{net.IPv4(10, 0, 0, 7)}}
)

func newCA(t testing.TB) Pair {
	t.Helper()
	ca, err := NewCA("test", quick, now)
	return must(t, ca, err)
}

func issue(t testing.TB, ca Pair, names Names, spec Spec) Pair {
	t.Helper()
	p, err := ca.Issue(names, spec, now)
	return must(t, p, err)
}

func newFolder(t testing.TB) Folder {
	t.Helper()
	f, err := OpenPassphrase(filepath.Join(t.TempDir(), "pki"), "correct horse", 4)
	return must(t, f, err)
}

func must[T any](t testing.TB, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func keyPEM(t testing.TB, p Pair) []byte {
	t.Helper()
	data, err := encodeKey(p.Key)
	return must(t, data, err)
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, data, 0o600)); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	return must(t, data, err)
}

// openssl runs it in a folder.
func openssl(t testing.TB, dir string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl")
	}
	cmd := exec.Command("openssl", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("openssl %s: %v: %s", args[0], err, out)
	}
	return string(out)
}

func wantProblem(t testing.TB, err, kind error, text string) {
	t.Helper()
	if !errors.Is(err, kind) || err.Error() != text {
		t.Errorf("%v\nwant (%v) %s", err, kind, text)
	}
}

func wantChain(t testing.TB, had []*x509.Certificate, want ...*x509.Certificate) {
	t.Helper()
	if string(encode(had...)) != string(encode(want...)) {
		t.Errorf("chain %s, want %s", subjects(had), subjects(want))
	}
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := quick.key()
	return must(t, key, err)
}
