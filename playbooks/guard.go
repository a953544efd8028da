package playbooks

import (
	"net"
	"slices"
	"strconv"
	"time"

	"apimctl/tasks/plan"
)

// guarded has each node of a batch that will stop look first whether another one of its group, which is not in the batch, is healthy.
// A node that is not healthy itself may be stopped all the same: that takes nothing away. Nodes that the play installs for the first
// time cannot serve in its place: where there are no others, a first run that was interrupted goes on, and nothing is guarded.
// A node that is down on the balancers does not count either: it is sent nothing.
func (p Play) guarded(batch, all []plan.Lane, down []string) []plan.Lane {
	var others []plan.Probe
	unsent := false
	for _, n := range p.Group {
		of := func(l plan.Lane) bool { return l.Host == n.Name }
		switch {
		case slices.ContainsFunc(batch, of), slices.ContainsFunc(all, func(l plan.Lane) bool { return of(l) && n.installedBy(l) }):
		case slices.Contains(down, n.Name):
			unsent = true
		default:
			others = append(others, n.health(n.Address))
		}
	}
	if len(others) == 0 && !unsent {
		return batch
	}
	guarded := make([]plan.Lane, len(batch))
	for i, l := range batch {
		n, _ := p.node(l.Host)
		if stops(l) {
			self := n.health("localhost")
			self.Gone = true
			first, rest := looking(l)
			l.Steps = slices.Concat(first, []plan.Step{{Task: "last healthy node", Changes: []plan.Change{plan.Wait{
				Guards: string(n.Role), Probe: plan.Probe{Kind: "any", Any: append(slices.Clone(others), self)},
				Every: min(n.Gate.Every, guardFor), For: min(n.Gate.For, guardFor),
			}}}}, rest)
		}
		guarded[i] = l
	}
	return guarded
}

// installedBy says whether the lane gives the node its home for the first time.
func (n Node) installedBy(l plan.Lane) bool {
	return puts(l, n.Home(), false)
}

// guardFor is how long a guard asks at most: another node may be answering a little late.
const guardFor = 5 * time.Second

// health asks the node's health check at an address.
func (n Node) health(address string) plan.Probe {
	at := net.JoinHostPort(address, strconv.Itoa(n.Port(9443)))
	return plan.Probe{Kind: "http", URL: "https://" + at + HealthPath, Trust: n.Trust + n.Before, Of: n.Name}
}

func stops(l plan.Lane) bool {
	one := plan.Plan{Plays: []plan.Play{{Batches: []plan.Batch{{Lanes: []plan.Lane{l}}}}}}
	return len(one.Interrupted()) > 0
}
