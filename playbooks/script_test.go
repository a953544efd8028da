package playbooks

import (
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
)

var scriptText = strings.Replace(balancedText, "version: 4.6.0", "version: 4.6.0\ninstall: {service: script}", 1)

// updated gives all nodes other zips.
func (b *bench) updated() *bench {
	for i := range b.deployment.Nodes {
		b.deployment.Nodes[i].Product.SHA256 = strings.Repeat("c3", 32)
	}
	return b
}

// Without systemd a new release is rolled out as with it: the process of the old one is drained, and stopped before the new one starts.
func TestNewReleaseWithoutSystemd(t *testing.T) {
	b := settled(t, scriptText).updated()
	p := b.plan()
	var did []string
	for _, play := range p.Plays {
		for _, batch := range play.Batches {
			if play.Name != "gateways" {
				continue
			}
			for _, l := range batch.Lanes {
				for _, s := range l.Steps {
					did = append(did, told(l.Host, s)...)
				}
			}
		}
	}
	want := []string{
		"gw-1 guarded", "lb-1 drain", "gw-1 link", "gw-1 stop", "gw-1 start", "lb-1 restore",
		"gw-2 guarded", "lb-1 drain", "gw-2 link", "gw-2 stop", "gw-2 start", "lb-1 restore",
	}
	if !slices.Equal(did, want) {
		t.Errorf("%q, not %q", did, want)
	}
	if err := b.apply(p); err != nil {
		t.Fatal(err)
	}
	if got := b.mostDown(); got != 1 {
		t.Errorf("%d gateways were down at a time", got)
	}
	b.looksLittle()
}

// looksLittle wants a plan with nothing to do, of few exchanges.
func (b *bench) looksLittle() {
	b.t.Helper()
	before := map[string]int{}
	for name, m := range b.hosts {
		before[name] = m.Counts().Exchanges
	}
	if p := b.planOf(Apply(b.deployment)); p.Changes() > 0 {
		b.t.Errorf("after it was applied there is still to do: %v", p.Plays)
	}
	for name, m := range b.hosts {
		if n := m.Counts().Exchanges - before[name]; n > 3 {
			b.t.Errorf("%s: a plan with nothing to do took %d exchanges", name, n)
		}
	}
}

// told is what a step does that matters to who is sent requests.
func told(host string, s plan.Step) []string {
	switch s.Task {
	case "drain", "restore":
		return []string{host + " " + s.Task}
	case "last healthy node":
		return []string{host + " guarded"}
	}
	var all []string
	for _, c := range s.Changes {
		if verb, _, _ := strings.Cut(c.String(), " "); slices.Contains([]string{"link", "stop", "start"}, verb) {
			all = append(all, host+" "+verb)
		}
	}
	return all
}
