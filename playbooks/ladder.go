package playbooks

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"apimctl/inventory"
	"apimctl/tasks/plan"
)

// HealthPath answers 200 only when everything is deployed, without credentials (product-facts.md §4).
const HealthPath = "/api/am/gateway/v2/server-startup-healthcheck"

// signs are what a node that is well shows, one after another: its process lives, it listens for consoles and for API calls, Axis2 answers, all
// that it knows of is deployed.
func (n Node) signs() []plan.Probe {
	signs := []plan.Probe{n.Process(), {Kind: "tcp", Addr: n.local(9443)}}
	if port, open := n.apiPort(); open {
		signs = append(signs, plan.Probe{Kind: "tcp", Addr: net.JoinHostPort("localhost", strconv.Itoa(port))})
	}
	return append(signs, plan.Probe{Kind: "http", URL: "http://" + n.local(9763) + "/services/Version"}, n.healthy())
}

// apiPort is the port on which the node takes API calls by HTTPS; false where deployment.toml closes it.
func (n Node) apiPort() (port int, open bool) {
	const listener = "transport.passthru_https.listener."
	port = n.Port(8243)
	for _, e := range n.Clear.Explain(listener+"enable", listener+"parameters.port") {
		switch own, err := strconv.Atoi(fmt.Sprint(e.Value)); {
		case err == nil:
			port = own + n.Offset
		case fmt.Sprint(e.Value) == "false":
			return 0, false
		}
	}
	return port, true
}

// ladder is what makes a node that was started healthy, a rung after the other (product-facts.md §4). Before its health check an all-in-one answers
// gateways as whom they ask, and a gateway reaches the all-in-one nodes' events: without them it answers, and hears of nothing. After it, since
// a 200 may lie, a gateway has what the control plane has for it, and the health check holds several times in a row.
func (d Deployment) ladder(n Node, console string) []plan.Wait {
	signs := n.signs()
	last := len(signs) - 1
	ladder := []plan.Wait{}
	rung := func(p plan.Probe, next string) {
		if p.Kind == "" {
			return
		}
		ladder = append(ladder, plan.Wait{Probe: p, Alive: &signs[0], Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Next: next, Logs: []string{
			n.Home() + "/repository/logs/wso2carbon.log", console, n.Home() + "/repository/logs/patches.log",
		}})
	}
	status := "apimctl status --limit " + n.Name
	for _, p := range signs[:last] {
		rung(p, status)
	}
	rung(n.reaches(), "apimctl status --limit all-in-one; gate: {events: false} in the inventory goes on without them")
	rung(n.data(), withoutAPIs)
	if p := d.apis(n); p.Kind != "" {
		rung(signs[last], status)
		rung(p, withoutAPIs)
		last := &ladder[len(ladder)-1]
		last.For = min(last.For, deployedFor)
	}
	rung(signs[last], status)
	ladder[0].Alive = nil                           // it is what is waited for
	ladder[0].For = min(ladder[0].For, time.Minute) // a JVM is there at once; one that ends at its start is not worth ten minutes
	ladder[len(ladder)-1].InARow = n.Gate.InARow
	return ladder
}

// healthy asks a node's health check from the node itself.
func (n Node) healthy() plan.Probe {
	return plan.Probe{Kind: "http", URL: "https://" + n.local(9443) + HealthPath, Trust: n.Trust, ServerName: n.ServerName}
}

// reaches asks, from a gateway, for JMS and the data bridges of all all-in-one nodes, at the addresses that its deployment.toml names; the zero
// Probe where that is not asked.
func (n Node) reaches() plan.Probe {
	p := plan.Probe{Kind: "all"}
	if n.Role != inventory.Gateway || !n.Gate.Events {
		return plan.Probe{}
	}
	var all []string
	for _, e := range n.Config.Entries() {
		list, _ := e.Value.([]any)
		if len(e.Path) < 3 || e.Path[0] != "apim" || e.Path[1] != "event_hub" && e.Path[1] != "throttling" {
			continue
		}
		for _, v := range list {
			u, err := url.Parse(fmt.Sprint(v))
			if err == nil && u.Port() != "" && (u.Scheme == "tcp" || u.Scheme == "ssl") {
				all = append(all, u.Host)
			}
		}
	}
	slices.Sort(all)
	for _, at := range slices.Compact(all) {
		p.Any = append(p.Any, plan.Probe{Kind: "tcp", Addr: at, Of: at})
	}
	if len(p.Any) == 0 {
		return plan.Probe{}
	}
	return p
}

// Process asks whether the node's JVM lives: the pid file of the product is never removed, and its number may be somebody else's
// by now, so the command line counts (product-facts.md §2).
func (n Node) Process() plan.Probe {
	return plan.Probe{Kind: "process", PIDFile: n.Home() + "/wso2carbon.pid", Command: "-Dcarbon.home=" + n.Home()}
}

// upstream is an all-in-one that answers where gateways call it. A gateway that starts before never deploys (product-facts.md §4).
func (d Deployment) upstream(n Node) plan.Wait {
	return plan.Wait{
		Probe: d.called(HealthPath),
		Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Next: "apimctl status --limit all-in-one",
	}
}
