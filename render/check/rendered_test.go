package check_test

import (
	"fmt"
	"strings"
	"testing"

	"apimctl/render"
	"apimctl/render/catalog"
	"apimctl/render/check"
	"apimctl/testdata/refdata"
)

// Whatever the topology implies is free of findings, for every shape of deployment.
func TestRenderedMatrix(t *testing.T) {
	cats := map[string]*catalog.Catalog{check.AllInOne: refdata.Catalog(t, check.AllInOne), check.Gateway: refdata.Catalog(t, check.Gateway)}
	shapes := 0
	for _, version := range []string{"4.5.0", "4.6.0", "4.7.0"} {
		for i := range 72 {
			aios, gws, lb, step, tls := i%3+1, []int{1, 2, 4}[i/3%3], i/9%2 == 1, i/18%2*3, i/36 == 1
			d := rendered(version, aios, gws, lb)
			for k := range d.AllInOnes {
				d.AllInOnes[k].Offset = k * step
			}
			for k := range d.Gateways {
				d.Gateways[k].Offset = k * step
			}
			if tls {
				d.Features.EventHubTLS = &render.EventHubTLS{}
			}
			name := fmt.Sprintf("%s, %d all-in-one, %d gateways, LB %v, step %d, TLS %v", version, aios, gws, lb, step, tls)
			for _, f := range check.Check(laidOut(t, d, cats)) {
				t.Errorf("%s: %s", name, f)
			}
			shapes++
		}
	}
	if shapes != 216 {
		t.Errorf("%d shapes", shapes)
	}
}

func rendered(version string, aios, gws int, lb bool) render.Deployment {
	database := func(name string) *render.Database {
		return &render.Database{Type: "mysql", Host: "db.example.com", Name: name, Username: "apim", Password: "hush-db"}
	}
	d := render.Deployment{
		Name: "prod", Version: version, LoadBalanced: lb,
		Hostnames: render.Hostnames{AllInOne: "api.example.com", Gateway: "gw.example.com"},
		AdminUser: "admin", AdminPassword: "hush-home",
		Databases: render.Databases{APIM: database("apim_db"), Shared: database("shared_db")},
	}
	for i := range aios {
		d.AllInOnes = append(d.AllInOnes, render.Peer{Name: fmt.Sprintf("aio-%d", i+1), Address: fmt.Sprintf("10.0.1.%d", i+1)})
	}
	for i := range gws {
		d.Gateways = append(d.Gateways, render.Peer{Name: fmt.Sprintf("gw-%d", i+1), Address: fmt.Sprintf("10.0.2.%d", i+1)})
	}
	if version == "4.7.0" {
		d.EncryptionKey = strings.Repeat("0123456789abcdef", 4)
	}
	return d
}

// laidOut renders every node as a playbook does.
func laidOut(t *testing.T, d render.Deployment, cats map[string]*catalog.Catalog) check.Deployment {
	t.Helper()
	out := check.Deployment{Catalogs: cats, LoadBalanced: d.LoadBalanced, Hosts: map[string]string{
		"db.example.com": "10.0.0.40", "api.example.com": d.AllInOnes[0].Address, "gw.example.com": d.Gateways[0].Address,
	}}
	if d.LoadBalanced {
		out.Hosts["api.example.com"], out.Hosts["gw.example.com"] = "10.0.0.31", "10.0.0.31"
	}
	add := func(p render.Peer, role string) {
		implied, err := render.Implied(d, render.Node{Peer: p, Role: role})
		if err != nil {
			t.Fatal(err)
		}
		c, err := render.Merge(implied)
		if err != nil {
			t.Fatal(err)
		}
		out.Nodes = append(out.Nodes, check.Node{
			Host: p.Name, Role: role, Version: d.Version, Config: c.Tree(), Offset: p.Offset, Addresses: []string{p.Address},
		})
	}
	for _, p := range d.AllInOnes {
		add(p, check.AllInOne)
	}
	for _, p := range d.Gateways {
		add(p, check.Gateway)
	}
	return out
}
