package playbooks

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
)

// A Balanced is the load balancers of a deployment, and what they run with.
type Balanced struct {
	Hosts []inventory.Host
	Nginx tasks.Nginx
	Drain time.Duration // how long requests in flight may take
	Roots []byte        // DER: whom their certificate leads to
}

// balancers are those of an inventory. Without a certificate nothing is known of them but where they are.
func balancers(inv *inventory.Inventory) (Balanced, error) {
	b := Balanced{Drain: inv.Balancer.Drain}
	for _, h := range inv.Hosts {
		if h.Role == inventory.LoadBalancer {
			b.Hosts = append(b.Hosts, h)
		}
	}
	if len(b.Hosts) == 0 || inv.Balancer.Certificate == "" {
		return b, nil
	}
	certificate, err := os.ReadFile(inv.Balancer.Certificate)
	key, err2 := os.ReadFile(inv.Balancer.Key)
	if err := errors.Join(err, err2); err != nil {
		return b, err
	}
	chain, err := keystore.PEM(certificate)
	if err != nil {
		return b, fmt.Errorf("%s: %w", inv.Balancer.Certificate, err)
	}
	if err := covers(chain[0], inv); err != nil {
		return b, fmt.Errorf("%s: %w", inv.Balancer.Certificate, err)
	}
	b.Roots = chain[len(chain)-1].Raw
	b.Nginx = tasks.Nginx{Certificate: certificate, Key: key, State: State, Config: nginxInput(inv)}
	return b, nil
}

// covers holds a certificate to the names that clients call.
func covers(c *x509.Certificate, inv *inventory.Inventory) error {
	for _, role := range []inventory.Role{inventory.AllInOne, inventory.Gateway} {
		if name := inv.Hostnames[role]; name != "" {
			if err := c.VerifyHostname(name); err != nil {
				return fmt.Errorf("is not for %s, which clients call: %w", name, err)
			}
		}
	}
	return nil
}

func nginxInput(inv *inventory.Inventory) render.NginxInput {
	d := rendered(inv)
	in := render.NginxInput{
		Name: inv.Name, AllInOne: d.Hostnames.AllInOne, Gateway: d.Hostnames.Gateway,
		AllInOnes: d.AllInOnes, Gateways: d.Gateways, Ports: render.DefaultNginxPorts(),
	}
	if inv.Proxy.HTTPS != 0 {
		in.Ports.HTTPS, in.Ports.HTTP = inv.Proxy.HTTPS, inv.Proxy.HTTP
	}
	for _, h := range inv.Hosts {
		if h.Role != inventory.LoadBalancer {
			in.Allow = append(in.Allow, h.Address)
		}
	}
	return in
}

// balance has balancers verify the nodes, and the nodes trust the balancers.
func (d *Deployment) balance(b Balanced) {
	for _, n := range d.Nodes {
		if !strings.Contains(string(b.Nginx.Trusted), n.Trust) {
			b.Nginx.Trusted = append(b.Nginx.Trusted, n.Trust...)
		}
	}
	if b.Roots != nil {
		d.Trusted = append(d.Trusted, tasks.Trusted{Alias: balancerAlias, DER: b.Roots})
	}
	d.Balanced = b
}

// balancerAlias is the balancers' own in a truststore.
const balancerAlias = "apimctl-load-balancer"

// nodes are the balancers as a play's nodes.
func (b Balanced) nodes() []Node {
	nodes := make([]Node, len(b.Hosts))
	for i, h := range b.Hosts {
		nodes[i] = Node{Host: h}
	}
	return nodes
}

// ready says whether the balancers can be configured.
func (b Balanced) ready() bool { return b.Nginx.Certificate != nil }

// Drained has the balancers that were read leave down what is down on them: a run that failed leaves the node that it failed on so.
func (d Deployment) Drained(ctx context.Context, r *Runner) (Deployment, error) {
	if !d.Balanced.ready() {
		return d, nil
	}
	var down []string
	for _, h := range d.Balanced.Hosts {
		c, err := r.Conn(h.Name)
		if err != nil {
			return d, err
		}
		f, err := c.File(ctx, d.Balanced.Nginx.Path())
		if err != nil {
			return d, &HostError{Host: h.Name, Err: err}
		}
		down = append(down, render.NginxDown(f.Data)...)
	}
	slices.Sort(down)
	d.Balanced.Nginx.Config.Down = slices.Compact(down)
	return d, nil
}

// balancing keeps nginx running; nodes that a run before has drained stay so until they are healthy again.
func (d Deployment) balancing(n Node) []tasks.Task {
	return []tasks.Task{
		tasks.Hosts{Deployment: d.Name, Lines: d.HostLines},
		d.Balanced.Nginx,
	}
}

// serving has every node sent requests to.
func (d Deployment) serving(Node) []tasks.Task {
	all := d.Balanced.Nginx
	all.Config.Down = nil
	return []tasks.Task{tasks.Sends{Nginx: all, Down: d.Balanced.Nginx.Config.Down}}
}

// rolled is a batch with what goes before and after it where nodes stop: guards look, the balancers drain, what is in flight is waited
// for; and once the nodes are healthy the balancers send to them again.
func (d *Balanced) rolled(play Play, batch, all []plan.Lane) []plan.Batch {
	lanes := play.guarded(batch, all)
	var stop []string
	for _, l := range batch {
		if stops(l) {
			stop = append(stop, l.Host)
		}
	}
	if d == nil || !d.ready() || len(stop) == 0 || play.Unbalanced {
		return []plan.Batch{{Lanes: lanes}}
	}
	var guards, work []plan.Lane
	for i, l := range lanes {
		if n := len(l.Steps) - len(batch[i].Steps); n > 0 {
			guards = append(guards, plan.Lane{Host: l.Host, Steps: l.Steps[:n]})
		}
		l = batch[i]
		if slices.Contains(stop, l.Host) {
			node, _ := play.node(l.Host)
			l.Steps = append([]plan.Step{{Task: "requests in flight", Changes: []plan.Change{d.inFlight(node)}}}, l.Steps...)
		}
		work = append(work, l)
	}
	steps := []plan.Batch{{Lanes: guards}, {Lanes: d.each("drain", tasks.Drain(d.Nginx, stop...))}, {Lanes: work}, {Lanes: d.each("restore", tasks.Restore(d.Nginx, stop...))}}
	return slices.DeleteFunc(steps, func(b plan.Batch) bool { return len(b.Lanes) == 0 })
}

func (d *Balanced) each(task string, changes []plan.Change) []plan.Lane {
	lanes := make([]plan.Lane, len(d.Hosts))
	for i, h := range d.Hosts {
		lanes[i] = plan.Lane{Host: h.Name, Steps: []plan.Step{{Task: task, Changes: changes}}}
	}
	return lanes
}

// balancedPorts are those of a node that balancers call (product-facts.md §3).
var balancedPorts = []int{9443, 8243, 8280, 9099, 8099, 9021, 8021}

func (d *Balanced) inFlight(n Node) plan.Change {
	var ports []int
	for _, p := range balancedPorts {
		ports = append(ports, n.Port(p))
	}
	var addresses []string
	for _, h := range d.Hosts {
		addresses = append(addresses, h.Address)
	}
	return tasks.InFlight(n.Name, ports, addresses, d.Drain)
}
