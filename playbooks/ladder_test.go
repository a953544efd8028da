package playbooks

import (
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
)

// A gateway that cannot reach one port of one all-in-one node is not healthy, unless that is left out.
func TestGatewayReachesEvents(t *testing.T) {
	for _, text := range []string{twoAndTwo, strings.Replace(twoAndTwo, "for: 5s}", "for: 5s, events: false}", 1)} {
		b := settled(t, text)
		b.hosts["gw-1"].Listen("aio-2:9711", nil)
		var rung []string
		for _, w := range b.deployment.ladder(b.node("gw-1"), "") {
			if w.Probe.Kind != "all" {
				continue
			}
			for _, p := range w.Probe.Any {
				rung = append(rung, p.Addr)
			}
			if said, err := w.Probe.Try(t.Context(), b.hosts["gw-1"]); err != nil && said != "aio-2:9711: connection refused" {
				t.Errorf("%s: %s", w, said)
			}
		}
		if slices.ContainsFunc(b.deployment.ladder(b.node("aio-1"), ""), func(w plan.Wait) bool { return w.Probe.Kind == "all" }) {
			t.Error("an all-in-one node is asked for events too")
		}
		want := []string{"aio-1:5672", "aio-1:9611", "aio-1:9711", "aio-2:5672", "aio-2:9611", "aio-2:9711"}
		if text != twoAndTwo {
			want = nil
		}
		if !slices.Equal(rung, want) {
			t.Errorf("%q, not %q", rung, want)
		}
	}
}
