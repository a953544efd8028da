package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"syscall"
	"testing"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/tasks/database/databasetest"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// A world is the hosts of a script, in memory. They live as long as the script, and behave as nodes of the product.
type world struct {
	cert tls.Certificate

	databases *databasetest.MySQL
	strangers bool // it does not know the inventory's users
	closed    bool // its port
	asked     int  // how often it was dialled

	mu    sync.Mutex
	inv   *inventory.Inventory // as last loaded
	hosts map[string]*machine
	stop  chan struct{} // of the command that runs now: its Ctrl-C
}

func newWorld(t testing.TB) *world {
	return &world{cert: consoleCertificate(t), databases: newDatabases(), hosts: map[string]*machine{}}
}

// connect reaches the inventory's hosts in this world.
func (w *world) connect(l loaded) (connector, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inv = l.inv
	w.admits()
	return func(_ context.Context, host string) (playbooks.Connection, error) {
		m := w.machine(host)
		if err := m.refuses(); err != nil {
			return nil, err
		}
		return m, nil
	}, nil
}

func (w *world) machine(name string) *machine {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hosts[name] == nil {
		m := &machine{Memory: remotetest.New(), world: w, name: name}
		m.java("17.0.15")
		m.Set("/usr/lib/jvm/java/bin/keytool", remote.File{Mode: 0o755, Owner: "root:root"})
		m.Effect("sh", m.script)
		m.Effect("/usr/lib/jvm/java/bin/java", m.ping)
		w.hosts[name] = m
	}
	return w.hosts[name]
}

// answering is the machine that a name or an address means: a role's hostname is a node of it that runs.
func (w *world) answering(host string) *machine {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.inv.Hosts {
		m := w.hosts[h.Name]
		if m != nil && (host == h.Name || host == h.Address || host == w.inv.Hostnames[h.Role]) && m.Active("wso2-"+string(h.Role)) {
			return m
		}
	}
	return nil
}

// A machine is one host, with what is wrong with it.
type machine struct {
	*remotetest.Memory
	world *world
	name  string

	mu     sync.Mutex
	refuse error           // what connecting to it gives
	wrong  map[string]bool // further faults, by their name in scripts

	fetched [][]remote.Look // what was looked at, exchange by exchange
}

func (m *machine) Close() error { return nil }

func (m *machine) refuses() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refuse
}

func (m *machine) is(fault string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wrong[fault]
}

// Dial connects to this host's own services, or to those of another machine of the world.
func (m *machine) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	if host == "localhost" {
		return m.Memory.Dial(ctx, network, addr)
	}
	if port == "3306" && !m.world.closed {
		m.world.mu.Lock()
		m.world.asked++
		m.world.mu.Unlock()
		here, there := net.Pipe()
		go m.world.databases.Serve(there)
		return here, nil
	}
	if port == "443" { // a load balancer passes it on
		port = "9443"
	}
	if other := m.world.answering(host); other != nil {
		return other.Memory.Dial(ctx, network, net.JoinHostPort("localhost", port))
	}
	return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
}

// Unpack is the Memory's, unless the disk is full.
func (m *machine) Unpack(ctx context.Context, a remote.Archive, dir, owner string) error {
	if m.is("disk-full") {
		return &remote.DiskFullError{Path: path.Dir(path.Dir(dir)), Needs: 1_400_000_000, Has: 211_000_000}
	}
	if m.is("interrupts-unpack") {
		close(m.world.stop)
	}
	return m.Memory.Unpack(ctx, a, dir, owner)
}

// script knows those scripts of the tasks that change what a node is.
func (m *machine) script(cmd remote.Cmd) error {
	switch script := cmd.Argv[2]; {
	case strings.Contains(script, "useradd"):
		return m.Run(context.Background(), remote.Cmd{Argv: []string{"useradd", "--system", "--gid", cmd.Argv[5], cmd.Argv[4]}})
	case strings.Contains(script, "systemctl start"):
		m.start(cmd.Argv[4])
	case strings.Contains(script, "systemctl stop"):
		if m.is("hangs") && cmd.Argv[6] != "kill" {
			return &remote.ExitError{Code: 124, Stderr: "it still runs " + cmd.Argv[5] + " seconds after SIGTERM"}
		}
		m.die()
	case strings.Contains(script, "flock") && cmd.Argv[5] == "take" && m.is("locked"):
		return &remote.ExitError{Code: 75, Stderr: "1030\n1050\n1000\n" + `{"who":"ben","from":"ci","command":"apply"}`}
	case strings.Contains(script, "j=$1/journal"):
		had := m.At(playbooks.State + "/journal")
		m.Set(playbooks.State+"/journal", remote.File{Mode: 0o600, Owner: "root:root", Data: append(had.Data, cmd.Stdin.Reveal()...)})
	}
	return nil
}

// start has the unit run, and serve what the product serves (product-facts.md §3, §4).
func (m *machine) start(unit string) {
	home := "/opt/wso2/" + strings.TrimPrefix(unit, "wso2-")
	if m.is("interrupts") {
		close(m.world.stop)
	}
	if m.is("unhealthy") {
		m.Set(home+"/repository/logs/wso2carbon.log", remote.File{Mode: 0o644, Data: []byte(sickWith)})
	}
	m.SetActive(unit, true)
	m.Set(home+"/wso2carbon.pid", remote.File{Mode: 0o644, Owner: "wso2carbon:wso2", Data: []byte("42\n\x00\x00")})
	if m.is("dies") {
		m.Set(home+"/repository/logs/apimctl-console.log", remote.File{Mode: 0o644, Data: []byte(diesWith)})
		m.die()
		return
	}
	m.Set("/proc/42/cmdline", remote.File{Mode: 0o444, Owner: "root:root", Data: []byte("java\x00-Dcarbon.home=" + home + "\x00")})
	for _, port := range eventPorts(unit == "wso2-all-in-one" && !m.is("deaf")) {
		m.Listen("localhost:"+port, func(c net.Conn) { _ = c.Close() })
	}
	m.Serve("localhost:9763", http.HandlerFunc(m.answer))
	m.ServeTLS("localhost:9443", http.HandlerFunc(m.answer), m.world.cert)
	m.Serve("localhost:8243", http.HandlerFunc(m.answer))
}

// eventPorts are those of JMS and the data bridges, where there are some.
func eventPorts(some bool) []string {
	if !some {
		return nil
	}
	return []string{"5672", "9611", "9711"}
}

func (m *machine) answer(w http.ResponseWriter, r *http.Request) {
	_, password, _ := r.BasicAuth()
	switch {
	case m.is("unhealthy") && r.URL.Path == playbooks.HealthPath:
		w.WriteHeader(http.StatusServiceUnavailable)
	case m.is("other-password") && password != "":
		w.WriteHeader(http.StatusUnauthorized)
	case m.is("undeployed") && strings.HasSuffix(r.URL.Path, "/api-artifact"):
		w.WriteHeader(http.StatusNotFound)
	case strings.HasPrefix(r.URL.Path, "/internal/data/"):
		_, _ = io.WriteString(w, `{"count":1,"list":[{"name":"PizzaShackAPI","version":"1.0.0","apiType":"HTTP","organization":"carbon.super"}]}`)
	}
}

// die ends the process: its pid file stays, as the product's does.
func (m *machine) die() {
	m.Set("/proc/42/cmdline", remote.File{})
	for _, port := range eventPorts(true) {
		m.Listen("localhost:"+port, nil)
	}
	m.Serve("localhost:9763", nil)
	m.Serve("localhost:9443", nil)
	m.Serve("localhost:8243", nil)
	for _, unit := range []string{"wso2-all-in-one", "wso2-gateway"} {
		m.SetActive(unit, false)
	}
}

func (m *machine) java(version string) {
	m.Answer("find", func(argv []string) (string, error) {
		if argv[len(argv)-1] != "release" { // what is in a folder of drop-ins
			if argv[len(argv)-1] != "*.conf" {
				return "", nil
			}
			return strings.Join(m.Paths(argv[1]), "\n"), nil
		}
		if version == "" {
			return "", &remote.ExitError{Code: 1}
		}
		return "/usr/lib/jvm/java/release\n", nil
	})
	m.Answer("head", func(argv []string) (string, error) {
		path := argv[len(argv)-1]
		if strings.HasSuffix(path, "/release") {
			return fmt.Sprintf("JAVA_VERSION=%q\n", version), nil
		}
		if f := m.At(path); f.Exists() {
			return string(f.Data), nil
		}
		return "", &remote.ExitError{Code: 1}
	})
}
