package tasks

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"apimctl/render"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func balancer() Nginx {
	return Nginx{
		Config: render.NginxInput{
			Name: "prod", AllInOne: "api.am.wso2.com", Gateway: "gw.wso2.com", Ports: render.DefaultNginxPorts(),
			AllInOnes: []render.Peer{{Name: "aio-1", Address: "10.0.0.11"}, {Name: "aio-2", Address: "10.0.0.12"}},
			Gateways:  []render.Peer{{Name: "gw-1", Address: "10.0.0.21"}, {Name: "gw-2", Address: "10.0.0.22"}},
		},
		Chain: [][]byte{shown(1)}, Key: sealedKey, Trusted: []byte("nodes\n"), State: "/var/lib/apimctl",
	}
}

// balancersKey is that of all certificates that shown makes.
var balancersKey = sync.OnceValue(func() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // memory gives it
	}
	return key
})

func sealedKey(context.Context) (keystore.PrivateKey, error) {
	return x509.MarshalPKCS8PrivateKey(balancersKey())
}

// shown is a certificate of a load balancer, the same for the same serial number.
var shown = func() func(int64) []byte {
	made := map[int64][]byte{}
	return func(serial int64) []byte {
		if made[serial] == nil {
			c := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
			made[serial], _ = x509.CreateCertificate(rand.Reader, c, c, balancersKey().Public(), balancersKey())
		}
		return made[serial]
	}
}()

// withNginx is a host with nginx as Debian's package leaves it, stopped.
func withNginx(_ *testing.T, m *remotetest.Memory) {
	m.Answer("command", func([]string) (string, error) { return "/usr/sbin/nginx\n", nil })
	m.Set("/run/systemd/system", remote.Dir(0o755, "root:root"))
	m.Set("/etc/systemd/system/nginx.service", remote.File{Mode: 0o644, Owner: "root:root", Data: []byte("[Unit]\n")})
	m.Set("/etc/nginx/conf.d", remote.Dir(0o755, "root:root"))
	m.Effect("sh", func(cmd remote.Cmd) error { loads(m, cmd); return nil })
}

// loads does to a host in memory what nginxScript does where nothing fails.
func loads(m *remotetest.Memory, cmd remote.Cmd) {
	args := cmd.Argv[4:]
	for _, at := range args[6:] {
		if strings.HasSuffix(at, ".key") && cmd.Stdin != "" {
			m.Set(args[0]+"/"+at, remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(cmd.Stdin.Reveal())})
		}
		staged := args[1] + "/" + at[strings.LastIndex(at, "/")+1:]
		if f := m.At(staged); f.Exists() {
			m.Set(args[0]+"/"+at, f)
			m.Set(staged, remote.File{})
		}
	}
	m.Set(args[4], remote.File{})
	m.Set(args[2], remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(args[3])})
	m.SetActive("nginx", true)
}

func TestNginxLoadsForAReason(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*remotetest.Memory, *Nginx)
		want   string
	}{
		"nothing":       {func(*remotetest.Memory, *Nginx) {}, ""},
		"a certificate": {func(_ *remotetest.Memory, n *Nginx) { n.Chain = [][]byte{shown(2)} }, "apimctl-prod.crt changes"},
		"a key": {func(m *remotetest.Memory, n *Nginx) {
			m.Set("/etc/nginx/"+n.key(), remote.File{Mode: 0o600, Owner: "root:root", Data: []byte("of another\n")})
		}, "apimctl-prod.key changes"},
		"a key that others can read": {func(m *remotetest.Memory, n *Nginx) {
			had := m.At("/etc/nginx/" + n.key())
			had.Mode = 0o644
			m.Set("/etc/nginx/"+n.key(), had)
		}, "apimctl-prod.key changes"},
		"a node":         {func(_ *remotetest.Memory, n *Nginx) { n.Config.Gateways = n.Config.Gateways[:1] }, "apimctl-prod.conf changes"},
		"it died":        {func(m *remotetest.Memory, _ *Nginx) { m.SetActive("nginx", false) }, "it does not run"},
		"not loaded yet": {func(m *remotetest.Memory, n *Nginx) { m.Set(n.stamp(), remote.File{}) }, "no stamp says that it runs with these files"},
		"a dead run": {func(m *remotetest.Memory, n *Nginx) {
			m.Set(n.moving(), remote.File{Mode: 0o600, Owner: "root:root", Data: []byte{}})
		}, "a run that died left its clients moving"},
	} {
		t.Run(name, func(t *testing.T) {
			m, lb := host(t), balancer()
			withNginx(t, m)
			apply(t, planned(t, lb, m), m)
			row.change(m, &lb)
			if had := loadReason(planned(t, lb, m)); had != row.want {
				t.Errorf("it loads because %q, not %q", had, row.want)
			}
			apply(t, planned(t, lb, m), m)
			if again := planned(t, lb, m); len(again) > 0 {
				t.Errorf("it still lacks %v", again)
			}
		})
	}
}

func loadReason(changes []plan.Change) string {
	for _, c := range changes {
		if r, ok := c.(plan.Run); ok && r.Why != nil {
			return strings.Join(r.Why, ", ")
		}
	}
	return ""
}

func TestNginxMissing(t *testing.T) {
	m := host(t)
	m.Answer("command", func([]string) (string, error) { return "", &remote.ExitError{Code: 127} })
	_, err := balancer().Plan(context.Background(), m)
	var missing *NginxError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "apt-get install nginx") {
		t.Errorf("%v", err)
	}
}

// A drained balancer is one that the task finds changed, and a restored one lacks nothing. Nothing shows the key.
func TestDrainAndRestore(t *testing.T) {
	m, lb := host(t), balancer()
	withNginx(t, m)
	all := planned(t, lb, m)
	apply(t, all, m)
	conf := "/etc/nginx/conf.d/apimctl-prod.conf"
	before := string(m.At(conf).Data)

	drain := Drain(lb, "gw-2")
	apply(t, drain, m)
	apply(t, drain, m)
	if n := strings.Count(string(m.At(conf).Data), " down; # gw-2"); n != 12 {
		t.Errorf("gw-2 is down in %d lines, not in both of 6 upstreams", n)
	}
	if len(planned(t, lb, m)) == 0 {
		t.Error("a drained balancer is not seen")
	}
	restore := Restore(lb, "gw-2")
	apply(t, restore, m)
	if string(m.At(conf).Data) != before || len(planned(t, lb, m)) > 0 {
		t.Errorf("a restored balancer lacks %v", planned(t, lb, m))
	}
	begins(t, []string{"write /var/lib/apimctl/nginx/apimctl-prod.conf", "test and load nginx's configuration of prod"}, drain)
	if diff := drain[0].Diff(); !strings.Contains(diff, "+\tserver 10.0.0.22:8243 max_fails=0 backup down; # gw-2\n") || strings.Contains(diff, "\n+\tserver_name") {
		t.Error(diff)
	}
	if again := Drain(lb.without([]string{"gw-2"}), "gw-2"); again != nil {
		t.Errorf("who is down already is drained by %v", again)
	}
	one := plan.Plan{Plays: []plan.Play{{Batches: []plan.Batch{{Lanes: []plan.Lane{{Host: "lb-1", Steps: []plan.Step{{Changes: all}}}}}}}}}
	data, err := plan.Marshal(one)
	if err != nil || bytes.Contains(data, []byte("BEGIN PRIVATE")) || !bytes.Contains(data, []byte("the private key of "+keystore.Fingerprint(shown(1)))) {
		t.Errorf("the saved plan holds the key, or does not name it: %v", err)
	}
}

// What fits the certificate needs no private key; what does not asks for it when it is applied.
func TestNginxAsksForItsKeyLate(t *testing.T) {
	m, lb := host(t), balancer()
	withNginx(t, m)
	apply(t, planned(t, lb, m), m)
	lb.Key = func(context.Context) (keystore.PrivateKey, error) { return nil, errors.New("locked") }
	lb.Config.Gateways = lb.Config.Gateways[:1]
	apply(t, planned(t, lb, m), m)
	m.Set("/etc/nginx/"+lb.key(), remote.File{})
	all := planned(t, lb, m)
	if err := all[len(all)-1].Apply(t.Context(), m); err == nil || err.Error() != "locked" {
		t.Errorf("the error is %v", err)
	}
}

// At the end of a run nobody is down, and nobody trusted who is no more.
func TestEnded(t *testing.T) {
	m, want := host(t), balancer()
	withNginx(t, m)
	had := want.without([]string{"gw-2"})
	had.Trusted = []byte("nodes\nof before\n")
	apply(t, planned(t, had, m), m)
	changes := Ended(had, want)
	apply(t, changes, m)
	if again := planned(t, want, m); len(again) > 0 || len(Ended(want, want)) > 0 {
		t.Errorf("it lacks %v", again)
	}
	if why := loadReason(changes); why != "restore gw-2, the nodes show no certificate of before any more" {
		t.Errorf("it loads because %q", why)
	}
}

func TestKernelAddresses(t *testing.T) {
	for ip, want := range map[string]string{
		"10.0.0.11":        "0B00000A 0000000000000000FFFF00000B00000A",
		"::ffff:127.0.0.1": "0100007F 0000000000000000FFFF00000100007F",
		"::1":              "00000000000000000000000001000000",
	} {
		if had := strings.Join(kernelAddresses(netip.MustParseAddr(ip)), " "); had != want {
			t.Errorf("%s: %s, not %s", ip, had, want)
		}
	}
	if argv := InFlight("gw-1", []int{8243}, []string{"lb.example.com", "10.0.0.31"}, 0).Argv; argv[6] != " " {
		t.Errorf("a balancer of unknown address counts %q", argv[6])
	}
}
