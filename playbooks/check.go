package playbooks

import (
	"maps"
	"slices"
	"strings"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/render/catalog"
	"apimctl/render/check"
)

// Check looks for mistakes in the configuration of all nodes, as a whole. Catalogs say which keys the distributions know; without
// one, what needs it is left out. known says what address DNS knows for a name that no hosts file will have, "" for none; it may be nil.
func Check(inv *inventory.Inventory, d Deployment, catalogs map[inventory.Role]*catalog.Catalog, known func(name string) string) []check.Finding {
	return check.Check(checkable(inv, d, catalogs, known))
}

// Harden is Check for the production checklist.
func Harden(inv *inventory.Inventory, d Deployment, catalogs map[inventory.Role]*catalog.Catalog) []check.Finding {
	return check.Harden(checkable(inv, d, catalogs, nil))
}

func checkable(inv *inventory.Inventory, d Deployment, catalogs map[inventory.Role]*catalog.Catalog, known func(name string) string) check.Deployment {
	all := check.Deployment{
		Hosts: map[string]string{}, Catalogs: map[string]*catalog.Catalog{}, LoadBalanced: inv.Proxy.HTTPS != 0,
		Closed: len(d.Balanced.Nodes) > 0,
	}
	for role, c := range catalogs {
		all.Catalogs[string(role)] = c
	}
	for _, line := range d.HostLines {
		names := strings.Fields(line)
		for _, name := range names[1:] {
			all.Hosts[name] = names[0]
		}
	}
	for _, name := range outside(inv) {
		if all.Hosts[name] == "" && known != nil {
			if at := known(name); at != "" {
				all.Hosts[name] = at
			}
		}
	}
	for _, n := range d.Nodes {
		c := checked(n)
		c.Args = d.args()
		all.Nodes = append(all.Nodes, c)
	}
	return all
}

// outside are the names that may be DNS's to know: what clients call, and where the databases are.
func outside(inv *inventory.Inventory) []string {
	names := slices.Sorted(maps.Values(inv.Hostnames))
	for _, db := range []*inventory.Database{inv.Databases.APIM, inv.Databases.Shared} {
		if db != nil && db.Host != "" {
			names = append(names, db.Host)
		}
	}
	return slices.Compact(names)
}

func checked(n Node) check.Node {
	entries := map[string]render.Entry{}
	for _, e := range n.Clear.Entries() {
		entries[e.Key] = e
	}
	return check.Node{
		Host: n.Name, Role: string(n.Role), Version: n.Product.Version, Config: n.Clear.Tree(), Offset: n.Offset,
		Addresses: []string{n.Name, n.Address},
		Origin: func(key string) (string, int) {
			o := entries[key].Origin
			return o.File, o.Line
		},
		Secret:  func(key string) bool { return entries[key].Secret },
		Shipped: func(key string) bool { return entries[key].Origin.Layer == Shipped },
	}
}
