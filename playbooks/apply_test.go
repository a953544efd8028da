package playbooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

func TestApplyTwice(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	before := map[string]int{}
	for name, m := range b.hosts {
		before[name] = m.Counts().Exchanges
	}
	if p := b.plan(); p.Changes() > 0 {
		t.Errorf("after it was applied there is still to do: %v", p.Plays)
	}
	for name, m := range b.hosts {
		if n := m.Counts().Exchanges - before[name]; n > 3 {
			t.Errorf("%s: a plan with nothing to do took %d exchanges", name, n)
		}
	}
}

// All-in-ones start one after another, each healthy before the next, and gateways after them, together: none of them serves yet.
func TestApplyOrder(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, e := range b.events {
		if e.Kind == ChangeDone && (strings.HasPrefix(e.Change, "start ") || strings.HasSuffix(e.Change, ".stamp")) {
			order = append(order, e.Host)
		}
	}
	slices.Sort(order[4:])
	want := []string{"aio-1", "aio-1", "aio-2", "aio-2", "gw-1", "gw-1", "gw-2", "gw-2"}
	if !slices.Equal(order, want) {
		t.Errorf("nodes started and were stamped in the order %v, not %v", order, want)
	}
}

// A change of all 20 gateways stops a batch of them at a time; those that do not run come first, together.
func TestApplyKeepsItsBatch(t *testing.T) {
	b := settled(t, twenty())
	b.stopped(b.hosts["gw-3"], b.node("gw-3"), "wso2-gateway")
	changed := b.again(strings.Replace(twenty(), "gateway: {hosts", "gateway: {config: {apim.jwt.enable: true}, hosts", 1))
	changed.deployment.Batch = Batch{Percent: 25}
	var sizes []int
	for _, batch := range changed.plan().Plays[0].Batches {
		sizes = append(sizes, len(batch.Lanes))
	}
	if want := []int{1, 5, 5, 5, 4}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %d gateways, not %d", sizes, want)
	}
	if err := changed.apply(changed.plan()); err != nil {
		t.Fatal(err)
	}
	if got := changed.mostDown(); got > 5 || got < 2 {
		t.Errorf("up to %d were down at a time, not 5", got)
	}
}

// Only nodes whose files change restart.
func TestApplyRestartsWhatChanges(t *testing.T) {
	b := newBench(t, twoAndTwo)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	changed := b.again(strings.Replace(twoAndTwo, "address: 10.0.0.22", "address: 10.0.0.22, config: {apim.jwt.enable: true}", 1))
	p := changed.plan()
	if got := p.Interrupted(); !slices.Equal(got, []string{"gw-2"}) {
		t.Errorf("%v restart, not gw-2 alone", got)
	}
}

// Whatever change of whatever host fails, the next run finishes.
func TestApplyAfterEveryFailure(t *testing.T) {
	for _, host := range []string{"aio-1", "gw-2"} {
		for n := 1; ; n++ {
			b := newBench(t, twoAndTwo)
			broken := errors.New("broken")
			b.hosts[host].FailAt(n, broken)
			err := b.apply(b.plan())
			if err == nil {
				break // it has fewer changes than n
			}
			var at *HostError
			if !errors.As(err, &at) || at.Host != host || !errors.Is(err, broken) {
				t.Fatalf("%s: failure %d is %v", host, n, err)
			}
			if err := b.apply(b.plan()); err != nil {
				t.Fatalf("%s: after failure %d: %v", host, n, err)
			}
			if p := b.plan(); p.Changes() > 0 {
				t.Errorf("%s: after failure %d and another run there is still to do", host, n)
			}
		}
	}
}

// The others of a batch go on, what comes after does not begin.
func TestApplyStopsAfterAFailedBatch(t *testing.T) {
	b := newBench(t, twoAndTwo)
	b.hosts["aio-1"].Effect("sh", func(remote.Cmd) error { return &remote.ExitError{Code: 1, Stderr: "no"} })
	err := b.apply(b.plan())
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"aio-1: user: add user wso2carbon: exit status 1: no"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error is %q, without %q", err, want)
		}
	}
	for _, host := range []string{"aio-2", "gw-1", "gw-2"} {
		if !b.hosts[host].At("/etc/hosts").Exists() || !strings.Contains(string(b.hosts[host].At("/etc/hosts").Data), "api.example.com") {
			t.Errorf("%s: was not prepared to its end", host)
		}
		if b.hosts[host].Active("wso2-all-in-one") || b.hosts[host].Active("wso2-gateway") {
			t.Errorf("%s: was started after a host failed", host)
		}
	}
}

func TestPlanHoldsNoSecret(t *testing.T) {
	b := newBench(t, twoAndTwo)
	p := b.plan()
	data, err := plan.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(data)
	for _, g := range plan.Group(p) {
		for _, c := range g.Changes {
			shown += c.String() + c.Diff()
		}
	}
	if strings.Contains(shown, "hunter2") {
		t.Error("the plan shows a password")
	}
	if err := b.apply(p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(b.events), "hunter2") {
		t.Error("events show a password")
	}
}
