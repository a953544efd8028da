package playbooks

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"apimctl/render"
	"apimctl/tasks/keystore"
)

const ciphered = generated + "secrets: {on_nodes: cipher}\n"

func newCipherVault(t *testing.T, certificates string) *vault {
	t.Helper()
	v := newVault(t, certificates)
	for _, p := range v.products {
		p.FS.(fstest.MapFS)["repository/conf/security/x"] = &fstest.MapFile{Mode: 0o644}
	}
	return v
}

// secrets are what a node's own key makes of its [secrets].
func (v *vault) secrets(t *testing.T, n Node) map[string]string {
	t.Helper()
	h := v.hosts[n.Name]
	keys, err := keystore.ReadKeys(h.At(n.security("wso2carbon.jks")).Data, v.word)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(keys[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	l, err := render.ParseTOML("deployment.toml", h.At(n.conf()).Data)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, s := range l.Settings {
		if s.Key[0] != "secrets" {
			continue
		}
		data, err := base64.StdEncoding.DecodeString(s.Value.(string))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := rsa.DecryptOAEP(sha1.New(), nil, key.(*rsa.PrivateKey), data, nil)
		if err != nil {
			t.Fatalf("%s: %s: %v", n.Name, s.Key[1], err)
		}
		all[s.Key[1]] = string(plain)
	}
	return all
}

// sealed wants every node to decrypt its secrets, no other file to hold one, and nothing to be left to do.
func (v *vault) sealed(t *testing.T, database string) {
	t.Helper()
	v.settle()
	if p := v.plan(); p.Changes() != 0 {
		t.Errorf("a second plan has %d changes", p.Changes())
	}
	for _, n := range v.deployment.Nodes {
		had := v.secrets(t, n)
		for alias, want := range map[string]string{
			"database_shared_db_password": database, "super_admin_password": "admin", "keystore_internal_password": v.word, "truststore_password": v.word,
		} {
			if had[alias] != want {
				t.Errorf("%s: %s is %q, not %q", n.Name, alias, had[alias], want)
			}
		}
		for name, f := range v.hosts[n.Name].Snapshot() {
			told := bytes.Contains(f.Data, []byte("planted"))
			if told != (path.Base(name) == "password-persist") {
				t.Errorf("%s: %s: a password is in it: %v", n.Name, name, told)
			}
		}
		if f := v.hosts[n.Name].At(n.Home() + "/password-persist"); f.Mode != 0o400 || f.Owner != "wso2carbon:wso2" || string(f.Data) != v.word+"\n" {
			t.Errorf("%s: password-persist is %v %s", n.Name, f.Mode, f.Owner)
		}
	}
}

// Nodes hold their secrets encrypted, and a plan with nothing to do is empty although the encryption is random. A secret that changes is
// encrypted anew and no other; with other passwords of the stores, or another signing key, all are.
func TestCipher(t *testing.T) {
	v := newCipherVault(t, ciphered)
	v.settle()
	if text := string(v.deployment.Nodes[0].TOML); strings.Count(text, notYet) < 5 {
		t.Errorf("before there is a key the configuration is\n%s", text)
	}
	v.make()
	v.bring()
	v.sealed(t, "hunter2-planted")

	before := secretLines(v.deployment.Nodes[0])
	v.write(ciphered)
	v.replaceIn("password: hunter2-planted}\n  shared_db", "password: planted-other}\n  shared_db")
	v.bring()
	var changed []string
	for alias, text := range secretLines(v.deployment.Nodes[0]) {
		if before[alias] != text {
			changed = append(changed, alias)
		}
	}
	if fmt.Sprint(changed) != "[database_apim_db_password]" {
		t.Errorf("one password changed, and anew is %v", changed)
	}
	v.word = "planted-other-store"
	v.write(ciphered)
	v.bring()
	v.sealed(t, "hunter2-planted")

	if err := KeysOf(v.inventory()).ReplaceSigning(time.Now()); err != nil {
		t.Fatal(err)
	}
	v.bring()
	v.sealed(t, "hunter2-planted")
}

// replaceIn changes the inventory.
func (v *vault) replaceIn(had, want string) {
	v.t.Helper()
	data, err := os.ReadFile(filepath.Join(v.dir, "inventory.yaml"))
	if err != nil || !bytes.Contains(data, []byte(had)) {
		v.t.Fatalf("%q is not in the inventory: %v", had, err)
	}
	v.file("inventory.yaml", bytes.Replace(data, []byte(had), []byte(want), 1))
}

func secretLines(n Node) map[string]string {
	all := map[string]string{}
	for _, e := range n.Config.Explain("secrets") {
		all[e.Path[1]] = e.Value.(string)
	}
	return all
}
