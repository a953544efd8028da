package playbooks

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"maps"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/hardening"
)

// HardenHosts is the deployment with what of hardening concerns hosts alone, where the inventory says nothing of it. The rest is in
// deployment.toml and the units, which another apply would take back.
func (d Deployment) HardenHosts() Deployment {
	if !d.Hardening.Given {
		d.Hardening = inventory.Hardening{Limits: true, Sysctl: true, Files: true, LogRotation: true}
	}
	return d
}

// hardenedHost is what of hardening a host has before a node serves on it.
func (d Deployment) hardenedHost(n Node) []tasks.Task {
	var list []tasks.Task
	if d.Hardening.Limits {
		list = append(list, tasks.Limits{Deployment: d.Name, User: n.Install.User})
	}
	if d.Hardening.Sysctl {
		ports := slices.Collect(maps.Keys(d.ports(n)))
		list = append(list, tasks.Sysctl{Deployment: d.Name, Settings: render.Sysctls(ports)})
	}
	return list
}

// hardenedNode is what of hardening stands in a node's home.
func (d Deployment) hardenedNode(n Node) []tasks.Task {
	var list []tasks.Task
	if d.Hardening.LogRotation {
		list = append(list, tasks.LogRotation{Path: n.Home() + "/repository/conf/log4j2.properties"})
	}
	if d.Hardening.Files {
		list = append(list, tasks.FileModes{Home: n.Home(), Stores: n.storePaths(), User: n.Install.User})
	}
	return list
}

// options are those of the node's JVM (product-facts.md §9).
func (d Deployment) options(n Node) []string {
	if !d.Hardening.JVM {
		return n.Install.JavaOpts
	}
	return append([]string{
		"-Djdk.tls.ephemeralDHKeySize=2048", "-Djdk.tls.rejectClientInitiatedRenegotiation=true", "-DentityExpansionLimit=10000",
	}, n.Install.JavaOpts...)
}

func (n Node) storePaths() []string {
	var paths []string
	for _, f := range n.storeFiles() {
		paths = append(paths, n.security(f))
	}
	return paths
}

// product ports, by what they are for (product-facts.md §3).
var productPorts = map[string]map[int]string{
	"": {
		9443: "console and portals", 9763: "console and portals, HTTP", 8243: "API traffic", 8280: "API traffic, HTTP",
		8099: "websockets, TLS", 9099: "websockets", 8021: "webhooks, TLS", 9021: "webhooks",
	},
	render.AllInOne: {5672: "event hub", 8672: "event hub, TLS", 9611: "throttling events", 9711: "throttling events, TLS"},
}

// ports are what the node opens, with its offset, and what for.
func (d Deployment) ports(n Node) map[int]string {
	all := map[int]string{}
	for _, role := range []string{"", string(n.Role)} {
		for p, what := range productPorts[role] {
			all[n.Port(p)] = what
		}
	}
	if !d.Hardening.NoJMX {
		all[n.Port(9999)], all[n.Port(11111)] = "JMX", "JMX"
	}
	return all
}

// Examined is what hosts are held to, in the order of nodes.
func (d Deployment) Examined(inv *inventory.Inventory) []hardening.Node {
	names := map[string]string{}
	for _, line := range d.HostLines {
		f := strings.Fields(line)
		for _, name := range f[1:] {
			names[name] = f[0]
		}
	}
	all := make([]hardening.Node, len(d.Nodes))
	for i, n := range d.Nodes {
		all[i] = hardening.Node{
			Name: n.Name, Dir: n.Install.Dir, Home: n.Home(), User: n.Install.User, Group: n.Install.Group, Java: n.java(),
			Heap: n.Install.Heap.Max, Ports: d.ports(n), Names: names, Stores: n.storePaths(), Shipped: n.shipped(), Reaches: d.reaches(inv, n),
		}
		if n.Install.Service != "script" {
			all[i].Unit = n.Service()
		}
	}
	return all
}

// shipped are the digests of the keystores that the distribution has under the names of the node's.
func (n Node) shipped() map[string]string {
	all := map[string]string{}
	for _, p := range n.storePaths() {
		if n.Product.FS == nil {
			break
		}
		if data, err := fs.ReadFile(n.Product.FS, "repository/resources/security/"+path.Base(p)); err == nil {
			sum := sha256.Sum256(data)
			all[p] = hex.EncodeToString(sum[:])
		}
	}
	return all
}

// reaches is the firewall's matrix (product-facts.md §3), from one node.
func (d Deployment) reaches(inv *inventory.Inventory, n Node) []hardening.Reach {
	hub := 5672
	if inv.Features.EventHubTLS {
		hub = 8672
	}
	var all []hardening.Reach
	for _, to := range d.Nodes {
		if to.Name == n.Name {
			continue
		}
		if to.Role == n.Role || to.Role == inventory.AllInOne && inv.Proxy.HTTPS == 0 { // whether it is the last healthy one is asked there
			all = append(all, reach(to, 9443))
		}
		if to.Role == inventory.AllInOne {
			all = append(all, reach(to, hub), reach(to, 9611), reach(to, 9711))
		}
	}
	if n.Role == inventory.Gateway && inv.Proxy.HTTPS != 0 {
		all = append(all, hardening.Reach{Addr: d.Upstream.addr(), What: "all-in-one nodes at the load balancer"})
	}
	return append(all, d.usedDatabases(inv, n)...)
}

// usedDatabases are those that the node uses.
func (d Deployment) usedDatabases(inv *inventory.Inventory, n Node) []hardening.Reach {
	var all []hardening.Reach
	databases := []*inventory.Database{inv.Databases.Shared}
	if n.Role == inventory.AllInOne {
		databases = append(databases, inv.Databases.APIM)
	}
	for _, db := range databases {
		if db != nil && db.Host != "" {
			all = append(all, hardening.Reach{Addr: net.JoinHostPort(d.address(db.Host), strconv.Itoa(db.Port)), What: "database " + db.Name})
		}
	}
	return all
}

func reach(to Node, port int) hardening.Reach {
	for _, ports := range productPorts {
		if what := ports[port]; what != "" {
			return hardening.Reach{Host: to.Name, Addr: net.JoinHostPort(to.Address, strconv.Itoa(to.Port(port))), What: what}
		}
	}
	return hardening.Reach{}
}

// address is what the hosts block says of a name: a host that has none yet would not find it.
func (d Deployment) address(name string) string {
	for _, line := range d.HostLines {
		if f := strings.Fields(line); slices.Contains(f[1:], name) {
			return f[0]
		}
	}
	return name
}
