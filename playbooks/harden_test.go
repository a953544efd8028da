package playbooks

import (
	"slices"
	"strings"
	"testing"

	"apimctl/inventory"
	"apimctl/tasks/hardening"
)

// matrix is a deployment of two nodes of each kind, by their addresses.
func matrix() Deployment {
	node := func(name string, role inventory.Role, address string, offset int) Node {
		n := Node{Host: inventory.Host{Name: name, Role: role, Address: address, Offset: offset}}
		n.Install.Dir = "/opt/wso2"
		return n
	}
	return Deployment{Name: "prod", HostLines: []string{"10.0.0.40 db.example.com", "10.0.0.11 aio-1 api.example.com"}, Nodes: []Node{
		node("aio-1", inventory.AllInOne, "10.0.0.11", 0), node("aio-2", inventory.AllInOne, "10.0.0.12", 1),
		node("gw-1", inventory.Gateway, "10.0.0.21", 0), node("gw-2", inventory.Gateway, "10.0.0.22", 0),
	}}
}

// Every port that the firewall has to let through is tried, at the offset of who listens (product-facts.md §3).
func TestFirewallMatrix(t *testing.T) {
	db := func(name string, port int) *inventory.Database {
		return &inventory.Database{Host: "db.example.com", Port: port, Name: name}
	}
	direct := &inventory.Inventory{Databases: inventory.Databases{Shared: db("shared_db", 3306), APIM: db("apim_db", 3307)}}
	balanced := &inventory.Inventory{Proxy: inventory.Proxy{HTTPS: 443}, Features: inventory.Features{EventHubTLS: true}}
	for _, row := range []struct {
		inv        *inventory.Inventory
		node, want string
	}{
		{direct, "aio-1", "10.0.0.12:9444 10.0.0.12:5673 10.0.0.12:9612 10.0.0.12:9712 10.0.0.40:3306 10.0.0.40:3307"},
		{direct, "gw-1", "10.0.0.11:9443 10.0.0.11:5672 10.0.0.11:9611 10.0.0.11:9711 10.0.0.12:9444 10.0.0.12:5673 10.0.0.12:9612 10.0.0.12:9712 10.0.0.22:9443 10.0.0.40:3306"},
		{balanced, "aio-2", "10.0.0.11:9443 10.0.0.11:8672 10.0.0.11:9611 10.0.0.11:9711"},
		{balanced, "gw-2", "10.0.0.11:8672 10.0.0.11:9611 10.0.0.11:9711 10.0.0.12:8673 10.0.0.12:9612 10.0.0.12:9712 10.0.0.21:9443 lb.example.com:443"},
	} {
		d := matrix()
		d.Upstream = Endpoint{Host: "lb.example.com", Port: 443}
		all := d.Examined(row.inv)
		i := slices.IndexFunc(all, func(n hardening.Node) bool { return n.Name == row.node })
		var had []string
		for _, r := range all[i].Reaches {
			had = append(had, r.Addr)
			if r.What == "" {
				t.Errorf("nobody knows what %s is for", r.Addr)
			}
		}
		if strings.Join(had, " ") != row.want {
			t.Errorf("%s tries %v", row.node, had)
		}
	}
}

// Without a word of the inventory --fix takes what concerns hosts alone: the rest would be taken back by the next apply.
func TestHardenHosts(t *testing.T) {
	d := matrix().HardenHosts()
	if h := d.Hardening; !h.Limits || !h.Sysctl || !h.Files || !h.LogRotation || h.Sandbox || h.TLS || h.JVM || h.NoJMX || h.Headers {
		t.Errorf("it takes %+v", h)
	}
	d.Hardening = inventory.Hardening{Given: true, Sandbox: true}
	if d.HardenHosts().Hardening != d.Hardening {
		t.Error("what the inventory says is not heard")
	}
}

func TestJVMOptions(t *testing.T) {
	d := matrix()
	n := d.Nodes[0]
	n.Install.JavaOpts = []string{"-Dmine=1"}
	if had := d.options(n); !slices.Equal(had, n.Install.JavaOpts) {
		t.Errorf("without a word they are %q", had)
	}
	d.Hardening.JVM = true
	if had := d.options(n); len(had) != 4 || had[3] != "-Dmine=1" {
		t.Errorf("hardened they are %q, with the operator's not last", had)
	}
}
