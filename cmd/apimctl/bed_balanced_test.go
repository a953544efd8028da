package main

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote/remotetest"
)

// TestBedLoad rolls a deployment behind a real nginx, under load: 200 requests a second from this machine, on kept-open connections.
func TestBedLoad(t *testing.T) {
	b := openBed(t)
	client := b.balance(t)
	b.wipe(t)
	t.Cleanup(func() { b.wipe(t) })
	b.wants(t, exitOK, "apply", "-i", b.inventory(t, "bare"), "--yes")
	b.onNodes(t, quickly, "")
	for n, had := range b.onNodes(t, `systemctl show -p TimeoutStopUSec --value wso2-all-in-one wso2-gateway`, "") {
		if !strings.Contains(had, "infinity") {
			t.Errorf("%s: systemd kills what does not stop: %s", n, had)
		}
	}
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bed, *http.Client)
	}{
		{"rolls lose no request", loadRolls},
		{"a node that dies in a roll ends it, and no request is lost", loadDies},
		{"without draining requests are lost", loadUndrained},
		{"the last healthy gateway is not stopped", loadLast},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, b, client) })
	}
}

// quickly has nodes start fast, and cut at their stop what takes longer than 100 ms, as the product does after minutes.
const (
	quickly = `for d in /opt/wso2/all-in-one /opt/wso2/gateway; do [ ! -d $d ] || printf 'start.seconds=0.2\ndrain.seconds=0.1\n' >$d/repository/conf/standin.properties; done`
	crashes = `printf 'start.seconds=40\ncrash.after=2\ncrash.status=3\n' >/opt/wso2/gateway/repository/conf/standin.properties`
)

// balance gives the bed's deployment its load balancer, with a certificate of the test's. The client calls through that.
func (b *bed) balance(t *testing.T) *http.Client {
	t.Helper()
	c := remotetest.Certificate(t, "api.am.wso2.com", "gw.am.wso2.com")
	key, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"test-lb.pem": {Type: "CERTIFICATE", Bytes: c.Certificate[0]}, "test-lb.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(b.dir+"/"+name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Remove(b.dir + "/" + name) })
	}
	b.edits = append(b.edits,
		"\nproxy: {https: 0, http: 0}", "\nload_balancer: {certificate: test-lb.pem, key: test-lb.key, drain: 5s}\n#",
		"\ngroups:\n", "\ngroups:\n  load-balancer: {hosts: {lb-1: {address: "+b.vars["BED_LB_1"]+"}}}\n",
	)
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return loadClient(t, fromAfar(t, b.vars["BED_PROJECT"]+"-lb-1"), roots)
}

// afar passes connections on to the nginx beside it, each from another network: portals are sticky by the client's, and the test has one.
const afar = `use IO::Socket::INET; use IO::Select; use strict;
$SIG{PIPE} = 'IGNORE';
my $door = IO::Socket::INET->new(LocalPort => 4430, Listen => 128, ReuseAddr => 1) or die $!;
my ($all, $n, %to) = (IO::Select->new($door), 0);
while (my @ready = $all->can_read) {
	for my $from (@ready) {
		if ($from == $door) {
			my $client = $door->accept or next;
			my $nginx = IO::Socket::INET->new(PeerAddr => '127.0.0.1:443', LocalAddr => '127.0.' . $n++ % 250 . '.1') or next;
			@to{$client, $nginx} = ($nginx, $client);
			$all->add($client, $nginx);
		} elsif (my $peer = $to{$from}) {
			my $had = sysread($from, my $said, 65536);
			next if $had and syswrite($peer, $said);
			$all->remove($from, $peer);
			delete @to{$from, $peer};
			close $_ for $from, $peer;
		}
	}
}`

// fromAfar is an address of this machine at which clients reach a balancer as if they came from many networks.
func fromAfar(t *testing.T, container string) string {
	t.Helper()
	start := exec.Command("docker", "exec", "-i", container, "sh", "-ec", `cat >/run/afar
systemctl stop afar 2>/dev/null || true
systemd-run --quiet --collect --unit=afar perl /run/afar
until ss -ltn | grep -q :4430; do systemctl -q is-active afar; sleep 0.1; done`)
	start.Stdin = strings.NewReader(afar)
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("docker", "exec", container, "systemctl", "stop", "afar").Run() })
	at, err := exec.Command("docker", "port", container, "4430").Output()
	if err != nil {
		t.Fatal(err)
	}
	address, _, _ := strings.Cut(string(at), "\n")
	return address
}

const anAPI, aPortal = "https://gw.am.wso2.com/ping", "https://api.am.wso2.com/publisher"

// underLoad is the load of these tests: API calls, some of which take a while, and portals.
func underLoad(t *testing.T, client *http.Client) *load {
	return startLoad(t, client, []string{anAPI, aPortal, anAPI + "?delay=300", aPortal}, 200)
}

// shares waits until all these nodes have answered, and logs who answered since that was asked last.
func (l *load) shares(t *testing.T, when string, nodes ...string) {
	t.Helper()
	had := map[string]int{}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Second) {
		for n, count := range l.since() {
			had[n] += count
		}
		silent := slices.DeleteFunc(slices.Clone(nodes), func(n string) bool { return had[n] > 0 })
		if len(silent) == 0 {
			t.Logf("%s: answered by %v", when, had)
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: answered by %v, and not by %v", when, had, silent)
		}
	}
}

// lost ends the load and wants nothing of it to have failed.
func (l *load) lost(t *testing.T) {
	t.Helper()
	failed := l.stop()
	t.Log(l)
	if len(failed) > 0 {
		t.Errorf("%d of %d requests failed:\n%s", len(failed), l.sent, strings.Join(failed[:min(20, len(failed))], "\n"))
	}
}

// rolls restarts every node under load.
func (b *bed) rolls(t *testing.T, client *http.Client, inv string) *load {
	t.Helper()
	l := underLoad(t, client)
	time.Sleep(2 * time.Second)
	l.shares(t, "before", b.nodes...)
	b.wants(t, exitOK, "restart", "-i", inv, "--yes")
	l.shares(t, "during restart", b.nodes...)
	return l
}

// loadRolls restarts every node, and has an apply change the configuration of every node.
func loadRolls(t *testing.T, b *bed, client *http.Client) {
	before := b.processes(t)
	l := b.rolls(t, client, b.inventory(t, "rolls"))
	between := b.processes(t)
	for _, n := range b.nodes {
		b.config[n] = "rolled"
	}
	b.wants(t, exitOK, "apply", "-i", b.inventory(t, "rolled"), "--yes")
	l.shares(t, "during apply", b.nodes...)
	time.Sleep(2 * time.Second)
	l.shares(t, "after", b.nodes...)
	l.lost(t)
	for n, now := range b.processes(t) {
		if between[n] == before[n] || now == between[n] {
			t.Errorf("%s was not restarted twice: %q, %q, %q", n, before[n], between[n], now)
		}
	}
}

// loadDies has the first gateway of a roll crash at its start. The second one is left alone, and the next run goes on.
func loadDies(t *testing.T, b *bed, client *http.Client) {
	b.on(t, "gw-1", crashes)
	before := b.processes(t)
	l := underLoad(t, client)
	inv := b.inventory(t, "dies")
	r := b.wants(t, exitGate, "restart", "-i", inv, "--limit", "gateway", "--yes")
	if !strings.Contains(r.err+r.out, "now gw-2: running, healthy; not reached by this run") {
		t.Errorf("it does not say how gw-2 stands: %s%s", r.out, r.err)
	}
	if now := b.processes(t); now["gw-2"] != before["gw-2"] || now["gw-1"] == before["gw-1"] {
		t.Errorf("processes were %v, and are %v", before, now)
	}
	if down := b.on(t, "lb-1", `grep -c 'down; # gw-1' /etc/nginx/conf.d/apimctl-bed.conf; ! grep 'down; # gw-2' /etc/nginx/conf.d/apimctl-bed.conf`); down == "0\n" {
		t.Errorf("gw-1 is sent requests again, and is not healthy")
	}
	b.on(t, "gw-1", quickly)
	b.wants(t, exitOK, "apply", "-i", inv, "--yes")
	l.since()
	l.shares(t, "once it is mended", b.nodes...)
	l.lost(t)
}

// loadLast has a gateway killed by hand. The other one is not stopped.
func loadLast(t *testing.T, b *bed, _ *http.Client) {
	b.on(t, "gw-1", `systemctl kill --signal=KILL wso2-gateway; systemctl stop wso2-gateway`)
	before := b.processes(t)
	r := b.wants(t, exitGate, "restart", "-i", b.inventory(t, "last"), "--limit", "gw-2", "--yes")
	if !strings.Contains(r.err, "it is the last healthy gateway, and is not stopped") || !strings.Contains(r.err, "  next: bring another gateway up first") {
		t.Errorf("it says %s", r.err)
	}
	if now := b.processes(t); !maps.Equal(now, before) || now["gw-1"] != "none\n" {
		t.Errorf("processes were %v, and are %v", before, now)
	}
}

// loadUndrained is the same load and the same roll, with a balancer that apimctl does not know of: it has to see what that costs.
func loadUndrained(t *testing.T, b *bed, client *http.Client) {
	before := b.processes(t)
	l := b.rolls(t, client, b.inventory(t, "undrained", "\nload_balancer: {", "\n#", "\n  load-balancer: {", "\n  #"))
	failed := l.stop()
	portals := slices.DeleteFunc(slices.Clone(failed), func(f string) bool { return !strings.Contains(f, " "+aPortal) })
	t.Logf("%v; of what failed %d are portals", l, len(portals))
	if len(failed) == 0 {
		t.Error("nothing was lost in a roll that drains nothing: this test sees no failures")
	}
	for n, now := range b.processes(t) {
		if now == before[n] {
			t.Errorf("%s was not restarted", n)
		}
	}
}
