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

// ladder is what makes a node healthy, a rung after the other (product-facts.md §4): its process lives, it listens, Axis2 answers, and
// at last all APIs are deployed, several times in a row: a single 200 may lie. Before that a gateway reaches the all-in-one nodes'
// events: without them it answers, and hears of nothing.
func (n Node) ladder(console string) []plan.Wait {
	logs := []string{n.Home() + "/repository/logs/wso2carbon.log", console, n.Home() + "/repository/logs/patches.log"}
	process := n.Process()
	rungs := []plan.Probe{
		process,
		{Kind: "tcp", Addr: n.local(9443)},
		{Kind: "http", URL: "http://" + n.local(9763) + "/services/Version"},
	}
	if reaches := n.reaches(); len(reaches.Any) > 0 {
		rungs = append(rungs, reaches)
	}
	rungs = append(rungs, n.healthy())
	waits := make([]plan.Wait, len(rungs))
	for i, p := range rungs {
		waits[i] = plan.Wait{
			Probe: p, Alive: &process, Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Logs: logs,
			Next: "apimctl status --limit " + n.Name,
		}
	}
	for i, w := range waits {
		if w.Probe.Kind == "all" {
			waits[i].Next = "apimctl status --limit all-in-one; gate: {events: false} in the inventory goes on without them"
		}
	}
	waits[0].Alive = nil                          // it is what is waited for
	waits[0].For = min(waits[0].For, time.Minute) // a JVM is there at once; one that ends at its start is not worth ten minutes
	waits[len(waits)-1].InARow = n.Gate.InARow
	return waits
}

// healthy asks a node's health check from the node itself.
func (n Node) healthy() plan.Probe {
	return plan.Probe{Kind: "http", URL: "https://" + n.local(9443) + HealthPath, Trust: n.Trust, ServerName: n.ServerName}
}

// reaches asks, from a gateway, for JMS and the data bridges of all all-in-one nodes, at the addresses that its deployment.toml names.
func (n Node) reaches() plan.Probe {
	p := plan.Probe{Kind: "all"}
	if n.Role != inventory.Gateway || !n.Gate.Events {
		return p
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
	return p
}

// Process asks whether the node's JVM lives: the pid file of the product is never removed, and its number may be somebody else's
// by now, so the command line counts (product-facts.md §2).
func (n Node) Process() plan.Probe {
	return plan.Probe{Kind: "process", PIDFile: n.Home() + "/wso2carbon.pid", Command: "-Dcarbon.home=" + n.Home()}
}

// upstream is an all-in-one that answers where gateways call it. A gateway that starts before never deploys (product-facts.md §4).
func (d Deployment) upstream(n Node) plan.Wait {
	url := "https://" + net.JoinHostPort(d.Upstream.Host, strconv.Itoa(d.Upstream.Port)) + HealthPath
	return plan.Wait{
		Probe: plan.Probe{Kind: "http", URL: url, Trust: d.Upstream.Trust, ServerName: d.Upstream.ServerName},
		Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Next: "apimctl status --limit all-in-one",
	}
}
