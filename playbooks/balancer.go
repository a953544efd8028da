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
)

// A Balanced is the load balancers of a deployment, and what they run with.
type Balanced struct {
	Hosts []inventory.Host
	Nginx tasks.Nginx
	Drain time.Duration // how long requests in flight may take
	Hook  tasks.Hook    // tells a balancer of one's own; its words have placeholders
	Roots []byte        // DER: whom their certificate leads to
}

// balancers are those of an inventory. Without a certificate nothing is known of them but where they are.
func balancers(inv *inventory.Inventory) (Balanced, error) {
	b := Balanced{Drain: inv.Balancer.Drain}
	if d := inv.Drain; d.Command != nil {
		b.Drain = d.For
		b.Hook = tasks.Hook{Drain: d.Command, Restore: d.Restore, Dir: inv.Dir, State: State}
	}
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
