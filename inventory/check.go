package inventory

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
)

func isIP(text string) bool { return net.ParseIP(text) != nil }

// check reports what is wrong between keys.
func (doc *document) check(d *decoder) {
	doc.checkVersion(d)
	doc.checkNames(d)
	doc.checkPorts(d)
	doc.checkFolders(d)
	doc.checkHostnames(d)
	doc.checkGroups(d)
	doc.checkEnvironments(d)
	doc.checkKeystores(d)
	doc.checkCertificates(d)
	doc.checkPKI(d)
	doc.checkAnalytics(d)
	doc.checkBalancer(d)
	doc.checkDrain(d)
	doc.checkHostsFile(d)
	for _, e := range doc.entries {
		e.checkInstall(d)
	}
}

func (doc *document) checkBalancer(d *decoder) {
	if b := doc.Balancer; (b.Certificate == "") != (b.Key == "") && (d.written("load_balancer.certificate") != d.written("load_balancer.key")) {
		d.bad("load_balancer", "has one of certificate and key", "set both")
	}
	for _, role := range []Role{AllInOne, Gateway} {
		if m := doc.Balancer.Management; m != "" && strings.EqualFold(m, doc.Hostnames[role]) {
			d.bad("load_balancer.management", "is hostnames."+string(role)+" too", "the load balancer tells them apart by name: give it another one")
		}
	}
}

func (doc *document) checkDrain(d *decoder) {
	switch {
	case d.written("drain.command") != d.written("drain.restore"):
		d.bad("drain", "has one of command and restore", "set both")
	case d.written("drain.command") && len(doc.of(LoadBalancer)) > 0:
		d.bad("drain", "is for a load balancer of your own, and there is a group load-balancer", "take one of them away")
	}
}

func (doc *document) checkVersion(d *decoder) {
	if doc.Version == "" {
		return
	}
	for _, n := range d.since {
		if doc.Version < n.since {
			d.bad(n.path, fmt.Sprintf("version %s does not know it", doc.Version), fmt.Sprintf("take it away, or use %s or later", n.since))
		}
	}
	if doc.Version >= "4.7.0" && !d.written("encryption_key") {
		d.bad("encryption_key", "is required from 4.7.0 on", "make one with: openssl rand -hex 32, and give it as ${env:NAME} or ${file:PATH}")
	}
}

// A once remembers what was said of two places, so that a range says it once.
type once map[[2]string]bool

func (o once) first(a, b string) bool {
	had := o[[2]string{a, b}]
	o[[2]string{a, b}] = true
	return !had
}

func (doc *document) checkNames(d *decoder) {
	seen, said := map[string]entry{}, once{}
	for _, e := range doc.entries {
		name := strings.ToLower(e.Name)
		if first, twice := seen[name]; twice {
			if said.first(first.path, e.path) {
				d.bad(e.path, fmt.Sprintf("host %s is also in %s", e.Name, first.path), "give it another name, or take one of them away")
			}
			continue
		}
		seen[name] = e
	}
}

func (doc *document) checkHostnames(d *decoder) {
	lb := len(doc.of(LoadBalancer)) > 0
	for _, role := range []Role{AllInOne, Gateway} {
		path := "hostnames." + string(role)
		nodes := len(doc.of(role))
		switch {
		case nodes == 0 || d.written(path):
		case nodes > 1:
			d.bad(path, fmt.Sprintf("is required with %d %s hosts", nodes, role), "name what clients call: your load balancer's name for them")
		case lb:
			d.bad(path, "is required with a load balancer", "name what clients call")
		}
	}
	both := doc.Hostnames[AllInOne]
	if lb && both != "" && strings.EqualFold(both, doc.Hostnames[Gateway]) {
		d.bad("hostnames.gateway", "is the all-in-one's too", "the load balancer tells them apart by name: give it another one")
	}
}

func (doc *document) checkGroups(d *decoder) {
	gateways := d.written("groups.gateway")
	if gateways && !d.written("distributions.gateway") && d.written("distributions") {
		d.bad("distributions.gateway", "is required with a gateway group", "name wso2am-universal-gw-VERSION.zip")
	}
	if n := len(doc.of(AllInOne)); n > 1 && !d.written("databases") {
		d.bad("databases", fmt.Sprintf("are required with %d all-in-one hosts", n), "the embedded H2 cannot be shared: add driver, apim_db and shared_db")
	}
}

func (doc *document) checkEnvironments(d *decoder) {
	names := make([]string, len(doc.Environments))
	for i, e := range doc.Environments {
		names[i] = e.Name
	}
	said := once{}
	for _, e := range doc.of(Gateway) {
		if slices.Contains(names, e.Environment) {
			continue
		}
		path := e.path + ".environment"
		if !d.written(path) {
			path = "groups.gateway.environment"
		}
		if said.first(path, e.Environment) {
			d.bad(path, fmt.Sprintf("environment %s is not among environments", e.Environment), suggest(e.Environment, names, "they are "))
		}
	}
}

func (doc *document) checkKeystores(d *decoder) {
	k := doc.Keystores
	for name, s := range map[string]Keystore{"primary": k.Primary, "tls": k.TLS, "internal": k.Internal} {
		if s.Password != s.KeyPassword {
			d.bad("keystores."+name+".key_password", "differs from password", "the product demands that they are equal: leave key_password out")
		}
	}
}

func (doc *document) checkCertificates(d *decoder) {
	seen, list := map[string]int{}, "certificates"
	if d.written("certificates.trust") {
		list += ".trust"
	}
	for i, c := range doc.Certificates {
		name := strings.ToLower(c.Alias) // keytool does not tell cases apart
		if first, twice := seen[name]; twice && name != "" {
			d.bad(fmt.Sprintf("%s[%d].alias", list, i), fmt.Sprintf("%s is also %s[%d]'s", c.Alias, list, first), "give it another alias")
			continue
		}
		seen[name] = i
	}
}

func (doc *document) checkAnalytics(d *decoder) {
	a := doc.Features.Analytics
	if a == nil {
		return
	}
	if (a.Type == "moesif" || a.Type == "choreo") && !d.written("features.analytics.key") {
		d.bad("features.analytics.key", "is required for "+a.Type, "give it as ${env:NAME} or ${file:PATH}")
	}
	if a.Type == "choreo" && !d.written("features.analytics.url") {
		d.bad("features.analytics.url", "is required for choreo", "give the config endpoint")
	}
}

func (doc *document) checkHostsFile(d *decoder) {
	nodes := map[string]string{}
	for _, e := range doc.entries {
		nodes[strings.ToLower(e.Name)] = e.Address
	}
	for _, address := range slices.Sorted(maps.Keys(doc.HostsFile)) {
		for i, name := range doc.HostsFile[address] {
			if at, node := nodes[strings.ToLower(name)]; node && canonical(at) != canonical(address) {
				d.bad(fmt.Sprintf("hosts_file.%s[%d]", address, i), fmt.Sprintf("%s is a node, at %s", name, at), "take it away: nodes are in the block already")
			}
		}
	}
}

func (e entry) checkInstall(d *decoder) {
	if heapBytes(e.Install.Heap.Min) > heapBytes(e.Install.Heap.Max) {
		d.bad(e.nearest(d, "install.heap.min", "install.heap.max"), fmt.Sprintf("min %s is more than max %s", e.Install.Heap.Min, e.Install.Heap.Max), "let min be at most max")
	}
	if e.Gate.For < e.Gate.Every {
		d.bad(e.nearest(d, "gate.for", "gate.every"), fmt.Sprintf("for %s is less than every %s", e.Gate.For, e.Gate.Every), "let for be at least every")
	}
}

// nearest is where one of the keys was written: by the host, else its group, else the file.
func (e entry) nearest(d *decoder, keys ...string) string {
	for _, level := range []string{e.path + ".", "groups." + string(e.Role) + ".", ""} {
		for _, key := range keys {
			if d.written(level + key) {
				return level + key
			}
		}
	}
	return keys[0]
}
