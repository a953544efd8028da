package tasks

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"apimctl/render"
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
		Certificate: []byte("certificate\n"), Key: []byte("planted secret\n"), Trusted: []byte("nodes\n"), State: "/var/lib/apimctl",
	}
}

// withNginx is a host with nginx as Debian's package leaves it, stopped.
func withNginx(_ *testing.T, m *remotetest.Memory) {
	m.Answer("command", func([]string) (string, error) { return "/usr/sbin/nginx\n", nil })
	m.Set("/run/systemd/system", remote.Dir(0o755, "root:root"))
	m.Set("/etc/systemd/system/nginx.service", remote.File{Mode: 0o644, Owner: "root:root", Data: []byte("[Unit]\n")})
	m.Set("/etc/nginx/conf.d", remote.Dir(0o755, "root:root"))
	m.Effect("sh", func(cmd remote.Cmd) error { loads(m, cmd.Argv[4:]); return nil })
}

// loads does to a host in memory what nginxScript does where nothing fails.
func loads(m *remotetest.Memory, args []string) {
	for _, at := range args[6:] {
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
		"nothing":        {func(*remotetest.Memory, *Nginx) {}, ""},
		"a certificate":  {func(_ *remotetest.Memory, n *Nginx) { n.Certificate = []byte("new\n") }, "apimctl-prod.crt changes"},
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
	for _, c := range append(append(all, drain...), restore...) {
		text := c.String() + c.Diff()
		if r, ok := c.(plan.Run); ok {
			text += strings.Join(r.Argv, " ")
		}
		if strings.Contains(text, "planted") {
			t.Errorf("%s shows the key", c)
		}
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
