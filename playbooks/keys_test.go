package playbooks

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

var behindBalancer = strings.Replace(twoAndTwo, "proxy: {https: 0, http: 0}", "load_balancer: {drain: 1s}", 1) +
	"  load-balancer: {hosts: {lb-1: {address: 10.0.0.31}}}\n"

// From nothing to gates that verify each node by its name, and then no key is needed any more.
func TestGenerate(t *testing.T) {
	v := newVault(t, generated)
	v.settle()
	if _, err := os.Stat(filepath.Join(v.dir, "pki")); err == nil {
		t.Error("settling made keys")
	}
	v.make()
	p := v.plan()
	data, err := plan.Marshal(p)
	if err != nil || bytes.Contains(data, []byte("planted")) || !bytes.Contains(data, []byte("the private key of ")) {
		t.Errorf("the saved plan holds what it must not, or names no key: %v", err)
	}
	if err := v.apply(p); err != nil {
		t.Fatal(err)
	}
	for _, n := range v.deployment.Nodes {
		if unit := string(v.hosts[n.Name].At("/etc/systemd/system/" + n.Service() + ".service").Data); !strings.Contains(unit, "hostnameVerifier=Strict") {
			t.Errorf("%s verifies no names: %s", n.Name, unit)
		}
	}
	if err := os.Remove(filepath.Join(v.dir, "id.txt")); err != nil {
		t.Fatal(err)
	}
	v.make()
	if p := v.plan(); p.Changes() > 0 {
		t.Errorf("without the identity there is left to do: %v", p.Plays)
	}
	v.trusts(t)
	v.watched(t)
}

// watched has the watch see every store and port, and tell what is wrong.
func (v *vault) watched(t *testing.T) {
	t.Helper()
	look := func(within time.Duration) (Watch, []Seen) {
		w := Watch{Deployment: v.deployment, Now: time.Now(), Within: within}
		var all []Seen
		for _, n := range v.deployment.Nodes {
			seen, err := w.Look(t.Context(), n, v.hosts[n.Name])
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, seen...)
		}
		Compare(all)
		return w, all
	}
	w, all := look(30 * 24 * time.Hour)
	uses := map[string]int{}
	for _, s := range all {
		uses[s.Use]++
		if s.Problem != "" || s.Days < 700 {
			t.Errorf("%+v is wrong", s)
		}
	}
	if want := map[string]int{"tls": 4, "primary and internal": 4, "truststore": 12, "served": 4}; !maps.Equal(uses, want) || w.Expiring(all) {
		t.Errorf("it sees %v, not %v", uses, want)
	}
	if w, all := look(800 * 24 * time.Hour); !w.Expiring(all) || all[0].Fix != "apimctl certs rotate --host aio-1" {
		t.Errorf("in 800 days %+v does not expire", all[0])
	}
	gw1, gw2 := v.deployment.Nodes[2], v.deployment.Nodes[3]
	shipped := v.products[inventory.Gateway].FS.(fstest.MapFS)["repository/resources/security/wso2carbon.jks"].Data
	own := v.hosts[gw1.Name].At(gw1.security("wso2carbon.jks"))
	tls1 := v.hosts[gw1.Name].At(gw1.security("tls.jks"))
	v.hosts[gw1.Name].Set(gw1.security("wso2carbon.jks"), remote.File{Mode: 0o600, Owner: own.Owner, Data: shipped})
	v.hosts[gw2.Name].Set(gw2.security("wso2carbon.jks"), tls1)
	v.hosts[gw2.Name].Set(gw2.security("tls.jks"), own)
	_, all = look(0)
	var told []string
	for _, s := range all {
		if s.Problem != "" {
			told = append(told, s.Host+" "+s.Where+": "+s.Problem)
		}
	}
	for i, want := range []string{
		"gw-1 wso2carbon.jks: wrong keystore password", "gw-2 wso2carbon.jks: it is not the signing certificate of the other nodes",
		"gw-2 port 9443: it is not the one in the node's TLS keystore",
	} {
		if len(told) != 3 || !strings.HasPrefix(told[i], want) {
			t.Errorf("it tells %q, without %q", told, want)
		}
	}
}

// Everybody trusts what anybody shows after every step, each of which may be done twice; the signing key stays. Load balancers are among them.
func TestRotateCA(t *testing.T) {
	v := newVault(t, generated)
	v.base = behindBalancer
	v.write(generated)
	v.make()
	v.bring()
	k := KeysOf(v.inventory())
	old, err := k.Roots()
	signing := v.deployment.PKI.Signing.Chain[0]
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		k = KeysOf(v.inventory()) // as after a kill
		r, err := k.Begin(true, []string{"aio-1", "aio-2", "gw-1", "gw-2", "lb-1"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		step := r.Next()
		for range 2 {
			if step.Node != "" {
				if err := k.Switch(r, step.Node, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			v.bring()
			v.trusts(t)
		}
		if r, err = r.Advance(step); err == nil {
			err = k.SaveRotation(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Phase == pki.Done {
			break
		}
	}
	if trusted := v.pem(v.deployment.Balancers()[0], tasks.Nginx.Trusts); len(trusted) != 1 {
		t.Errorf("after the rotation the balancer trusts %d", len(trusted))
	}
	if err := os.Remove(filepath.Join(v.dir, "id.txt")); err != nil {
		t.Fatal(err)
	}
	v.make()
	if p := v.plan(); p.Changes() > 0 {
		t.Errorf("after the rotation there is left to do: %v", p.Plays)
	}
	if now := v.deployment.PKI.Anchors; len(now) != 1 || bytes.Equal(now[0].DER, old[0].Raw) || !bytes.Equal(v.deployment.PKI.Signing.Chain[0], signing) {
		t.Errorf("after the rotation %d are trusted", len(now))
	}
}

// A deployment that runs with the vendor's keys gets its own. That nodes mistrust one another meanwhile is told.
func TestFromTheVendors(t *testing.T) {
	v := newVault(t, "")
	v.word = vendorPassword
	v.write("")
	v.bring()
	v.write(generated)
	v.make()
	if names := v.deployment.Strangers(v.plan()); !slices.Equal(names, []string{"aio-1", "aio-2", "gw-1", "gw-2"}) {
		t.Errorf("it tells of %v", names)
	}
	v.bring()
	v.trusts(t)
}

// A CA that comes without a rotation: the balancers trust the one before until no node shows it any more.
func TestAnotherCA(t *testing.T) {
	v := newVault(t, generated)
	v.base = behindBalancer
	v.write(generated)
	v.make()
	if names := v.deployment.Strangers(v.plan()); names != nil {
		t.Errorf("nodes that are just installed mistrust one another: %v", names)
	}
	v.bring()
	old, err := os.ReadFile(filepath.Join(v.dir, "pki", "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	v.file("old.pem", old)
	for _, name := range []string{"ca.pem", "ca.key.age", "nodes"} {
		if err := os.RemoveAll(filepath.Join(v.dir, "pki", name)); err != nil {
			t.Fatal(err)
		}
	}
	v.write(strings.Replace(generated, "mode:", "trust: [{alias: old, file: old.pem}], mode:", 1))
	v.make()
	p := v.plan()
	if first, last := toTrust(p.Plays[0]), toTrust(p.Plays[len(p.Plays)-1]); first != 2 || last != 1 {
		t.Errorf("the balancer trusts %d, and in the end %d", first, last)
	}
	v.bring()
	v.trusts(t)
}

// toTrust is how many certificates a play has the balancers trust.
func toTrust(of plan.Play) int {
	for _, s := range of.Batches[0].Lanes[0].Steps {
		for _, c := range s.Changes {
			if put, ok := c.(plan.Put); ok && strings.HasSuffix(put.Path, "-nodes.pem") {
				return bytes.Count(put.Want.Data, []byte("BEGIN"))
			}
		}
	}
	return 0
}

// Without the folder of keys the nodes' signing key is not replaced by a new one.
func TestKeysLost(t *testing.T) {
	v := newVault(t, generated)
	v.make()
	v.bring()
	if err := os.RemoveAll(filepath.Join(v.dir, "pki")); err != nil {
		t.Fatal(err)
	}
	v.make()
	r := v.runner()
	pb := Apply(v.deployment)
	if err := r.Open(t.Context(), pb.hosts()); err != nil {
		t.Fatal(err)
	}
	_, err := r.Plan(t.Context(), "test", pb)
	var refused *tasks.SigningKeyError
	if !errors.As(err, &refused) {
		t.Errorf("the error is %v", err)
	}
	if err := KeysOf(v.inventory()).ReplaceSigning(time.Now()); err != nil {
		t.Fatal(err)
	}
	v.deployment.PKI.Replaces = true
	if p := v.plan(); p.Changes() == 0 {
		t.Error("it is not replaced when that is understood")
	}
}

// A signing key that was replaced on purpose reaches the nodes by any apply.
func TestReplaceSigning(t *testing.T) {
	v := newVault(t, generated)
	v.make()
	v.bring()
	if err := KeysOf(v.inventory()).ReplaceSigning(time.Now()); err != nil {
		t.Fatal(err)
	}
	v.bring()
	if p := v.plan(); p.Changes() > 0 {
		t.Errorf("there is left to do: %v", p.Plays)
	}
}

// Another password for the stores reaches them and deployment.toml in one plan; what signs stays.
func TestStorePasswordChanges(t *testing.T) {
	v := newVault(t, generated)
	v.make()
	v.bring()
	v.word = "planted-another"
	v.write(generated)
	v.bring()
	v.trusts(t)
	for _, n := range v.deployment.Nodes {
		s, err := keystore.Read(v.hosts[n.Name].At(n.security("wso2carbon.jks")).Data, v.word)
		if err != nil || !bytes.Equal(s.Entries[0].Raw[0], v.deployment.PKI.Signing.Chain[0]) {
			t.Errorf("%s: %v", n.Name, err)
		}
		if toml := string(v.hosts[n.Name].At(n.conf()).Data); strings.Contains(toml, "planted-store") || !strings.Contains(toml, v.word) {
			t.Errorf("%s: its deployment.toml has the password of before", n.Name)
		}
	}
	if p := v.plan(); p.Changes() > 0 {
		t.Errorf("there is left to do: %v", p.Plays)
	}
}
