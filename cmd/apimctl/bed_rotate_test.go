package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"apimctl/playbooks"
	"apimctl/tasks/keystore"
)

// TestBedRotatesUnderLoad replaces the CA and every key, the load balancer's too, while clients call APIs and portals through that. It is killed at
// five points and goes on, and no request is lost. Every node restarts three times.
func TestBedRotatesUnderLoad(t *testing.T) {
	b := openVaultBed(t)
	b.balance(t)
	b.bare(t)
	b.wants(t, exitOK, []string{bedPassphrase}, "apply", "--yes")
	for host := range b.nodes {
		b.on(t, host, quickly)
	}
	before := b.status(t)
	nodes := slices.Sorted(maps.Keys(b.nodes))
	l := underLoad(t, b.client(t))
	time.Sleep(2 * time.Second)
	l.shares(t, "before", nodes...)
	for _, at := range []strike{
		{kind: playbooks.ChangeDone, host: "aio-1", begins: "stop "}, // while all come to trust the new CA
		{kind: playbooks.ChangeDone, host: "aio-1", begins: "make tls.jks"},
		{kind: playbooks.ChangeDone, host: "gw-1", begins: "start "}, // while it is drained
		{kind: playbooks.ChangeDone, host: "lb-1", begins: "write /var/lib/apimctl/nginx/apimctl-bed.crt"},
		{kind: playbooks.ChangeDone, host: "gw-1", begins: "remove from client-truststore.jks: apimctl-ca-old"},
	} {
		at.kills(t, b.rotates())
		l.shares(t, "until it is killed at "+at.host+": "+at.begins)
		b.wants(t, exitOK, nil, "lock", "break", "--yes") // nothing runs there any more: its lease need not be waited for
	}
	b.wants(t, exitOK, []string{bedPassphrase}, "certs", "rotate", "--ca", "--yes")
	l.shares(t, "until it is done", nodes...)
	time.Sleep(2 * time.Second)
	l.shares(t, "after", nodes...)
	l.lost(t)
	b.renewed(t, before, append(nodes, "lb-1"), true)
	b.shows(t, "lb-1", "api.am.wso2.com", "443", "8099", "8021")
}

// balance gives the deployment its load balancer.
func (b *vaultBed) balance(t *testing.T) {
	t.Helper()
	had, err := os.ReadFile(b.inventory)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("\nproxy: {https: 0, http: 0}", "\nload_balancer: {drain: 5s}\n#",
		"\ngroups:\n", "\ngroups:\n  load-balancer: {hosts: {lb-1: {address: "+b.address(t, "lb-1")+"}}}\n").Replace(string(had))
	if err := os.WriteFile(b.inventory, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.on(t, "lb-1", `systemctl disable --now nginx >/dev/null 2>&1; rm -rf /etc/nginx/conf.d/apimctl-* /etc/nginx/apimctl /var/lib/apimctl`)
	})
}

// client calls through the load balancer. It trusts whatever CA the deployment has had.
func (b *vaultBed) client(t *testing.T) *http.Client {
	t.Helper()
	client := loadClient(t, fromAfar(t, b.project+"-lb-1"), nil)
	var mu sync.Mutex
	roots := x509.NewCertPool()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		mu.Lock()
		defer mu.Unlock()
		ca, err := os.ReadFile(filepath.Join(b.dir, "pki", "ca.pem"))
		if err == nil {
			roots.AppendCertsFromPEM(ca)
		} else if !errors.Is(err, os.ErrNotExist) { // it is just being replaced
			return err
		}
		_, err = s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: s.ServerName})
		return err
	}}
	return client
}

// rotates is a run that rotates the CA, or goes on with that, and prints events.
func (b *vaultBed) rotates() *exec.Cmd {
	cmd := exec.Command(b.binary, "certs", "rotate", "--ca", "--yes", "--output", "json", "-i", b.inventory)
	cmd.Env = append(slices.Clone(b.vars), bedPassphrase)
	return cmd
}

// renewed wants the TLS keys of the hosts to be others than before, and the CA too if it was to be, and nothing else; and nothing left to do.
func (b *vaultBed) renewed(t *testing.T, before []playbooks.Seen, hosts []string, ca bool) {
	t.Helper()
	b.served(t)
	if out := b.wants(t, exitOK, nil, "plan"); !strings.Contains(out, "nothing to do") {
		t.Errorf("after the rotation a plan says %s", out)
	}
	now := b.status(t)
	if len(now) != len(before) {
		t.Fatalf("there were %d certificates, and are %d", len(before), len(now))
	}
	for i, s := range now {
		was := before[i]
		trusted := s.Alias == playbooks.Own+"ca" || s.Host == "lb-1" && s.Kind == string(keystore.Trusted)
		want := slices.Contains(hosts, s.Host) && (s.Use == "tls" || s.Use == "served") || ca && trusted
		if renewed := s.Fingerprint != was.Fingerprint; renewed != want {
			t.Errorf("%s %s %s: renewed is %t", s.Host, s.Where, s.Alias, renewed)
		}
	}
}
