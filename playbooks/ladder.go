package playbooks

import (
	"net"
	"strconv"

	"apimctl/tasks/plan"
)

// HealthPath answers 200 only when everything is deployed, without credentials (product-facts.md §4).
const HealthPath = "/api/am/gateway/v2/server-startup-healthcheck"

// ladder is what makes a node healthy, a rung after the other (product-facts.md §4): its process lives, it listens, Axis2 answers, and
// at last all APIs are deployed, several times in a row: a single 200 may lie.
func (n Node) ladder(console string) []plan.Wait {
	logs := []string{n.Home() + "/repository/logs/wso2carbon.log", console, n.Home() + "/repository/logs/patches.log"}
	process := n.Process()
	rungs := []plan.Probe{
		process,
		{Kind: "tcp", Addr: n.local(9443)},
		{Kind: "http", URL: "http://" + n.local(9763) + "/services/Version"},
		{Kind: "http", URL: "https://" + n.local(9443) + HealthPath, Trust: n.Trust},
	}
	waits := make([]plan.Wait, len(rungs))
	for i, p := range rungs {
		waits[i] = plan.Wait{
			Probe: p, Alive: &process, Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Logs: logs,
			Next: "apimctl status --limit " + n.Name,
		}
	}
	waits[0].Alive = nil // it is what is waited for
	waits[len(waits)-1].InARow = n.Gate.InARow
	return waits
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
		Probe: plan.Probe{Kind: "http", URL: url, Trust: d.Upstream.Trust},
		Every: n.Gate.Every, For: n.Gate.For, InARow: 1, Next: "apimctl status --limit all-in-one",
	}
}
