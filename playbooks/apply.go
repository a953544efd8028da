package playbooks

import "apimctl/tasks"

// Apply takes a deployment from whatever it is to running: hosts are prepared side by side, all-in-one nodes follow one another,
// each of them healthy before the next, and gateways come last: one that starts before an all-in-one is up never
// deploys anything until it is restarted (product-facts.md §4). Gateways that run already stop a batch at a time; new ones start together.
func Apply(d Deployment) Playbook {
	return Playbook{
		{Name: "databases", Nodes: d.looker(), Tasks: d.databases},
		{Name: "prepare every host", Nodes: d.Nodes, Tasks: d.prepared},
		{Name: "load balancers", Nodes: d.Balancers(), Tasks: d.balancing},
		{Name: "all-in-one nodes, one after another", Nodes: d.AllInOnes(), Batch: 1, Tasks: d.running, Group: d.AllInOnes(), Serves: true},
		{Name: "gateways", Nodes: d.Gateways(), Batch: d.Batch.Of(len(d.Gateways())), Tasks: d.running, Group: d.Gateways(), Serves: true, Together: true, Canary: d.Canary},
		{Name: "every node is sent requests", Nodes: d.Balancers(), Ends: true},
	}
}

// prepared is what a host needs before anything that serves on it changes.
func (d Deployment) prepared(n Node) []tasks.Task {
	return append([]tasks.Task{
		n.java(),
		tasks.User{Name: n.Install.User, Group: n.Install.Group, Home: n.Install.Dir},
		n.directories(),
		tasks.Release{Archive: n.archive(), Dir: n.release(), Owner: n.owner()},
		tasks.Hosts{Deployment: d.Name, Lines: d.HostLines},
	}, d.hardenedHost(n)...)
}

// running is a node on its release, with its configuration, healthy.
func (d Deployment) running(n Node) []tasks.Task {
	list := []tasks.Task{tasks.Home{Path: n.Home(), Target: "releases/" + n.releaseName()}}
	for _, k := range d.keystores(n) {
		list = append(list, k)
	}
	if len(d.trusts()) > 0 {
		list = append(list, n.truststore(d)) // before deployment.toml, which may tell the password that it still has
	}
	if n.Ciphers {
		list = append(list, n.vault())
	}
	list = append(list, tasks.Configuration{Path: n.conf(), Owner: n.owner(), Data: n.TOML, Hide: n.Hide})
	if n.Driver.Name != "" {
		list = append(list, tasks.Driver{Home: n.Home(), Owner: n.owner(), Name: n.Driver.Name, Data: n.Driver.Data, Package: n.Driver.Package})
	}
	list = append(list, d.hardenedNode(n)...)
	return append(list, d.sent(n, d.service(n))...)
}
