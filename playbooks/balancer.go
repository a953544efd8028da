package playbooks

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
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
	Nodes []Node        // none where they have nothing to show clients
	Nginx tasks.Nginx   // but for what each shows its clients
	Drain time.Duration // how long requests in flight may take
	Hook  tasks.Hook    // tells a balancer of one's own; its words have placeholders
	Given bool          // they show load_balancer.certificate
	Trust []byte        // PEM of what the nodes' certificates lead to at the end of a run
}

// balancers are those of an inventory that have something to show clients.
func balancers(inv *inventory.Inventory, now time.Time) (Balanced, error) {
	b := Balanced{Drain: inv.Balancer.Drain, Given: inv.Balancer.Certificate != "", Nginx: tasks.Nginx{State: State, Config: nginxInput(inv)}}
	if d := inv.Drain; d.Command != nil {
		b.Drain = d.For
		b.Hook = tasks.Hook{Drain: d.Command, Restore: d.Restore, Dir: inv.Dir, State: State}
	}
	k := KeysOf(inv)
	var errs []error
	for _, h := range inv.Hosts {
		if h.Role != inventory.LoadBalancer || !k.given(h) && !inv.PKI.Serves(h.Name) {
			continue
		}
		n := Node{Host: h, ServerName: inv.Hostnames[inventory.AllInOne]}
		var err error
		if n.TLS, err = k.Of(h, now); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", h.Name, err))
		}
		b.Nodes = append(b.Nodes, n)
	}
	return b, errors.Join(errs...)
}

func nginxInput(inv *inventory.Inventory) render.NginxInput {
	d := rendered(inv)
	in := render.NginxInput{
		Name: inv.Name, AllInOne: d.Hostnames.AllInOne, Gateway: d.Hostnames.Gateway, Management: inv.Balancer.Management,
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
func (d *Deployment) balance() {
	b := &d.Balanced
	for _, n := range d.Nodes {
		if !strings.Contains(string(b.Trust), n.Trust) {
			b.Trust = append(b.Trust, n.Trust...)
		}
	}
	b.Nginx.Trusted = b.Trust
	roots := d.PKI.Anchors
	if b.Given && len(b.Nodes) > 0 && len(b.Nodes[0].TLS.Chain) > 0 {
		chain := b.Nodes[0].TLS.Chain
		given := tasks.Trusted{Alias: balancerAlias, DER: chain[len(chain)-1]}
		d.Trusted = append(d.Trusted, given)
		roots = []tasks.Trusted{given}
	}
	for i := range b.Nodes {
		b.Nodes[i].Trust = encoded(roots)
	}
}

// balancerAlias is the balancers' own in a truststore.
const balancerAlias = "apimctl-load-balancer"

// on is the nginx of one of the balancers.
func (b Balanced) on(n Node) tasks.Nginx {
	one := b.Nginx
	one.Chain, one.Key = n.TLS.Chain, n.TLS.Open
	return one
}

// Drained has the balancers that were read go on as they are until the run is over: what is down stays so, as a run that failed leaves the
// node that it failed on, and whom they trusted they still trust, as there are nodes that show it until their turn comes.
func (d Deployment) Drained(ctx context.Context, r *Runner) (Deployment, error) {
	b := &d.Balanced
	var down []string
	for _, n := range b.Nodes {
		c, err := r.Conn(n.Name)
		if err != nil {
			return d, err
		}
		conf, err := c.File(ctx, b.Nginx.Path())
		trusts, err2 := c.File(ctx, b.Nginx.Trusts())
		if err := errors.Join(err, err2); err != nil {
			return d, &HostError{Host: n.Name, Err: err}
		}
		down = append(down, render.NginxDown(conf.Data)...)
		b.Nginx.Trusted = union(b.Nginx.Trusted, trusts.Data)
	}
	slices.Sort(down)
	b.Nginx.Config.Down = slices.Compact(down)
	return d, nil
}

// union is PEM, and after it what more has that it has not.
func union(all, more []byte) []byte {
	certs, err := keystore.PEM(more)
	if err != nil {
		return all // no file of ours
	}
	all = slices.Clone(all)
	for _, c := range certs {
		if one := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); !bytes.Contains(all, one) {
			all = append(all, one...)
		}
	}
	return all
}

// balancing keeps nginx running; nodes that a run before has drained stay so until they are healthy again.
func (d Deployment) balancing(n Node) []tasks.Task {
	return []tasks.Task{
		tasks.Hosts{Deployment: d.Name, Lines: d.HostLines},
		d.Balanced.on(n),
	}
}
