package playbooks

import (
	"context"
	"slices"
	"strings"

	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/plan"
)

// rolled is a batch with what goes before and after it where nodes stop: guards look, the balancers drain, what is in flight is waited
// for; and once the nodes are healthy the balancers send to them again. d is the balancers as they are before the batch, and then after it.
func (d *Balanced) rolled(play Play, batch, all []plan.Lane) []plan.Batch {
	if d.Hook.Drain != nil || len(d.Nodes) > 0 {
		batch = ahead(batch)
	}
	batch = d.called(play, batch)
	lanes := play.guarded(batch, all, d.Nginx.Config.Down)
	if len(d.Nodes) == 0 {
		return append([]plan.Batch{{Lanes: lanes}}, play.settled(batch)...)
	}
	var stop, serve []string
	for _, l := range batch {
		if stops(l) && !play.silent(batch) {
			stop = append(stop, l.Host)
		}
		if play.Serves {
			serve = append(serve, l.Host)
		}
	}
	steps := []plan.Batch{{Lanes: lanes}}
	if down := d.drains(stop); len(down) > 0 {
		guards, work := d.apart(play, batch, lanes)
		drain := d.turn("drain", d.Nodes, d.Nginx.Trusted, append(down, d.Nginx.Config.Down...))
		steps = []plan.Batch{{Lanes: guards}, {Lanes: drain}, {Lanes: work}}
	}
	steps = append(steps, d.restored(serve)...)
	steps = append(steps, play.settled(batch)...)
	return slices.DeleteFunc(steps, func(b plan.Batch) bool { return len(b.Lanes) == 0 })
}

// drains are those of the nodes that are sent requests as yet.
func (d *Balanced) drains(nodes []string) []string {
	return slices.DeleteFunc(slices.Clone(nodes), func(n string) bool { return slices.Contains(d.Nginx.Config.Down, n) })
}

// restored has the balancers send to those of the nodes that are down; no batch where none is.
func (d *Balanced) restored(nodes []string) []plan.Batch {
	down := slices.DeleteFunc(slices.Clone(d.Nginx.Config.Down), func(n string) bool { return slices.Contains(nodes, n) })
	return batched(d.turn("restore", d.Nodes, d.Nginx.Trusted, down))
}

// turn has balancers send nothing to those who are to be down, and requests to all others, and says who is trusted. d is the balancers as
// they are before it, and then after it.
func (d *Balanced) turn(task string, balancers []Node, trusted []byte, down []string) []plan.Lane {
	want := *d
	want.Nginx.Trusted = trusted
	slices.Sort(down)
	want.Nginx.Config.Down = slices.Compact(down)
	var lanes []plan.Lane
	for _, n := range balancers {
		if changes := tasks.Turn(d.on(n), want.on(n)); len(changes) > 0 {
			lanes = append(lanes, plan.Lane{Host: n.Name, Steps: []plan.Step{{Task: task, Changes: changes}}})
		}
	}
	*d = want
	return lanes
}

func batched(lanes []plan.Lane) []plan.Batch {
	if lanes == nil {
		return nil
	}
	return []plan.Batch{{Lanes: lanes}}
}

// ahead has nodes that stop do first, by itself, what only looks: one that cannot start again for its databases is not drained for that.
func ahead(batch []plan.Lane) []plan.Lane {
	lanes := slices.Clone(batch)
	for i, l := range lanes {
		s := l.Steps[0]
		n := slices.IndexFunc(s.Changes, func(c plan.Change) bool { return !looks(c) })
		if stops(l) && n > 0 {
			first, rest := plan.Step{Task: s.Task, Changes: s.Changes[:n]}, plan.Step{Task: s.Task, Changes: s.Changes[n:]}
			lanes[i].Steps = append([]plan.Step{first, rest}, l.Steps[1:]...)
		}
	}
	return lanes
}

// looks says whether a change alters nothing.
func looks(c plan.Change) bool {
	run, runs := c.(plan.Run)
	_, waits := c.(plan.Wait)
	return waits || runs && len(run.Touches) == 0 && !run.Stops && !run.Restores && run.Here == ""
}

// looking are the lane's steps that only look, which come first, and the others.
func looking(l plan.Lane) (first, rest []plan.Step) {
	if len(l.Steps) > 0 && !slices.ContainsFunc(l.Steps[0].Changes, func(c plan.Change) bool { return !looks(c) }) {
		return l.Steps[:1:1], l.Steps[1:]
	}
	return nil, l.Steps
}

// apart has guards, and what only looks, go before the balancers drain; what is in flight is waited for after that.
func (d *Balanced) apart(play Play, batch, lanes []plan.Lane) (guards, work []plan.Lane) {
	for i, l := range batch {
		n := len(lanes[i].Steps) - len(l.Steps)
		if stops(l) {
			node, _ := play.node(l.Host)
			first, rest := looking(l)
			n += len(first)
			l.Steps = append([]plan.Step{d.inFlight(node)}, rest...)
		}
		if n > 0 {
			guards = append(guards, plan.Lane{Host: l.Host, Steps: lanes[i].Steps[:n]})
		}
		work = append(work, l)
	}
	return guards, work
}

// called has the commands of this machine drain the nodes that stop, and restore them once they are healthy.
func (d *Balanced) called(play Play, batch []plan.Lane) []plan.Lane {
	if d.Hook.Drain == nil || play.silent(batch) {
		return batch
	}
	lanes := slices.Clone(batch)
	for i, l := range lanes {
		if !stops(l) {
			continue
		}
		n, _ := play.node(l.Host)
		hook := d.hook(n)
		first, rest := looking(l)
		l.Steps = slices.Concat(first, []plan.Step{{Task: "drain", Changes: hook.Drained()}, d.inFlight(n)}, rest)
		if last := l.Steps[len(l.Steps)-1]; play.Serves && last.Task != hook.String() {
			l.Steps = append(l.Steps, plan.Step{Task: hook.String(), Changes: hook.Restored()})
		}
		lanes[i] = l
	}
	return lanes
}

// hook is what is called for a node.
func (d *Balanced) hook(n Node) tasks.Hook {
	is := strings.NewReplacer("{host}", n.Name, "{address}", n.Address, "{group}", string(n.Role))
	h := d.Hook
	h.Drain, h.Restore = nil, nil
	for _, word := range d.Hook.Drain {
		h.Drain = append(h.Drain, is.Replace(word))
	}
	for _, word := range d.Hook.Restore {
		h.Restore = append(h.Restore, is.Replace(word))
	}
	return h
}

// Sent says of nodes whether they are sent requests: "up", "down", or "down on lb-2" where balancers differ; nothing of a node of which that is
// not known. Hosts are open, or are left out.
func (d Deployment) Sent(ctx context.Context, r *Runner) map[string]string {
	down, asked := map[string][]string{}, 0
	for _, h := range d.Balancers() {
		c, err := r.Conn(h.Name)
		if err != nil {
			continue
		}
		f, err := c.File(ctx, d.Balanced.Nginx.Path())
		if err != nil {
			r.Drop(h.Name) // whoever asks again connects anew
			continue
		}
		if !f.Exists() {
			continue
		}
		asked++
		for _, n := range render.NginxDown(f.Data) {
			down[n] = append(down[n], h.Name)
		}
	}
	sent := map[string]string{}
	for _, n := range d.Nodes {
		switch on := down[n.Name]; {
		case d.Balanced.Hook.Drain != nil:
			sent[n.Name] = d.Balanced.marked(ctx, r, n)
		case asked == 0:
		case len(on) == 0:
			sent[n.Name] = "up"
		case len(on) == asked:
			sent[n.Name] = "down"
		default:
			sent[n.Name] = "down on " + strings.Join(on, ", ")
		}
	}
	return sent
}

// marked is what the mark on a node says: that of a balancer of one's own nothing else is known.
func (d *Balanced) marked(ctx context.Context, r *Runner, n Node) string {
	c, err := r.Conn(n.Name)
	if err != nil {
		return ""
	}
	lacks, err := d.Hook.Plan(ctx, c)
	switch {
	case err != nil:
		return ""
	case len(lacks) > 0:
		return "down"
	}
	return "up"
}

// sent is a node's service with what has it sent requests again, where a run before left it drained.
func (d Deployment) sent(n Node, service tasks.Task) []tasks.Task {
	if d.Balanced.Hook.Drain == nil {
		return []tasks.Task{service}
	}
	return []tasks.Task{service, d.Balanced.hook(n)}
}

// balancedPorts are those of a node that balancers call (product-facts.md §3).
var balancedPorts = []int{9443, 8243, 8280, 9099, 8099, 9021, 8021}

func (d *Balanced) inFlight(n Node) plan.Step {
	var ports []int
	for _, p := range balancedPorts {
		ports = append(ports, n.Port(p))
	}
	var addresses []string
	for _, h := range d.Nodes {
		addresses = append(addresses, h.Address)
	}
	return plan.Step{Task: "requests in flight", Changes: []plan.Change{tasks.InFlight(n.Name, ports, addresses, d.Drain)}}
}
