package playbooks

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
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
	d, err := Settle(inv, products())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, balancer: balancer, deployment: d, hosts: map[string]*remotetest.Memory{}}
	for _, n := range d.Nodes {
		b.hosts[n.Name] = b.machine(n)
	}
	for _, n := range d.Balancers() {
		b.hosts[n.Name] = b.nginx()
	}
	return b
}

// emptyStore is a truststore with nothing in it.
func emptyStore() []byte {
	var b bytes.Buffer
	if err := jks.New().Store(&b, []byte("wso2carbon")); err != nil {
		panic(err) // memory takes it
	}
	return b.Bytes()
}

func products() Products {
	tree := func(script string) fstest.MapFS {
		return fstest.MapFS{
			"bin/" + script:                                       {Mode: 0o755, Data: []byte("#!/bin/sh\n")},
			"repository/conf/deployment.toml":                     {Mode: 0o644, Data: []byte("[server]\nhostname = \"localhost\"\n")},
			"repository/components/lib/x":                         {Mode: 0o644},
			"repository/components/dropins/x":                     {Mode: 0o644},
			"repository/logs/x":                                   {Mode: 0o644},
			"repository/resources/security/client-truststore.jks": {Mode: 0o644, Data: emptyStore()},
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
	m.Answer("ls", func([]string) (string, error) { return "", &remote.ExitError{Code: 2} })
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
		}
		return nil
	})
	return m
}

func (b *bench) started(m *remotetest.Memory, n Node, unit string) {
	m.SetActive(unit, true)
	m.Set(n.Home()+"/wso2carbon.pid", remote.File{Mode: 0o644, Owner: "wso2carbon:wso2", Data: []byte("42\n\x00\x00")})
	m.Set("/proc/42/cmdline", remote.File{Mode: 0o444, Owner: "root:root", Data: []byte("java\x00-Dcarbon.home=" + n.Home() + "\x00")})
	ok := well()
	m.Serve("localhost:9763", ok)
	m.ServeTLS("localhost:9443", ok, remotetest.Certificate(b.t))
	b.reach(n, ok)
	if n.Role == inventory.AllInOne {
		for _, h := range b.hosts {
			hears(h, n.Name)
			h.ServeTLS(net.JoinHostPort("api.example.com", "9443"), ok, remotetest.Certificate(b.t))
			h.ServeTLS(net.JoinHostPort("api.example.com", "443"), ok, b.balancer)
		}
	}
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
	b.reach(n, nil)
}

// reach has other nodes reach a node, or not.
func (b *bench) reach(n Node, h http.Handler) {
	cert := remotetest.Certificate(b.t)
	for _, m := range b.hosts {
		m.ServeTLS(net.JoinHostPort(n.Address, "9443"), h, cert)
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

func TestApplyTwice(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	before := map[string]int{}
	for name, m := range b.hosts {
		before[name] = m.Counts().Exchanges
	}
	if p := b.plan(); p.Changes() > 0 {
		t.Errorf("after it was applied there is still to do: %v", p.Plays)
	}
	for name, m := range b.hosts {
		if n := m.Counts().Exchanges - before[name]; n > 3 {
			t.Errorf("%s: a plan with nothing to do took %d exchanges", name, n)
		}
	}
}

// All-in-ones start one after another, each healthy before the next, and gateways after them.
func TestApplyOrder(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, e := range b.events {
		if e.Kind == ChangeDone && (strings.HasPrefix(e.Change, "start ") || strings.HasSuffix(e.Change, ".stamp")) {
			order = append(order, e.Host)
		}
	}
	want := []string{"aio-1", "aio-1", "aio-2", "aio-2", "gw-1", "gw-1", "gw-2", "gw-2"}
	if !slices.Equal(order, want) {
		t.Errorf("nodes started and were stamped in the order %v, not %v", order, want)
	}
}

// Only nodes whose files change restart.
func TestApplyRestartsWhatChanges(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	changed := newBench(t, strings.Replace(twoAndTwo, "address: 10.0.0.22", "address: 10.0.0.22, config: {apim.jwt.enable: true}", 1))
	changed.hosts = b.hosts
	p := changed.plan()
	if got := p.Interrupted(); !slices.Equal(got, []string{"gw-2"}) {
		t.Errorf("%v restart, not gw-2 alone", got)
	}
}

// Whatever change of whatever host fails, the next run finishes.
func TestApplyAfterEveryFailure(t *testing.T) {
	for _, host := range []string{"aio-1", "gw-2"} {
		for n := 1; ; n++ {
			b := newBench(t, twoAndTwo)
			broken := errors.New("broken")
			b.hosts[host].FailAt(n, broken)
			err := b.apply(b.plan())
			if err == nil {
				break // it has fewer changes than n
			}
			var at *HostError
			if !errors.As(err, &at) || at.Host != host || !errors.Is(err, broken) {
				t.Fatalf("%s: failure %d is %v", host, n, err)
			}
			if err := b.apply(b.plan()); err != nil {
				t.Fatalf("%s: after failure %d: %v", host, n, err)
			}
			if p := b.plan(); p.Changes() > 0 {
				t.Errorf("%s: after failure %d and another run there is still to do", host, n)
			}
		}
	}
}

// The others of a batch go on, what comes after does not begin.
func TestApplyStopsAfterAFailedBatch(t *testing.T) {
	b := newBench(t, twoAndTwo)
	b.hosts["aio-1"].Effect("sh", func(remote.Cmd) error { return &remote.ExitError{Code: 1, Stderr: "no"} })
	err := b.apply(b.plan())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"aio-1: user: add user wso2carbon: exit status 1: no"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error is %q, without %q", err, want)
		}
	}
	for _, host := range []string{"aio-2", "gw-1", "gw-2"} {
		if !b.hosts[host].At("/etc/hosts").Exists() || !strings.Contains(string(b.hosts[host].At("/etc/hosts").Data), "api.example.com") {
			t.Errorf("%s: was not prepared to its end", host)
		}
		if b.hosts[host].Active("wso2-all-in-one") || b.hosts[host].Active("wso2-gateway") {
			t.Errorf("%s: was started after a host failed", host)
		}
	}
}

func TestPlanHoldsNoSecret(t *testing.T) {
	b := newBench(t, twoAndTwo)
	p := b.plan()
	data, err := plan.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(data)
	for _, g := range plan.Group(p) {
		for _, c := range g.Changes {
			shown += c.String() + c.Diff()
		}
	}
	if strings.Contains(shown, "hunter2") {
		t.Error("the plan shows a password")
	}
	if err := b.apply(p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(b.events), "hunter2") {
		t.Error("events show a password")
	}
}
