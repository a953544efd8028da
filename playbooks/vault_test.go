package playbooks

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"filippo.io/age"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks/keystore"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// A vault is a folder with an inventory whose deployment has certificates of its own, and hosts in memory that serve what their stores hold.
type vault struct {
	*bench
	dir      string
	base     string // of the inventory
	word     string // of the stores
	products Products
}

const generated = "certificates: {mode: generate, identity: id.txt, key_bits: 2048}\n"

func newVault(t *testing.T, certificates string) *vault {
	t.Helper()
	v := &vault{bench: &bench{t: t, hosts: map[string]*remotetest.Memory{}}, dir: t.TempDir(), base: twoAndTwo, word: "planted-store", products: products(remotetest.Certificate(t))}
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	v.file("id.txt", []byte(id.String()+"\n"))
	for _, name := range []string{"aio.zip", "gw.zip", "mariadb-java-client-3.1.0.jar"} {
		v.file(name, []byte(name))
	}
	v.write(certificates)
	v.shipStores()
	return v
}

func (v *vault) file(name string, data []byte) {
	v.t.Helper()
	if err := os.WriteFile(filepath.Join(v.dir, name), data, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

func (v *vault) write(certificates string) {
	v.t.Helper()
	stores := "keystores: {primary: {password: WORD}, truststore: {password: WORD}}\n"
	v.file("inventory.yaml", []byte(v.base+strings.ReplaceAll(stores, "WORD", v.word)+certificates))
}

// shipStores gives the distributions the vendor's key, trusted beside a CA.
func (v *vault) shipStores() {
	v.t.Helper()
	p, err := pki.NewSigning("localhost", pki.Spec{Bits: 2048}, time.Now())
	if err != nil {
		v.t.Fatal(err)
	}
	key, err := p.PKCS8()
	if err != nil {
		v.t.Fatal(err)
	}
	ca := remotetestCA(v.t)
	primary, err := keystore.BuildKeys([]keystore.KeyEntry{{
		Entry: keystore.Entry{Alias: "wso2carbon", Kind: keystore.Key, Raw: [][]byte{p.Leaf().Raw}}, PrivateKey: key,
	}}, vendorPassword)
	trust, err2 := keystore.Build([]keystore.Entry{
		keystore.TrustedCert("wso2carbon", p.Leaf()), keystore.TrustedCert(SigningAlias, p.Leaf()), keystore.TrustedCert("public-ca", ca.Leaf()),
	}, vendorPassword)
	if err := errors.Join(err, err2); err != nil {
		v.t.Fatal(err)
	}
	for _, p := range v.products {
		files := p.FS.(fstest.MapFS)
		files["repository/resources/security/wso2carbon.jks"] = &fstest.MapFile{Mode: 0o644, Data: primary}
		files["repository/resources/security/client-truststore.jks"] = &fstest.MapFile{Mode: 0o644, Data: trust}
	}
}

func remotetestCA(t *testing.T) pki.Pair {
	t.Helper()
	ca, err := pki.NewCA("test", pki.Spec{Bits: 2048}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func (v *vault) inventory() *inventory.Inventory {
	v.t.Helper()
	inv, err := inventory.Load(filepath.Join(v.dir, "inventory.yaml"), func(string) (string, bool) { return "", false })
	if err != nil {
		v.t.Fatal(err)
	}
	return inv
}

// settle is what a command does before it plans.
func (v *vault) settle() {
	v.t.Helper()
	d, err := Settle(v.inventory(), v.products)
	if err != nil {
		v.t.Fatal(err)
	}
	v.deployment = d
	for _, n := range d.Nodes {
		if v.hosts[n.Name] == nil {
			m := v.machine(n)
			m.Effect("sh", func(cmd remote.Cmd) error { return v.ran(m, n, cmd) })
			v.hosts[n.Name] = m
		}
	}
	for _, n := range d.Balancers() {
		if v.hosts[n.Name] == nil {
			v.hosts[n.Name] = v.nginx()
		}
	}
}

func (v *vault) make() {
	v.t.Helper()
	if err := MakeKeys(v.inventory(), time.Now()); err != nil {
		v.t.Fatal(err)
	}
	v.settle()
}

// ran does what scripts do. Stores are kept as PKCS12, whatever they are called: they are told by their content.
func (v *vault) ran(m *remotetest.Memory, n Node, cmd remote.Cmd) error {
	script, args := cmd.Argv[2], cmd.Argv[4:]
	note := func(path string) {
		text := m.At(args[0]).Sum().SHA256 + "\n" + cmd.Env["WANTED"].Reveal() + "\n"
		m.Set(path, remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(text)})
	}
	switch {
	case strings.Contains(script, "useradd"):
		return m.Run(context.Background(), remote.Cmd{Argv: []string{"useradd", "--system", "--gid", args[1], args[0]}})
	case strings.Contains(script, "systemctl stop"):
		m.SetActive(args[0], false)
	case strings.Contains(script, "systemctl start"):
		return v.serves(m, n, args[0])
	case strings.Contains(script, "base64 -d"):
		data, err := base64.StdEncoding.DecodeString(cmd.Stdin.Reveal())
		if err != nil {
			return err
		}
		m.Set(args[0], remote.File{Mode: 0o600, Owner: args[1], Data: data})
		note(args[3])
	case strings.Contains(script, "-storepasswd"):
		data, err := changed(m, args, cmd.Env)
		if err != nil {
			return err
		}
		m.Set(args[0], remote.File{Mode: 0o644, Owner: "wso2carbon:wso2", Data: data})
		note(args[2])
	}
	return nil
}

func changed(m *remotetest.Memory, args []string, env map[string]remote.Secret) ([]byte, error) {
	s, err := keystore.Read(m.At(args[0]).Data, env["WAS"].Reveal())
	if err != nil {
		return nil, err
	}
	bundle := keystore.Store{}
	if args[1] != "" {
		if bundle, err = keystore.Read(m.At(args[1]).Data, env["BUNDLE"].Reveal()); err != nil {
			return nil, err
		}
	}
	entries := bundle.Entries
	for _, e := range s.Entries {
		if _, replaced := bundle.Find(e.Alias); !replaced && !slices.Contains(args[4:], e.Alias) {
			entries = append(entries, e)
		}
	}
	return keystore.Build(entries, env["STORE"].Reveal())
}

// serves starts a node, which shows what its TLS keystore holds.
func (v *vault) serves(m *remotetest.Memory, n Node, unit string) error {
	stores := v.node(n.Name).Stores
	keys, err := keystore.ReadKeys(m.At(n.security(stores.TLS.File)).Data, stores.TLS.Password)
	if err != nil {
		return err
	}
	key, err := x509.ParsePKCS8PrivateKey(keys[0].PrivateKey)
	if err != nil {
		return err
	}
	shown := tls.Certificate{Certificate: keys[0].Raw, PrivateKey: key}
	runs(m, n, unit)
	m.Serve("localhost:9763", healthy)
	m.ServeTLS("localhost:9443", healthy, shown)
	m.Serve("localhost:8243", healthy)
	for _, h := range v.hosts {
		h.ServeTLS(net.JoinHostPort(n.Address, "9443"), healthy, shown)
		if n.Role == inventory.AllInOne {
			h.ServeTLS("api.example.com:9443", healthy, shown)
			hears(h, n.Name)
		}
	}
	return nil
}

func (v *vault) bring() {
	v.t.Helper()
	v.settle()
	if err := v.apply(v.plan()); err != nil {
		v.t.Fatal(err)
	}
}

// nginx is a balancer in memory that shows what its files hold.
func (v *vault) nginx() *remotetest.Memory {
	m := v.bench.nginx()
	m.Effect("sh", func(cmd remote.Cmd) error {
		v.loads(m, cmd)
		shown, err := tls.X509KeyPair(m.At("/etc/nginx/apimctl/apimctl-test.crt").Data, m.At("/etc/nginx/apimctl/apimctl-test.key").Data)
		for _, h := range v.hosts {
			h.ServeTLS("api.example.com:443", healthy, shown)
		}
		m.ServeTLS("localhost:443", healthy, shown)
		return err
	})
	return m
}
