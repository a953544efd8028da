package playbooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"apimctl/inventory"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const twoAndTwo = `name: test
version: 4.6.0
distributions: {all-in-one: aio.zip, gateway: gw.zip}
hostnames: {all-in-one: api.example.com, gateway: gw.example.com}
proxy: {https: 0, http: 0}
ssh: {config: none}
gate: {every: 10ms, for: 5s}
databases:
  manage: none
  driver: mariadb-java-client-3.1.0.jar
  apim_db: {type: mariadb, host: db, name: apim_db, username: a, password: hunter2-planted}
  shared_db: {type: mariadb, host: db, name: shared_db, username: s, password: hunter2-planted}
groups:
  all-in-one: {hosts: {aio-1: {address: 10.0.0.11}, aio-2: {address: 10.0.0.12}}}
  gateway: {hosts: {gw-1: {address: 10.0.0.21}, gw-2: {address: 10.0.0.22}}}
`

// A bench is a deployment on hosts in memory.
type bench struct {
	t          *testing.T
	mu         sync.Mutex // of what hosts' commands note
	deployment Deployment
	hosts      map[string]*remotetest.Memory
	events     []Event
	shown      tls.Certificate // what nodes show: the distributions bring it
	balancer   tls.Certificate // what the load balancers show
	down       []string        // whom the balancers sent nothing to, whenever they loaded something
}

func (b *bench) Report(e Event) { b.events = append(b.events, e) }

type memory struct{ *remotetest.Memory }

func (memory) Close() error { return nil }

func (b *bench) runner() *Runner {
	return &Runner{Reporter: b, Balanced: &b.deployment.Balanced, Connect: func(_ context.Context, host string) (Connection, error) {
		return memory{b.hosts[host]}, nil
	}}
}

func newBench(t *testing.T, text string) *bench {
	t.Helper()
	return benchOf(t, text, remotetest.Certificate(t))
}

// again is another inventory for the same hosts.
func (b *bench) again(text string) *bench {
	b.t.Helper()
	changed := benchOf(b.t, text, b.shown)
	changed.hosts = b.hosts
	return changed
}

func benchOf(t *testing.T, text string, shown tls.Certificate) *bench {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"aio.zip", "gw.zip", "mariadb-java-client-3.1.0.jar"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	balancer := pair(t, dir)
	path := filepath.Join(dir, "inventory.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	inv, err := inventory.Load(path, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	d, err := Settle(inv, products(shown))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, shown: shown, balancer: balancer, deployment: d, hosts: map[string]*remotetest.Memory{}}
	for _, n := range d.Nodes {
		b.hosts[n.Name] = b.machine(n)
	}
	for _, n := range d.Balancers() {
		b.hosts[n.Name] = b.nginx()
	}
	return b
}

// vendorStore is a keystore of the vendor's, with certificates under its alias.
func vendorStore(shown ...[]byte) []byte {
	var b bytes.Buffer
	s := jks.New()
	for _, der := range shown {
		entry := jks.TrustedCertificateEntry{Certificate: jks.Certificate{Type: "X509", Content: der}}
		if err := s.SetTrustedCertificateEntry("wso2carbon", entry); err != nil {
			panic(err) // memory takes it
		}
	}
	if err := s.Store(&b, []byte("wso2carbon")); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// products are distributions whose nodes show a certificate.
func products(shown tls.Certificate) Products {
	tree := func(script string) fstest.MapFS {
		return fstest.MapFS{
			"bin/" + script:                                       {Mode: 0o755, Data: []byte("#!/bin/sh\n")},
			"repository/conf/deployment.toml":                     {Mode: 0o644, Data: []byte("[server]\nhostname = \"localhost\"\n")},
			"repository/components/lib/x":                         {Mode: 0o644},
			"repository/components/dropins/x":                     {Mode: 0o644},
			"repository/logs/x":                                   {Mode: 0o644},
			"repository/resources/security/client-truststore.jks": {Mode: 0o644, Data: vendorStore()},
			"repository/resources/security/wso2carbon.jks":        {Mode: 0o644, Data: vendorStore(shown.Certificate...)},
		}
	}
	return Products{
		inventory.AllInOne: {Name: "wso2am", Version: "4.6.0", Local: "aio.zip", SHA256: strings.Repeat("a1", 32), Size: 1, Unpacked: 1, FS: tree("api-manager.sh")},
		inventory.Gateway:  {Name: "wso2am-universal-gw", Version: "4.6.0", Local: "gw.zip", SHA256: strings.Repeat("b2", 32), Size: 1, Unpacked: 1, FS: tree("gateway.sh")},
	}
}

// machine is a host in memory whose service listens while systemd has it started, and never before an all-in-one listens.
func (b *bench) machine(n Node) *remotetest.Memory {
	m := remotetest.New()
	m.Answer("find", func([]string) (string, error) { return "/usr/lib/jvm/java-17/release\n", nil })
	m.Answer("head", func([]string) (string, error) { return "JAVA_VERSION=\"17.0.15\"\n", nil })
	m.Effect("sh", func(cmd remote.Cmd) error {
		switch script := cmd.Argv[2]; {
		case strings.Contains(script, "useradd"):
			_ = m.Run(context.Background(), remote.Cmd{Argv: []string{"useradd", "--system", "--gid", cmd.Argv[5], cmd.Argv[4]}})
		case strings.Contains(script, "importkeystore"):
			store, note, wanted := cmd.Argv[4], cmd.Argv[6], cmd.Env["WANTED"].Reveal()
			m.Set(note, remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(m.At(store).Sum().SHA256 + "\n" + wanted + "\n")})
		case strings.Contains(script, "systemctl start"):
			b.started(m, n, cmd.Argv[4])
		case strings.Contains(script, "systemctl stop"):
			b.stopped(m, n, cmd.Argv[4])
		case strings.Contains(script, "setsid"):
			b.started(m, n, n.Service())
		case strings.Contains(script, "kill -TERM"):
			b.stopped(m, n, n.Service())
		}
		return nil
	})
	return m
}

func (b *bench) started(m *remotetest.Memory, n Node, unit string) {
	runs(m, n, unit)
	m.Serve("localhost:9763", healthy)
	m.ServeTLS("localhost:9443", healthy, b.shown)
	m.Serve("localhost:8243", healthy)
	b.reach(n, healthy)
	if n.Role == inventory.AllInOne {
		for _, h := range b.hosts {
			hears(h, n.Name)
			h.ServeTLS(net.JoinHostPort("api.example.com", "9443"), healthy, b.shown)
			h.ServeTLS(net.JoinHostPort("api.example.com", "443"), healthy, b.balancer)
		}
	}
}

// runs has systemd run the unit, and the process be there.
func runs(m *remotetest.Memory, n Node, unit string) {
	m.SetActive(unit, true)
	m.Set(n.Home()+"/wso2carbon.pid", remote.File{Mode: 0o644, Owner: "wso2carbon:wso2", Data: []byte("42\n\x00\x00")})
	m.Set("/proc/42/cmdline", remote.File{Mode: 0o444, Owner: "root:root", Data: []byte("java\x00-Dcarbon.home=" + n.Home() + "\x00")})
}

// hears has a host reach JMS and the data bridges of an all-in-one node.
func hears(h *remotetest.Memory, node string) {
	for _, port := range []string{"5672", "8672", "9611", "9711"} {
		h.Listen(net.JoinHostPort(node, port), func(c net.Conn) { _ = c.Close() })
	}
}

func (b *bench) stopped(m *remotetest.Memory, n Node, unit string) {
	m.SetActive(unit, false)
	m.Set("/proc/42/cmdline", remote.File{})
	m.Serve("localhost:9763", nil)
	m.Serve("localhost:9443", nil)
	m.Serve("localhost:8243", nil)
	b.reach(n, nil)
}

// reach has other nodes reach a node, or not.
func (b *bench) reach(n Node, h http.Handler) {
	for _, m := range b.hosts {
		m.ServeTLS(net.JoinHostPort(n.Address, "9443"), h, b.shown)
	}
}

// plan is apply's, after a look at whom the balancers have down.
func (b *bench) plan() plan.Plan {
	b.t.Helper()
	r := b.runner()
	if err := r.Open(context.Background(), slices.Collect(maps.Keys(b.hosts))); err != nil {
		b.t.Fatal(err)
	}
	d, err := b.deployment.Drained(context.Background(), r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.deployment = d
	return b.planOf(Apply(d))
}

func (b *bench) planOf(pb Playbook) plan.Plan {
	b.t.Helper()
	r := b.runner()
	if err := r.Open(context.Background(), pb.hosts()); err != nil {
		b.t.Fatal(err)
	}
	p, err := r.Plan(context.Background(), "test", pb)
	if err != nil {
		b.t.Fatal(err)
	}
	return p
}

func (b *bench) apply(p plan.Plan) error {
	r := b.runner()
	if err := r.Open(context.Background(), slices.Collect(maps.Keys(b.hosts))); err != nil {
		return err
	}
	return r.Apply(context.Background(), p)
}
