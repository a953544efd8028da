package hardening

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"apimctl/render/check"
)

var nameRules = []ruling{
	{Rule: check.Rule{
		Code: "HOST020", Severity: check.Error, Title: "name that leads elsewhere",
		Why: "Nodes call one another and the databases by name: events and tokens go where the name leads.",
		Fix: "Take the wrong line out of /etc/hosts, or mend DNS; apply keeps a block with the right ones.",
	}, host: namesLead},
	{Rule: check.Rule{
		Code: "HOST021", Severity: check.Error, Title: "localhost does not lead to this host",
		Why: "An all-in-one node reaches its own event hub at tcp://localhost:5672, and binds admin ports there.",
		Fix: "Put '127.0.0.1 localhost' into /etc/hosts.",
	}, host: localhost},
	{Rule: check.Rule{
		Code: "HOST022", Severity: check.Warning, Title: "host that does not know its own name",
		Why: "The JVM looks its host's name up at start and in JMX; where that fails it waits, or stops.",
		Fix: "Put the host's name into /etc/hosts.",
	}, host: ownName},
	{Rule: check.Rule{
		Code: "HOST023", Severity: check.Error, Title: "port that another process holds",
		Why: "The product does not start, or serves without that port and says so only in its log (default product ports).",
		Fix: "Stop the process (ss -ltnp shows it), or set an offset for the node.",
	}, host: portsFree},
	{Rule: check.Rule{
		Code: "HOST024", Severity: check.Error, Title: "port out of reach",
		Why: "The firewall has to let nodes through to the event hub, the throttling receivers, the console's port and the databases (distributed deployment).",
		Fix: "Open the port for the node, and see that something listens there.",
	}, all: reaches},
}

// addresses are those that a name leads to.
func (x *view) addresses(name string) []netip.Addr {
	var all []netip.Addr
	for l := range strings.Lines(x.query("getent", "ahosts", name)) {
		first, _, _ := strings.Cut(l, " ")
		if a, err := netip.ParseAddr(strings.TrimSpace(first)); err == nil && !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// namesLead looks at a node that is there: before, nothing has written its hosts file.
func namesLead(x *view, _ process) {
	if !x.installed() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(x.Names)) {
		want, err := netip.ParseAddr(x.Names[name])
		if err != nil {
			continue // a name itself: DNS knows it
		}
		had := x.addresses(name)
		if len(had) == 0 {
			x.report(name, "leads nowhere, and should to "+want.String())
		}
		for _, a := range had {
			if a != want && !a.IsLoopback() {
				x.report(name, fmt.Sprintf("leads to %s, and should to %s", a, want))
				break
			}
		}
	}
}

func localhost(x *view, _ process) {
	had := x.addresses("localhost")
	if !slices.ContainsFunc(had, func(a netip.Addr) bool { return a.IsLoopback() && a.Is4() }) {
		x.report("localhost", fmt.Sprintf("leads to %v", had))
	}
}

func ownName(x *view, _ process) {
	if name := x.query("hostname"); name != "" && len(x.addresses(name)) == 0 {
		x.report(name, "leads nowhere")
	}
}

// portsFree tells the node's sockets from others by whose they are.
func portsFree(x *view, p process) {
	own := x.query("id", "-u", x.User)
	held := map[int]string{}
	for l := range strings.Lines(x.kernel("/proc/net/tcp") + "\n" + x.kernel("/proc/net/tcp6")) {
		f := strings.Fields(l)
		if len(f) < 8 || f[3] != "0A" { // listens
			continue
		}
		_, hex, _ := strings.Cut(f[1], ":")
		if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
			held[int(port)] = f[7]
		}
	}
	for _, port := range slices.Sorted(maps.Keys(x.Ports)) {
		if uid, ok := held[port]; ok && (uid != own || p.pid == "") {
			x.report("port "+strconv.Itoa(port), fmt.Sprintf("%s: a process of user %s listens there", x.Ports[port], uid))
		}
	}
}

// reaches leaves out what a node that does not run does not answer; what gives no answer at all is kept away by something between.
func reaches(all []Seen) []check.Finding {
	down := map[string]bool{}
	for _, s := range all {
		down[s.Host] = !s.Runs
	}
	var found []check.Finding
	for _, s := range all {
		for _, u := range s.unreached {
			silent := errors.Is(u.err, context.DeadlineExceeded)
			if down[u.Host] && !silent {
				continue
			}
			said := "nothing answers there"
			if silent {
				said = "no answer within " + reachFor.String()
			}
			found = append(found, check.Finding{Host: s.Host, Key: u.Addr, Message: u.What + ": " + said})
		}
	}
	return found
}
