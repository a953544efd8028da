package playbooks

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks"
)

// A Roll says how a restart goes about.
type Roll struct {
	All   bool // all nodes at once: nothing serves meanwhile
	Force bool // what does not stop in time is killed

	Canary time.Duration // how long the first gateway is watched before the others; 0 has none go first
}

// A Batch is a number of nodes, or a share of them. The zero Batch is one node.
type Batch struct {
	Nodes   int
	Percent int
}

// Set reads "3" or "25%".
func (b *Batch) Set(text string) error {
	digits, share := strings.CutSuffix(text, "%")
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil || n < 1 || share && n > 100:
		return errors.New("it is neither a number of nodes nor a share of them: 2, 25%")
	case share:
		*b = Batch{Percent: n}
	default:
		*b = Batch{Nodes: n}
	}
	return nil
}

// String is how Set reads it.
func (b *Batch) String() string {
	if b.Percent > 0 {
		return strconv.Itoa(b.Percent) + "%"
	}
	return strconv.Itoa(b.Of(1))
}

// Type is what help calls it.
func (*Batch) Type() string { return "N|P%" }

// Of is how many of so many nodes it is: at least one.
func (b Batch) Of(nodes int) int {
	if b.Percent > 0 {
		return max(1, nodes*b.Percent/100)
	}
	return max(1, b.Nodes)
}

// Stop stops gateways first: one that loses its all-in-ones goes on trying to reach them. Where some of a group go on serving, the
// balancers drain those that stop, and leave them so until they are started again.
func Stop(d Deployment, force bool) Playbook {
	stopped := func(n Node) []tasks.Task { return []tasks.Task{tasks.Stopped{Service: d.kept(n, force)}} }
	aios, gateways := d.AllInOnes(), d.Gateways()
	return Playbook{
		{Name: "stop gateways", Nodes: gateways, Tasks: stopped, Unbalanced: len(gateways)},
		{Name: "stop all-in-one nodes", Nodes: aios, Tasks: stopped, Unbalanced: len(aios)},
	}
}

// Start starts all-in-one nodes first, one after another, each healthy before the next: a gateway that starts before one is up never
// deploys anything (product-facts.md §4).
func Start(d Deployment) Playbook {
	started := func(n Node) []tasks.Task { return d.sent(n, tasks.Started{Service: d.kept(n, false)}) }
	return Playbook{
		{Name: "start all-in-one nodes, one after another", Nodes: d.AllInOnes(), Batch: 1, Tasks: started, Serves: true},
		{Name: "start gateways", Nodes: d.Gateways(), Tasks: started, Serves: true},
	}
}

// Restart restarts all-in-one nodes one after another and then gateways, the deployment's batch at a time, each healthy before the next. The last
// healthy node of a group is not stopped. All at once, all nodes of a kind restart together, and no one is guarded.
func Restart(d Deployment, r Roll) Playbook {
	restarted := func(n Node) []tasks.Task { return d.sent(n, tasks.Restarted{Service: d.kept(n, r.Force)}) }
	aios, gateways := d.AllInOnes(), d.Gateways()
	if r.All {
		return Playbook{
			{Name: "restart all all-in-one nodes at once", Nodes: aios, Tasks: restarted, Unbalanced: 1, Serves: true},
			{Name: "restart all gateways at once", Nodes: gateways, Tasks: restarted, Unbalanced: 1, Serves: true},
		}
	}
	size := max(1, min(d.Batch.Of(len(gateways)), len(gateways)-1)) // one serves on
	return Playbook{
		{Name: "restart all-in-one nodes, one after another", Nodes: aios, Batch: 1, Tasks: restarted, Group: aios, Serves: true},
		{Name: "restart gateways, " + atATime(size), Nodes: gateways, Batch: size, Tasks: restarted, Group: gateways, Serves: true, Together: true, Canary: r.Canary},
	}
}

func atATime(size int) string {
	if size == 1 {
		return "one after another"
	}
	return fmt.Sprintf("%d at a time", size)
}

// kept is the node's service.
func (d Deployment) kept(n Node, force bool) tasks.Service {
	s := d.service(n)
	s.Kill = force
	return s
}
