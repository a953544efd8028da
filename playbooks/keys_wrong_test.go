package playbooks

import (
	"encoding/pem"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks/keystore"
)

// given writes the key and certificates of a pair to files.
func (v *vault) given(name string, p pki.Pair, chain []byte) {
	v.t.Helper()
	key, err := p.PKCS8()
	if err != nil {
		v.t.Fatal(err)
	}
	v.file(name+".crt", chain)
	v.file(name+".key", pemOf("PRIVATE KEY", key))
}

// What is wrong with keys that were given is said before a host is touched.
func TestWrongKeys(t *testing.T) {
	v := newVault(t, "")
	ca := remotetestCA(t)
	all := pki.Names{CN: "all", DNS: []string{"aio-1", "aio-2", "gw-1", "gw-2", "api.example.com", "gw.example.com", "localhost"}, IPs: addresses("10.0.0.11", "10.0.0.12", "10.0.0.21", "10.0.0.22")}
	good, expired := issued(t, ca, all, time.Now()), issued(t, ca, all, time.Now().Add(-5*365*24*time.Hour))
	few := issued(t, ca, pki.Names{CN: "few", DNS: []string{"aio-1", "localhost"}, IPs: addresses("10.0.0.11")}, time.Now())
	v.given("good", good, good.PEM())
	v.given("expired", expired, expired.PEM())
	v.given("few", few, few.PEM())
	v.given("lone", good, pemOf("CERTIFICATE", good.Leaf().Raw))
	v.given("turned", good, append(pemOf("CERTIFICATE", ca.Leaf().Raw), pemOf("CERTIFICATE", good.Leaf().Raw)...))
	key, err := good.PKCS8()
	if err != nil {
		t.Fatal(err)
	}
	entry := keystore.Entry{Alias: "all", Kind: keystore.Key, Raw: [][]byte{good.Leaf().Raw, ca.Leaf().Raw}}
	store, err := keystore.BuildKeys([]keystore.KeyEntry{{Entry: entry, PrivateKey: key}}, "right")
	if err != nil {
		t.Fatal(err)
	}
	v.file("store.jks", store)
	v.file("empty.p12", []byte("no store"))
	for text, want := range map[string]string{
		"{certificate: good.crt, key: good.key}":       "",
		"{certificate: turned.crt, key: good.key}":     "", // put in order
		"{store: store.jks, password: right}":          "", // PKCS12 under the name .jks
		"{certificate: good.crt, key: few.key}":        "good.crt: ",
		"{certificate: good.crt}":                      "good.crt: ",
		"{certificate: expired.crt, key: expired.key}": "expired",
		"{certificate: few.crt, key: few.key}":         "aio-2",
		"{store: store.jks, password: wrong}":          "store.jks: wrong keystore password",
		"{store: empty.p12, password: right}":          "empty.p12: neither a JKS nor a PKCS12 keystore",
	} {
		v.file("inventory.yaml", []byte(twoAndTwo+"certificates: {mode: provided, identity: id.txt, all: "+text+"}\n"))
		inv := v.inventory()
		k := KeysOf(inv)
		var errs []error
		for _, h := range inv.Hosts {
			_, err := k.Of(h, time.Now())
			errs = append(errs, err)
		}
		err := errors.Join(errs...)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: the error is %v, not %q", text, err, want)
		}
	}
	if _, err := os.Stat(filepath.Join(v.dir, "pki")); err == nil {
		t.Error("a folder of keys was made")
	}
}

// A passphrase is asked for when a key is needed, by a message that names it.
func TestPassphraseIsNeededLate(t *testing.T) {
	v := newVault(t, "certificates: {mode: generate, passphrase: \"${env:APIMCTL_PASSPHRASE}\", key_bits: 2048}\n")
	err := MakeKeys(v.inventory(), time.Now())
	var needed *PassphraseError
	if !errors.As(err, &needed) || !strings.Contains(err.Error(), "APIMCTL_PASSPHRASE is not set") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Settle(v.inventory(), v.products); err != nil {
		t.Errorf("settling needs it: %v", err)
	}
}

func TestNames(t *testing.T) {
	v := newVault(t, generated)
	inv := v.inventory()
	inv.HostsFile = map[string][]string{"10.0.0.21": {"edge.example.com"}}
	inv.Environments[0].VHosts = []inventory.VHost{{Hostname: "vhost.example.com"}}
	had := KeysOf(inv).Names(inv.Hosts[2])
	if got := strings.Join(had.DNS, " "); got != "gw-1 edge.example.com gw.example.com vhost.example.com localhost" || had.IPs[0].String() != "10.0.0.21" {
		t.Errorf("gw-1 is called %s, %v", got, had.IPs)
	}
}

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func addresses(texts ...string) []net.IP {
	var all []net.IP
	for _, s := range texts {
		all = append(all, net.ParseIP(s))
	}
	return all
}

func issued(t *testing.T, ca pki.Pair, names pki.Names, at time.Time) pki.Pair {
	t.Helper()
	p, err := ca.Issue(names, pki.Spec{Bits: 2048}, at)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
