package inventory

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// smallest is the inventory that says only what is required.
const smallest = `name: t
version: 4.6.0
distributions: {all-in-one: am.zip, gateway: gw.zip}
groups:
  all-in-one: {hosts: {aio-1: {address: 10.0.0.1}}}
  gateway: {hosts: {gw-1: {address: 10.0.0.2}}}
`

// environment is the one that the tests' inventories see.
func environment(home string) func(string) (string, bool) {
	vars := map[string]string{"HOME": home, "SECRET": "s3cret-value", "EMPTY": "", "PORT": "2200", "YES": "true"}
	for _, name := range []string{"APIM_ADMIN_PASSWORD", "APIM_DB_PASSWORD", "SHARED_DB_PASSWORD", "APIM_ENCRYPTION_KEY"} {
		vars[name] = "s3cret-value"
	}
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

// folder returns a folder with the files that the tests' inventories name; the rest is added by name.
func folder(t testing.TB, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range append([]string{"am.zip", "gw.zip", "driver.jar", ".ssh/id_ed25519", "word"}, more...) {
		put(t, filepath.Join(dir, name), "word\n")
	}
	put(t, filepath.Join(dir, "ca.pem"), certificate(t))
	return dir
}

func put(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func certificate(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func parse(t testing.TB, dir, text string) *Inventory {
	t.Helper()
	inv, err := Parse(filepath.Join(dir, "inventory.yaml"), []byte(text), environment(dir))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}
