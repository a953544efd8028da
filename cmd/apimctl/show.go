package main

import (
	"fmt"
	"strings"

	"apimctl/tasks/plan"
)

// showPlan prints a plan: plays, the hosts that lack the same, each change with its diff, and at the end what it comes to.
func (a *app) showPlan(p plan.Plan) error {
	if p.Changes() == 0 {
		_, err := fmt.Fprintln(a.out, "nothing to do")
		return err
	}
	var b strings.Builder
	play := ""
	for _, g := range plan.Group(p) {
		if g.Play != play {
			play = g.Play
			fmt.Fprintln(&b, a.bold(play))
		}
		fmt.Fprintf(&b, "  %s: %s\n", plan.Names(g.Hosts), g.Task)
		for _, c := range g.Changes {
			fmt.Fprintf(&b, "    %s%s\n", c, because(c))
			b.WriteString(a.diff("      ", c.Diff()))
		}
	}
	fmt.Fprintf(&b, "\n%s on %s%s\n", count(p.Changes(), "change"), count(p.Hosts(), "host"), restarts(p))
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// because says why a node stops or starts.
func because(c plan.Change) string {
	if r, ok := c.(plan.Run); ok && len(r.Why) > 0 {
		return " (" + strings.Join(r.Why, ", ") + ")"
	}
	return ""
}

// restarts names the nodes that serve nothing for a while.
func restarts(p plan.Plan) string {
	if names := p.Interrupted(); len(names) > 0 {
		return "; restarted: " + plan.Names(names)
	}
	return ""
}
