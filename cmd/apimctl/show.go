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
	play, seen := "", shown{}
	for _, g := range plan.Group(p) {
		if g.Play != play {
			play, seen = g.Play, shown{}
			fmt.Fprintln(&b, a.bold(play))
		}
		fmt.Fprintf(&b, "  %s: %s\n", plan.Names(g.Hosts), g.Task)
		for _, c := range g.Changes {
			like, diff := seen.beside(g, c)
			fmt.Fprintf(&b, "    %s%s%s\n", c, because(c), like)
			b.WriteString(a.diff("      ", diff))
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

// shown are the diffs of a play that were shown in full, by task and change.
type shown map[string]struct{ host, diff string }

// beside is the diff of a change, or where another host's was much the same, whose, and the lines that differ.
func (s shown) beside(g plan.Alike, c plan.Change) (like, diff string) {
	key := g.Task + "\x00" + c.String()
	diff = c.Diff()
	first, ok := s[key]
	if !ok {
		s[key] = struct{ host, diff string }{g.Hosts[0], diff}
		return "", diff
	}
	if diff == "" {
		return "", ""
	}
	differing, ok := otherLines(first.diff, diff)
	switch {
	case !ok:
		return "", diff
	case differing == "":
		return ": as on " + first.host, ""
	}
	return ": as on " + first.host + ", but for", differing
}

// otherLines are the lines of b that differ from those of a; not ok where those are most of them.
func otherLines(a, b string) (string, bool) {
	had, want := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	if len(had) != len(want) {
		return "", false
	}
	var lines []string
	for i := range want {
		if had[i] != want[i] {
			lines = append(lines, want[i])
		}
	}
	return strings.Join(lines, ""), 2*len(lines) < len(want)
}
