package playbooks

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

var balancedText = strings.Replace(twoAndTwo, "proxy: {https: 0, http: 0}", "load_balancer: {certificate: lb.pem, key: lb.key, drain: 1s}", 1) +
	"  load-balancer: {hosts: {lb-1: {address: 10.0.0.31}}}\n"

// pair writes the balancers' certificate and key.
func pair(t *testing.T, dir string) tls.Certificate {
	t.Helper()
	c := remotetest.Certificate(t, "api.example.com", "gw.example.com")
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"lb.pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, "lb.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// nginx is a balancer in memory.
func (b *bench) nginx() *remotetest.Memory {
	m := remotetest.New()
	m.Answer("command", func([]string) (string, error) { return "/usr/sbin/nginx\n", nil })
	m.Set("/etc/nginx/conf.d", remote.Dir(0o755, "root:root"))
	m.Set("/etc/nginx/apimctl", remote.Dir(0o755, "root:root"))
	m.SetActive("nginx", true)
	m.Set("/etc/systemd/system/nginx.service", remote.File{Mode: 0o644, Owner: "root:root"})
	m.Effect("sh", func(cmd remote.Cmd) error { b.loads(m, cmd); return nil })
	return m
}

// loads does what the task's script does, and notes who is down whenever something is loaded.
func (b *bench) loads(m *remotetest.Memory, cmd remote.Cmd) {
	folder, staging, stamp, fingerprint := cmd.Argv[4], cmd.Argv[5], cmd.Argv[6], cmd.Argv[7]
	for _, at := range cmd.Argv[10:] {
		if strings.HasSuffix(at, ".key") && cmd.Stdin != "" {
			m.Set(folder+"/"+at, remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(cmd.Stdin.Reveal())})
		}
		if f := m.At(staging + "/" + path.Base(at)); f.Exists() {
			m.Set(folder+"/"+at, f)
			m.Set(staging+"/"+path.Base(at), remote.File{})
		}
	}
	m.Set(stamp, remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(fingerprint)})
	b.down = append(b.down, strings.Join(render.NginxDown(m.At(b.deployment.Balanced.Nginx.Path()).Data), " "))
}

// Nodes that stop are drained before, one after another, and sent requests again once they are healthy.
func TestRollDrains(t *testing.T) {
	b := newBench(t, balancedText)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	if p := b.plan(); p.Changes() > 0 {
		t.Fatalf("after it was applied there is still to do: %v", p.Plays)
	}
	b.down = nil
	p := b.planOf(Restart(b.deployment, Roll{}))
	if err := b.apply(p); err != nil {
		t.Fatal(err)
	}
	if want := []string{"aio-1", "", "aio-2", "", "gw-1", "", "gw-2", ""}; !slices.Equal(b.down, want) {
		t.Errorf("down were %q, not %q", b.down, want)
	}
	var order []string
	for _, batch := range p.Plays[0].Batches[:4] {
		order = append(order, batch.Lanes[0].Host+": "+batch.Lanes[0].Steps[0].Task)
	}
	want := []string{"aio-1: last healthy node", "lb-1: drain", "aio-1: requests in flight", "lb-1: restore"}
	if !slices.Equal(order, want) {
		t.Errorf("the first node's batches are %q, not %q", order, want)
	}
}

// A node on which a run failed stays drained until a later one has it healthy.
func TestFailedNodeStaysDrained(t *testing.T) {
	b := newBench(t, balancedText)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	p := b.planOf(Restart(b.deployment, Roll{}))
	gw := b.hosts["gw-1"]
	gw.Effect("sh", func(cmd remote.Cmd) error {
		if strings.Contains(cmd.Argv[2], "systemctl start") {
			return &remote.ExitError{Code: 1, Stderr: "no"}
		}
		return nil
	})
	b.down = nil
	if err := b.apply(p); err == nil {
		t.Fatal("no error")
	}
	if last := b.down[len(b.down)-1]; last != "gw-1" {
		t.Fatalf("at the end of a run that failed on gw-1 %q is down", last)
	}
	b.hosts["gw-1"] = b.machine(b.node("gw-1")) // installed anew
	b.hosts["gw-1"].ServeTLS("api.example.com:443", healthy, b.balancer)
	hears(b.hosts["gw-1"], "aio-1")
	hears(b.hosts["gw-1"], "aio-2")
	b.down = nil
	p = b.plan()
	var order []string
	for _, batch := range p.Plays[len(p.Plays)-1].Batches {
		order = append(order, batch.Lanes[0].Host)
	}
	if !slices.Equal(order, []string{"gw-1", "lb-1"}) {
		t.Errorf("at the end it works on %v", order)
	}
	if err := b.apply(p); err != nil {
		t.Fatal(err)
	}
	if len(b.down) == 0 || b.down[len(b.down)-1] != "" {
		t.Errorf("after the next run %q were down", b.down)
	}
}

// What clients are shown has to name what they call.
func TestBalancerCertificateNamesTheHostnames(t *testing.T) {
	dir := t.TempDir()
	pair(t, dir)
	inv := &inventory.Inventory{
		Hostnames: map[inventory.Role]string{inventory.AllInOne: "api.example.org"},
		Balancer:  inventory.Balancer{Certificate: filepath.Join(dir, "lb.pem"), Key: filepath.Join(dir, "lb.key")},
		Hosts:     []inventory.Host{{Name: "lb-1", Role: inventory.LoadBalancer}},
	}
	if _, err := balancers(inv, time.Now()); err == nil || !strings.Contains(err.Error(), "does not name api.example.org") {
		t.Errorf("%v", err)
	}
}

// The gateways' own port gets a name of its own on balancers alone: in nginx, in certificates, and in what nodes know of hosts.
func TestManagement(t *testing.T) {
	inv := &inventory.Inventory{
		Hostnames: map[inventory.Role]string{inventory.AllInOne: "api.example.com", inventory.Gateway: "gw.example.com"},
		Balancer:  inventory.Balancer{Management: "gwm.example.com"},
		Hosts: []inventory.Host{
			{Name: "gw-1", Role: inventory.Gateway, Address: "10.0.0.21"}, {Name: "lb-1", Role: inventory.LoadBalancer, Address: "10.0.0.31"},
		},
	}
	if conf := string(render.Nginx(nginxInput(inv))); !strings.Contains(conf, "server_name gwm.example.com;") {
		t.Errorf("nginx has no server for it:\n%s", conf)
	}
	for i, want := range []bool{false, true} {
		if names := KeysOf(inv).Names(inv.Hosts[i]).DNS; slices.Contains(names, "gwm.example.com") != want {
			t.Errorf("%s is called %v", inv.Hosts[i].Name, names)
		}
	}
	lines, err := hostLines(inv)
	if err != nil || !strings.Contains(strings.Join(lines, "\n"), "10.0.0.31 api.example.com gw.example.com gwm.example.com lb-1") {
		t.Errorf("%q, %v", lines, err)
	}
	dir := t.TempDir()
	pair(t, dir)
	inv.Balancer.Certificate, inv.Balancer.Key = filepath.Join(dir, "lb.pem"), filepath.Join(dir, "lb.key")
	if _, err := balancers(inv, time.Now()); err == nil || !strings.Contains(err.Error(), "does not name gwm.example.com") {
		t.Errorf("%v", err)
	}
}

// How a run leaves hosts is told of nodes: a load balancer is none, and is not "not installed".
func TestStandTellsOfNodes(t *testing.T) {
	b := newBench(t, balancedText)
	p := b.plan()
	r := b.runner()
	if err := r.Open(t.Context(), p.Names()); err != nil {
		t.Fatal(err)
	}
	b.events = nil
	r.Stand(t.Context(), Apply(b.deployment), p)
	var told []string
	for _, e := range b.events {
		told = append(told, e.Host)
	}
	if want := []string{"aio-1", "aio-2", "gw-1", "gw-2"}; !slices.Equal(told, want) {
		t.Errorf("it tells of %q, not %q", told, want)
	}
}
