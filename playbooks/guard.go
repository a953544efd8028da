package playbooks

import (
	"net"
	"slices"
	"strconv"
	"time"

	"apimctl/tasks/plan"
)

// guarded has each node of a batch that will stop look first whether another one of its group, which is not in the batch, is healthy.
// A node that is not healthy itself may be stopped all the same: that takes nothing away.
func (p Play) guarded(batch []plan.Lane) []plan.Lane {
	if len(p.Group) < 2 {
		return batch
	}
	var others []plan.Probe
	for _, n := range p.Group {
		if !slices.ContainsFunc(batch, func(l plan.Lane) bool { return l.Host == n.Name }) {
			others = append(others, n.health(n.Address))
		}
	}
	guarded := make([]plan.Lane, len(batch))
	for i, l := range batch {
		n, _ := p.node(l.Host)
		if stops(l) {
			self := n.health("localhost")
			self.Gone = true
			l.Steps = append([]plan.Step{{Task: "last healthy node", Changes: []plan.Change{plan.Wait{
				Guards: string(n.Role), Probe: plan.Probe{Kind: "any", Any: append(slices.Clone(others), self)},
				Every: min(n.Gate.Every, guardFor), For: guardFor,
			}}}}, l.Steps...)
		}
		guarded[i] = l
	}
	return guarded
}

// guardFor is how long a guard asks: another node may be answering a little late.
const guardFor = 10 * time.Second

// health asks the node's health check at an address.
func (n Node) health(address string) plan.Probe {
	at := net.JoinHostPort(address, strconv.Itoa(n.Port(9443)))
	return plan.Probe{Kind: "http", URL: "https://" + at + HealthPath, Trust: n.Trust, Of: n.Name}
}

func stops(l plan.Lane) bool {
	one := plan.Plan{Plays: []plan.Play{{Batches: []plan.Batch{{Lanes: []plan.Lane{l}}}}}}
	return len(one.Interrupted()) > 0
}
