package playbooks

import (
	"cmp"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/plan"
)

// settled has nodes of a batch that stopped stay healthy for a while, with the requests that they are sent again, before the next batch.
func (p Play) settled(batch []plan.Lane) []plan.Batch {
	var lanes []plan.Lane
	for _, l := range batch {
		n, _ := p.node(l.Host)
		if p.Serves && stops(l) && n.Gate.Settle > 0 {
			lanes = append(lanes, plan.Lane{Host: l.Host, Steps: []plan.Step{{Task: "settle", Changes: []plan.Change{n.stays(n.Gate.Settle)}}}})
		}
	}
	return batched(lanes)
}

// stays is a node that is healthy at every look for so long.
func (n Node) stays(long time.Duration) plan.Wait {
	every := cmp.Or(n.Gate.Every, 2*time.Second)
	process := n.Process()
	return plan.Wait{
		Probe: n.healthy(), Alive: &process, Every: every, For: long + cmp.Or(n.Gate.For, 10*time.Minute), InARow: int((long+every-1)/every) + 1,
		Logs: []string{n.Log(false), n.Log(true)}, Next: "apimctl status --limit " + n.Name,
	}
}

// ErrDeclined is what is left undone because nobody wanted the rest after the canary.
var ErrDeclined = errors.New("the rest was not agreed to after the canary")

// bake is the task that watches a canary.
const bake = "bake"

// lookEvery is how long it is between two looks at a canary.
const lookEvery = 5 * time.Second

// baked watches a canary: on each balancer what its log says of it and the others. Where no balancer keeps such a log, its gate alone can be
// watched, which the plan says.
func (d *Balanced) baked(p Play, canary string) []plan.Batch {
	n, _ := p.node(canary)
	if len(d.Nodes) == 0 {
		step := plan.Step{Task: bake + ", nothing is watched but the gate", Changes: []plan.Change{n.stays(p.Canary)}}
		return []plan.Batch{{Lanes: []plan.Lane{{Host: canary, Steps: []plan.Step{step}}}}}
	}
	watch := plan.Watch{Log: d.Nginx.Log(), Node: canary, Own: n.traffic(), Every: min(lookEvery, p.Canary), For: p.Canary}
	for _, other := range p.Group {
		if other.Name != canary {
			watch.Others = append(watch.Others, other.traffic()...)
		}
	}
	var lanes []plan.Lane
	for _, h := range d.Nodes {
		lanes = append(lanes, plan.Lane{Host: h.Name, Steps: []plan.Step{{Task: bake, Changes: []plan.Change{watch}}}})
	}
	return batched(lanes)
}

// traffic are a gateway's addresses for APIs, as a balancer's log names them.
func (n Node) traffic() []string {
	var all []string
	for _, base := range []int{8243, 8280} {
		all = append(all, net.JoinHostPort(n.Address, strconv.Itoa(n.Port(base))))
	}
	return all
}

// bakes says whether the batch watches a canary.
func bakes(b plan.Batch) bool {
	return slices.ContainsFunc(b.Lanes, func(l plan.Lane) bool { return strings.HasPrefix(l.Steps[0].Task, bake) })
}

// goesOn asks before what comes after the canary.
func (r *Runner) goesOn(rest []plan.Batch) error {
	if r.GoesOn == nil || len(rest) == 0 {
		return nil
	}
	return r.GoesOn()
}
