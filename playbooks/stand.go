package playbooks

import (
	"context"
	"slices"
	"time"

	"apimctl/inventory"
	"apimctl/tasks/plan"
)

// standFor is how long a node may take to say how it stands after a run that failed.
const standFor = 30 * time.Second

// Stand reports how each node of a plan that failed stands now. Nodes are asked side by side; what is told is in their order. Load
// balancers are no nodes: the next run has them send to who is healthy.
func (r *Runner) Stand(ctx context.Context, pb Playbook, p plan.Plan) {
	hosts := slices.DeleteFunc(p.Names(), func(h string) bool {
		role := pb.node(h).Role
		return role != inventory.AllInOne && role != inventory.Gateway
	})
	said := make([]string, len(hosts))
	at := map[string]int{}
	for i, h := range hosts {
		at[h] = i
	}
	_ = r.each(ctx, hosts, func(ctx context.Context, host string) error {
		said[at[host]] = r.stands(ctx, pb, host)
		return nil
	})
	for i, h := range hosts {
		r.report(Event{Kind: HostNow, Host: h, Said: said[i]})
	}
}

func (r *Runner) stands(ctx context.Context, pb Playbook, host string) string {
	ctx, cancel := context.WithTimeout(ctx, standFor)
	defer cancel()
	c, err := r.Conn(host)
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	s, err := pb.node(host).Look(ctx, c)
	if err != nil {
		return "unknown (" + err.Error() + ")"
	}
	switch f, err := c.File(ctx, pb.node(host).stamp()); {
	case !r.began(host):
		return s.String() + "; not reached by this run"
	case s.Health == "healthy" && err == nil && !f.Exists(): // it was asked to stop, or has not passed its gate, which asks for more
		return s.State + ", answers its health check; the next apply restarts it"
	}
	return s.String()
}

func (r *Runner) began(host string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun[host]
}

// node is the playbook's node of that name.
func (pb Playbook) node(name string) Node {
	for _, p := range pb {
		if n, ok := p.node(name); ok {
			return n
		}
	}
	return Node{}
}
