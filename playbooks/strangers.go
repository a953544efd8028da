package playbooks

import (
	"slices"
	"strings"

	"apimctl/tasks/plan"
)

// Strangers are the nodes that a plan gives a key and, only together with it, trust in whom it leads to: from the first of them to the last
// they do not trust one another. A rotation has phases against that; nodes that are installed by the plan have nobody yet to be trusted by.
func (d Deployment) Strangers(p plan.Plan) []string {
	var names []string
	for _, n := range d.Nodes {
		if d.PKI.Managed && slices.ContainsFunc(lanes(p), func(l plan.Lane) bool { return l.Host == n.Name && d.estranges(n, l) }) {
			names = append(names, n.Name)
		}
	}
	return names
}

func (d Deployment) estranges(n Node, l plan.Lane) bool {
	key, trust := false, false
	for _, s := range l.Steps {
		key = key || s.Task == d.keystores(n)[0].String()
		trust = trust || s.Task == n.truststore(d).String() && slices.ContainsFunc(s.Changes, func(c plan.Change) bool {
			return strings.Contains(c.String(), "import") && strings.Contains(c.String(), Own+"ca")
		})
	}
	return key && trust && !n.installedBy(l)
}

func lanes(p plan.Plan) []plan.Lane {
	var all []plan.Lane
	for _, play := range p.Plays {
		for _, b := range play.Batches {
			all = append(all, b.Lanes...)
		}
	}
	return all
}
