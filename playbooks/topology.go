package playbooks

import (
	"apimctl/inventory"
	"apimctl/render"
)

// hostLines are the lines of the hosts block: every host of the deployment by its name, what clients and nodes call by the balancer's
// address or that of the first node of its kind, and the inventory's own.
func hostLines(inv *inventory.Inventory) ([]string, error) {
	names := map[string][]string{}
	for _, h := range inv.Hosts {
		names[h.Address] = append(names[h.Address], h.Name)
	}
	for role, hostname := range inv.Hostnames {
		if at := answersFor(inv, role); at != "" {
			names[at] = append(names[at], hostname)
		}
	}
	if h, ok := first(inv, inventory.LoadBalancer); ok && inv.Balancer.Management != "" {
		names[h.Address] = append(names[h.Address], inv.Balancer.Management)
	}
	for address, more := range inv.HostsFile {
		names[address] = append(names[address], more...)
	}
	return render.HostLines(names)
}

// answersFor is the address that answers for a role's public hostname.
func answersFor(inv *inventory.Inventory, role inventory.Role) string {
	if h, ok := first(inv, inventory.LoadBalancer); ok {
		return h.Address
	}
	if inv.Proxy.HTTPS != 0 {
		return "" // a balancer of their own: DNS knows it
	}
	h, _ := first(inv, role)
	return h.Address
}

func first(inv *inventory.Inventory, role inventory.Role) (inventory.Host, bool) {
	for _, h := range inv.Hosts {
		if h.Role == role {
			return h, true
		}
	}
	return inventory.Host{}, false
}

// upstream is where gateways call the all-in-ones.
func upstream(inv *inventory.Inventory, d Deployment) Endpoint {
	if inv.Proxy.HTTPS != 0 {
		e := Endpoint{Host: inv.Hostnames[inventory.AllInOne], Port: inv.Proxy.HTTPS}
		if nodes := d.Balancers(); len(nodes) > 0 {
			e.Trust, e.ServerName = nodes[0].Trust, e.Host
		}
		return e
	}
	nodes := d.AllInOnes()
	if len(nodes) == 0 {
		return Endpoint{}
	}
	e := Endpoint{Host: inv.Hostnames[inventory.AllInOne], Port: nodes[0].Port(9443), Trust: nodes[0].Trust}
	if d.PKI.Managed {
		e.ServerName = e.Host
	}
	return e
}

// rendered is what render needs to know of an inventory.
func rendered(inv *inventory.Inventory) render.Deployment {
	d := render.Deployment{
		Name: inv.Name, Version: inv.Version,
		Hostnames:     render.Hostnames{AllInOne: inv.Hostnames[inventory.AllInOne], Gateway: inv.Hostnames[inventory.Gateway]},
		LoadBalanced:  inv.Proxy.HTTPS != 0,
		Proxy:         render.Proxy(inv.Proxy),
		UserStore:     inv.UserStore,
		AdminUser:     inv.Admin.Username,
		AdminPassword: inv.Admin.Password.Reveal(),
		Databases:     render.Databases{APIM: databaseOf(inv.Databases.APIM), Shared: databaseOf(inv.Databases.Shared)},
		Keystores:     storesOf(inv.Keystores),
		EncryptionKey: inv.EncryptionKey.Reveal(),
		Features:      features(inv.Features),
		Hardening:     render.Hardening{TLS: inv.Hardening.TLS, Headers: inv.Hardening.Headers, NoJMX: inv.Hardening.NoJMX},
	}
	for _, h := range inv.Hosts {
		switch h.Role {
		case inventory.AllInOne:
			d.AllInOnes = append(d.AllInOnes, peer(h))
		case inventory.Gateway:
			d.Gateways = append(d.Gateways, peer(h))
		}
	}
	for _, e := range inv.Environments {
		d.Environments = append(d.Environments, environment(e))
	}
	return d
}

func peer(h inventory.Host) render.Peer {
	return render.Peer{Name: h.Name, Address: h.Address, Offset: h.Offset, Environment: h.Environment}
}
