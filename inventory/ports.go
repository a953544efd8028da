package inventory

import (
	"fmt"
	"net"
	"strings"
)

// ports are what a role listens on without an offset (product-facts.md §3; §8 for the balancer).
func (e entry) ports() []int {
	if e.Role == LoadBalancer {
		return []int{443, 80, 8099, 9099, 8021, 9021}
	}
	return []int{9443, 9763, 8243, 8280, 8099, 9099, 8021, 9021, 5672, 8672, 9611, 9711, 9999, 11111}
}

// checkPorts lets hosts share an address as long as their ports do not clash.
func (doc *document) checkPorts(d *decoder) {
	type socket struct {
		address string
		port    int
	}
	seen, said := map[socket]entry{}, once{}
	for _, e := range doc.entries {
		if e.Address == "" {
			continue
		}
		for _, base := range e.ports() {
			port := base
			if e.Role != LoadBalancer {
				port += e.Offset
			}
			at := socket{canonical(e.Address), port}
			first, taken := seen[at]
			if !taken {
				seen[at] = e
				continue
			}
			if said.first(first.path, e.path) {
				d.bad(e.path+".address", fmt.Sprintf("%s is also %s's, and both would use port %d", e.Address, first.Name, port),
					"give one of them another address or another offset")
			}
		}
	}
}

// canonical makes two writings of one address equal.
func canonical(address string) string {
	if ip := net.ParseIP(address); ip != nil {
		return ip.String()
	}
	return strings.ToLower(address)
}

// checkFolders keeps two nodes of a kind on one machine apart: each kind has one name in the installation's folder.
func (doc *document) checkFolders(d *decoder) {
	type home struct {
		address string
		sshPort int // another one may be another machine behind the same address
		role    Role
		dir     string
	}
	seen, said := map[home]entry{}, once{}
	for _, e := range doc.entries {
		if e.Address == "" || e.Role == LoadBalancer {
			continue
		}
		at := home{canonical(e.Address), e.SSH.Port, e.Role, e.Install.Dir}
		first, taken := seen[at]
		if !taken {
			seen[at] = e
			continue
		}
		if said.first(first.path, e.path) {
			d.bad(e.path+".address", fmt.Sprintf("%s is also %s's, and both would be installed in %s", e.Address, first.Name, e.Install.Dir),
				"give one of them another address or another install.dir")
		}
	}
}
