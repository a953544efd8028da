package playbooks

import (
	"fmt"
	"io/fs"
	"net"
	"strconv"
	"strings"
	"time"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// State is the directory on a host that holds stamps, notes, the lock and the journal: root's own.
const State = "/var/lib/apimctl"

// A Deployment is an inventory with everything settled that its tasks need: no file is read and nothing is asked from here on.
type Deployment struct {
	Name      string
	Version   string
	Nodes     []Node // all-in-one nodes and gateways, in inventory order
	HostLines []string
	Trusted   []tasks.Trusted // certificates of the inventory's that every truststore holds
	PKI       PKI
	Batch     Batch         // how many gateways stop at a time
	Canary    time.Duration // how long the first gateway that changes is watched before the others; 0 has none go first
	Upstream  Endpoint
	Databases []tasks.Database // those that are looked at
	JDBC      []tasks.JDBC     // those that nodes connect to
	Balanced  Balanced
	Notes     []string // what was done about what the inventory gives, that its owner may not expect
	Hardening inventory.Hardening
}

// An Endpoint is where nodes call the all-in-ones: a load balancer, or the first of them.
type Endpoint struct {
	Host       string
	Port       int
	Trust      string // PEM of what its certificate leads to, "" where that is not known
	ServerName string // verified where it is given
}

func (e Endpoint) addr() string { return net.JoinHostPort(e.Host, strconv.Itoa(e.Port)) }

// A Node is a host that runs the product.
type Node struct {
	inventory.Host
	Product Product
	Config  render.Config   // its deployment.toml, with where each key came from
	Clear   render.Config   // the same before its secrets were encrypted; nothing of it goes to a host
	TOML    []byte          // its deployment.toml
	Hide    []remote.Secret // values in it that are shown nowhere
	Driver  Driver
	Accepts Accepts          // the Java that the product takes
	Stores  render.Keystores // of its deployment.toml, as merged
	TLS     Key              // with certificates of the deployment's own
	Ciphers bool             // whether its deployment.toml holds its secrets encrypted

	Trust      string // PEM of what the certificate of its TLS ports leads to, "" where that is not known
	Before     string // PEM of what it may lead to until apply has been there
	ServerName string // verified where it is given
}

// A Product is a distribution of the product.
type Product struct {
	Name     string // "wso2am", "wso2am-universal-gw"
	Version  string
	Local    string // the zip on this machine
	SHA256   string
	Size     int64
	Unpacked int64
	FS       fs.FS
}

// A Driver is a JDBC driver's jar.
type Driver struct {
	Name    string
	Data    []byte
	Package string // that hosts have it from, in place of Data
}

// Accepts are feature versions of Java, from and to.
type Accepts struct{ Min, Max int }

// AllInOnes are the all-in-one nodes, in inventory order.
func (d Deployment) AllInOnes() []Node { return d.of(inventory.AllInOne) }

// Gateways are the gateway nodes, in inventory order.
func (d Deployment) Gateways() []Node { return d.of(inventory.Gateway) }

// Balancers are the load balancers, where they can be configured.
func (d Deployment) Balancers() []Node { return d.Balanced.Nodes }

func (d Deployment) of(r inventory.Role) []Node {
	var nodes []Node
	for _, n := range d.Nodes {
		if n.Role == r {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Home is where the node's service runs from: a link to the release.
func (n Node) Home() string { return n.Install.Dir + "/" + string(n.Role) }

// Log is the product's log, or what its start printed.
func (n Node) Log(console bool) string {
	if console {
		return n.Home() + "/repository/logs/apimctl-console.log"
	}
	return n.Home() + "/repository/logs/wso2carbon.log"
}

// Service is the name of the node's unit.
func (n Node) Service() string { return "wso2-" + string(n.Role) }

// stamp says on the host with which files the service was brought to health.
func (n Node) stamp() string { return tasks.Service{Name: n.Service(), State: State}.Stamp() }

// Port is a port of the product on this node (product-facts.md §3).
func (n Node) Port(base int) int { return base + n.Offset }

func (n Node) releaseName() string {
	return fmt.Sprintf("%s-%s-%s", n.Product.Name, n.Product.Version, n.Product.SHA256[:8])
}

func (n Node) release() string { return n.Install.Dir + "/releases/" + n.releaseName() }

func (n Node) owner() string { return n.Install.User + ":" + n.Install.Group }

func (n Node) archive() remote.Archive {
	p := n.Product
	pack := n.Install.Dir + "/packs/" + p.SHA256 + ".zip"
	return remote.Archive{Local: p.Local, SHA256: p.SHA256, Size: p.Size, Pack: pack, Needs: p.Unpacked, FS: p.FS}
}

func (n Node) java() tasks.Java {
	return tasks.Java{Home: n.Install.JavaHome, Min: n.Accepts.Min, Max: n.Accepts.Max}
}

func (n Node) directories() tasks.Directories {
	return tasks.Directories{
		{Path: n.Install.Dir, Want: remote.Dir(0o755, n.owner())},
		{Path: n.Install.Dir + "/packs", Want: remote.Dir(0o755, "root:root")},
		{Path: n.Install.Dir + "/releases", Want: remote.Dir(0o755, n.owner())},
		{Path: State, Want: remote.Dir(0o700, "root:root")},
	}
}

func (n Node) security(file string) string {
	return n.Home() + "/repository/resources/security/" + file
}

func (n Node) truststore(d Deployment) tasks.Certificates {
	t := tasks.Certificates{
		Store: n.security(n.Stores.Truststore.File), Password: remote.Secret(n.Stores.Truststore.Password),
		Opens: []remote.Secret{vendorPassword}, Conf: n.conf(), Wants: d.trusts(), Java: n.java(), State: State,
	}
	if d.PKI.Managed {
		t.Without, t.Drops = d.PKI.Vendor, Own
	}
	return t
}

func (n Node) conf() string { return n.Home() + "/repository/conf/deployment.toml" }

// script is the product's start script.
func (n Node) script() string {
	if n.Role == inventory.Gateway {
		return "gateway.sh"
	}
	return "api-manager.sh"
}

func (d Deployment) service(n Node) tasks.Service {
	files := []string{n.conf()}
	if n.Driver.Name != "" {
		files = append(files, n.Home()+"/repository/components/lib/"+n.Driver.Name)
	}
	if n.Ciphers {
		files = append(files, n.vault().ConfPath())
	}
	facts := d.facts(n)
	if !d.PKI.Managed {
		for _, s := range n.storeFiles() {
			files = append(files, n.security(s))
		}
	}
	s := tasks.Service{
		Name: n.Service(), About: "WSO2 API Manager " + string(n.Role) + " of " + d.Name, Home: n.Home(), Script: n.script(), User: n.Install.User, Group: n.Install.Group,
		Java: n.java(), Heap: tasks.Heap(n.Install.Heap), Opts: d.options(n), Args: d.args(), Sandbox: d.Hardening.Sandbox,
		Kind: n.Install.Service, State: State, Files: files, Facts: facts, Stop: n.Gate.Stop,
	}
	s.Ping = d.ping(n)
	s.Gate = d.ladder(n, s.Console())
	if n.Role == inventory.Gateway {
		s.Before = []plan.Wait{d.upstream(n)}
	}
	return s
}

// verifies has the product hold the name in a certificate to the host that it calls. Its own default is AllowAll, which stands behind
// JAVA_OPTS: only as an argument of the script it is heard (product-facts.md §2, §9).
const verifies = "-Dhttpclient.hostnameVerifier=Strict"

// args are those of the product's script.
func (d Deployment) args() []string {
	if d.PKI.Managed {
		return []string{verifies}
	}
	return nil
}

// facts are the keys and certificates that the node runs with: what keytool will have made of a store no file tells beforehand.
func (d Deployment) facts(n Node) []string {
	var facts []string
	for _, c := range d.trusts() {
		facts = append(facts, c.Fact())
	}
	for _, k := range d.keystores(n) {
		facts = append(facts, k.Fact())
	}
	return facts
}

// storeFiles are the keystores that the node runs with; its truststore counts by its facts.
func (n Node) storeFiles() []string {
	var files []string
	for _, k := range []*render.Keystore{n.Stores.Primary, n.Stores.TLS, n.Stores.Internal} {
		if k != nil && !strings.Contains(strings.Join(files, "\n")+"\n", k.File+"\n") {
			files = append(files, k.File)
		}
	}
	return files
}

func (n Node) local(base int) string {
	return net.JoinHostPort("localhost", strconv.Itoa(n.Port(base)))
}
