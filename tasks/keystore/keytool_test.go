package keystore

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/testdata/refdata"
)

const password = "wso2carbon"

// TestKeytoolAgrees holds Read to what keytool says of the truststores that the product ships.
func TestKeytoolAgrees(t *testing.T) {
	for name, want := range map[string]Format{"client-truststore-4.5.0.jks": PKCS12, "client-truststore-4.6.0.jks": JKS} {
		t.Run(name, func(t *testing.T) {
			path := refdata.Path(t, "keystores", name)
			s := readFile(t, path, password)
			if s.Format != want || len(s.Entries) < 145 || len(s.Hidden) != 0 {
				t.Errorf("%s with %d entries and %d hidden, want %s with at least 145 and none", s.Format, len(s.Entries), len(s.Hidden), want)
			}
			if _, ok := s.Find("Gateway_Certificate_Alias"); !ok {
				t.Error("no gateway_certificate_alias")
			}
			agree(t, path, s)
		})
	}
}

// TestKeytoolStores reads stores with a key and a trusted certificate, as keytool makes them now and as it made them
// before Java 16.
func TestKeytoolStores(t *testing.T) {
	for name, extra := range map[string][]string{
		"JKS":    {"-storetype", "JKS"},
		"PKCS12": {"-storetype", "PKCS12"},
		"legacy": {"-storetype", "PKCS12", "-J-Dkeystore.pkcs12.legacy"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.p12")
			pem := filepath.Join(t.TempDir(), "ca.pem")
			write(t, pem, pemOf(newCert(t, "ca")))
			began := time.Now().Add(-time.Second)
			keytool(t, path, slices.Concat([]string{
				"-genkeypair", "-alias", "Node", "-keyalg", "EC", "-dname", "CN=node",
				"-keypass:env", "STORE_PASSWORD",
			}, extra)...)
			keytool(t, path, slices.Concat([]string{"-importcert", "-noprompt", "-alias", "Trusted CA", "-file", pem}, extra)...)

			s := readFile(t, path, password)
			agree(t, path, s)
			key, ok := s.Find("NODE")
			if !ok || key.Kind != Key || key.Created.Before(began) || key.Created.After(time.Now()) {
				t.Errorf("key %t %s of %s, want one made after %s", ok, key.Kind, key.Created, began)
			}
			if chain, err := key.Chain(); err != nil || len(chain) != 1 || chain[0].Subject.CommonName != "node" {
				t.Errorf("chain %v, %v, want CN=node", chain, err)
			}
			wantError(t, readError(t, path, "wso2carbon2"), ErrPassword)
		})
	}
}

// TestImport brings what Build made into a truststore of each format by one start of keytool.
func TestImport(t *testing.T) {
	old, ca, odd := newCert(t, "old"), newCert(t, "ca"), negativeSerial(t, newCert(t, "odd"))
	for _, format := range []string{"JKS", "PKCS12"} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			store, carrier, pem := filepath.Join(dir, "store"), filepath.Join(dir, "carrier"), filepath.Join(dir, "old.pem")
			write(t, pem, pemOf(old))
			keytool(t, store, "-importcert", "-noprompt", "-alias", "gateway", "-file", pem, "-storetype", format)

			data, err := Build([]Entry{
				TrustedCert("Gateway", ca), TrustedCert("büro, zwei", old),
				{Alias: "odd", Kind: Trusted, Raw: [][]byte{odd}},
			}, password)
			if err != nil {
				t.Fatal(err)
			}
			write(t, carrier, data)
			agree(t, carrier, readFile(t, carrier, password))

			keytool(t, store, "-importkeystore", "-noprompt", "-srckeystore", carrier, "-srcstorepass:env", "STORE_PASSWORD")
			s := readFile(t, store, password)
			agree(t, store, s)
			want := map[string]string{"gateway": Fingerprint(ca.Raw), "büro, zwei": Fingerprint(old.Raw), "odd": Fingerprint(odd)}
			if had := fingerprints(s); !maps.Equal(had, want) {
				t.Errorf("after the import %v, want %v", had, want)
			}
		})
	}
}

// TestOpenSSLTruststore reads the trap: certificates that openssl put into a PKCS12 are none to Java.
func TestOpenSSLTruststore(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl")
	}
	path, pem := filepath.Join(t.TempDir(), "store.p12"), filepath.Join(t.TempDir(), "ca.pem")
	ca := newCert(t, "ca")
	write(t, pem, pemOf(ca))
	cmd := exec.Command("openssl", "pkcs12", "-export", "-nokeys", "-in", pem, "-name", "ca", "-out", path, "-passout", "env:STORE_PASSWORD")
	cmd.Env = append(os.Environ(), "STORE_PASSWORD="+password)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s := readFile(t, path, password)
	if len(s.Entries) != 0 || len(s.Hidden) != 1 || Fingerprint(s.Hidden[0]) != Fingerprint(ca.Raw) {
		t.Errorf("%d entries and %d hidden, want none and the certificate", len(s.Entries), len(s.Hidden))
	}
	agree(t, path, s)
}

// agree fails unless keytool lists the same aliases, kinds and fingerprints.
func agree(t *testing.T, path string, s Store) {
	t.Helper()
	out := keytool(t, path, "-list")
	line := regexp.MustCompile(`(?m)^(.*), \w+ \d+, \d{4}, (\w+), ?\n(?:Certificate fingerprint \(SHA-256\): (\S+))?`)
	want := map[string]string{}
	for _, m := range line.FindAllStringSubmatch(out, -1) {
		want[m[1]] = m[2] + " " + m[3]
	}
	had := map[string]string{}
	for alias, sum := range fingerprints(s) {
		e, _ := s.Find(alias)
		had[alias] = string(e.Kind) + " " + sum
	}
	if !maps.Equal(had, want) {
		t.Errorf("read %d entries, keytool %d:\n%v\n%v", len(had), len(want), had, want)
	}
	if !strings.Contains(out, "contains "+plural(len(s.Entries))) {
		t.Errorf("%d entries, keytool says %.120s", len(s.Entries), out)
	}
}

func keytool(t *testing.T, store string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath("keytool"); err != nil {
		t.Skip("no keytool")
	}
	args = append(args, "-keystore", store, "-storepass:env", "STORE_PASSWORD",
		"-J-Duser.language=en", "-J-Dfile.encoding=UTF-8", "-J-Dstdout.encoding=UTF-8", "-J-XX:TieredStopAtLevel=1", "-J-XX:+UseSerialGC")
	cmd := exec.Command("keytool", args...)
	cmd.Env = append(os.Environ(), "STORE_PASSWORD="+password)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("keytool %s: %v: %s", args[0], err, out)
	}
	return string(out)
}
