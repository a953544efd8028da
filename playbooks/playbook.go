// Package playbooks says when: which tasks go to which hosts, in what order, and how many at a time. A playbook is a literal
// that reads as the runbook. Planning runs its tasks against each host as it will be; applying does what the plan says.
package playbooks

import (
	"cmp"
	"slices"
	"time"

	"apimctl/tasks"
	"apimctl/tasks/plan"
)

// A Playbook is plays, one after another. The end of a play is a barrier.
type Playbook []Play

// A Play is tasks for nodes.
type Play struct {
	Name  string
	Nodes []Node
	Batch int // how many nodes at a time; 0 is all of them
	Tasks func(Node) []tasks.Task

	// Unbalanced nodes are stopped without a word to the load balancers, where so many stop at a time. 0 is never, 1 always.
	Unbalanced int

	// Serves says that the nodes are healthy at the end, and are sent requests.
	Serves bool

	// Ends has the nodes, which are load balancers, send requests to everybody again, and trust only whom they need to. It needs no Tasks.
	Ends bool

	// Together has nodes that stop nothing worked on at the same time, before those that stop a batch at a time.
	Together bool

	// Canary is how long the first node is watched before the others; 0 has none go first.
	Canary time.Duration

	// Group are all nodes of a group of which one has to serve at any time: none is stopped that is the last healthy one. Nil guards none.
	Group []Node
}

// node is the play's node of that name.
func (p Play) node(name string) (Node, bool) {
	for _, n := range p.Nodes {
		if n.Name == name {
			return n, true
		}
	}
	return Node{}, false
}

// hosts are the names of all nodes, each once, in the order of plays.
func (pb Playbook) hosts() []string {
	var names []string
	seen := map[string]bool{}
	for _, p := range pb {
		for _, n := range p.Nodes {
			if !seen[n.Name] {
				seen[n.Name] = true
				names = append(names, n.Name)
			}
		}
	}
	return names
}

// plan lays steps out as the playbook orders them. What has nothing to do is left out.
func (pb Playbook) plan(deployment string, b Balanced, steps func(play int, host string) []plan.Step) plan.Plan {
	all := plan.Plan{Deployment: deployment}
	for i, p := range pb {
		out := plan.Play{Name: p.Name}
		var lanes []plan.Lane
		var idle []string
		for _, n := range p.Nodes {
			if s := steps(i, n.Name); len(s) > 0 {
				lanes = append(lanes, plan.Lane{Host: n.Name, Steps: s})
			} else if p.Serves {
				idle = append(idle, n.Name)
			}
		}
		out.Batches = b.restored(idle) // of a run that died after a node was healthy
		lanes = p.inOrder(lanes)
		for i, batch := range p.batches(lanes) {
			out.Batches = append(out.Batches, b.rolled(p, batch, lanes)...)
			if i == 0 && p.Canary > 0 {
				out.Batches = append(out.Batches, b.baked(p, batch[0].Host)...)
			}
		}
		if p.Ends {
			out.Batches = batched(b.turn(p.Name, p.Nodes, b.Trust, nil))
		}
		if len(out.Batches) > 0 {
			all.Plays = append(all.Plays, out)
		}
	}
	return all
}

// silent says whether the batch stops without a word to the load balancers.
func (p Play) silent(batch []plan.Lane) bool { return p.Unbalanced > 0 && len(batch) >= p.Unbalanced }

// inOrder has nodes that start, or go on, before those that stop: who guards the last healthy node brings others up first. Of those that
// stop, who was not seen healthy with its files comes first: where it fails again, the others serve on.
func (p Play) inOrder(lanes []plan.Lane) []plan.Lane {
	if len(p.Group) > 0 {
		slices.SortStableFunc(lanes, func(a, b plan.Lane) int { return cmp.Compare(p.rank(a), p.rank(b)) })
	}
	return lanes
}

func (p Play) rank(l plan.Lane) int {
	n, _ := p.node(l.Host)
	switch {
	case !stops(l):
		return 0
	case !n.losesStamp(l):
		return 1
	}
	return 2
}

// losesStamp says whether the lane takes away the node's stamp: it has one.
func (n Node) losesStamp(l plan.Lane) bool {
	return puts(l, n.stamp(), true)
}

// puts says whether the lane puts something at a path where there was something before, or nothing.
func puts(l plan.Lane, path string, had bool) bool {
	return slices.ContainsFunc(l.Steps, func(s plan.Step) bool {
		return slices.ContainsFunc(s.Changes, func(c plan.Change) bool {
			put, ok := c.(plan.Put)
			return ok && put.Path == path && put.Had.Exists() == had
		})
	})
}

// batches are lanes in order that are worked on together. A canary is alone in the first.
func (p Play) batches(lanes []plan.Lane) [][]plan.Lane {
	size := p.size(len(lanes))
	var all [][]plan.Lane
	first := func(n int) {
		if n > 0 {
			all, lanes = append(all, lanes[:n]), lanes[n:]
		}
	}
	if p.Canary > 0 {
		first(min(1, len(lanes)))
	}
	if n := slices.IndexFunc(lanes, stops); p.Together && n >= 0 {
		first(n)
	} else if p.Together {
		first(len(lanes))
	}
	return append(all, slices.Collect(slices.Chunk(lanes, size))...)
}

// size is how many of so many lanes are worked on at a time. Of a group that is guarded one node is left out.
func (p Play) size(lanes int) int {
	size := p.Batch
	if size == 0 {
		size = lanes
	}
	if len(p.Group) > 0 {
		size = min(size, len(p.Group)-1)
	}
	return max(size, 1)
}

// Only is the playbook on some of its hosts.
func (pb Playbook) Only(names []string) Playbook {
	var some Playbook
	for _, p := range pb {
		var nodes []Node
		for _, n := range p.Nodes {
			if slices.Contains(names, n.Name) {
				nodes = append(nodes, n)
			}
		}
		p.Nodes = nodes
		some = append(some, p)
	}
	return some
}
