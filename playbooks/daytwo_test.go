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

// settled is a deployment that runs.
func settled(t *testing.T, text string) *bench {
	t.Helper()
	b := newBench(t, text)
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	b.events = nil
	return b
}

// did are the hosts that stopped or started, in order: "gw-1 stop".
func (b *bench) did() []string {
	var all []string
	for _, e := range b.events {
		if verb, _, _ := strings.Cut(e.Change, " "); e.Kind == ChangeDone && (verb == "stop" || verb == "start") {
			all = append(all, e.Host+" "+verb)
		}
	}
	return all
}

func (b *bench) carry(pb Playbook) error { return b.apply(b.planOf(pb)) }

func TestRestartRolls(t *testing.T) {
	b := settled(t, twoAndTwo)
	if err := b.carry(Restart(b.deployment, Roll{})); err != nil {
		t.Fatal(err)
	}
	want := []string{"aio-1 stop", "aio-1 start", "aio-2 stop", "aio-2 start", "gw-1 stop", "gw-1 start", "gw-2 stop", "gw-2 start"}
	if got := b.did(); !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if p := b.plan(); p.Changes() > 0 {
		t.Errorf("apply has to do: %v", p.Plays)
	}
}

func TestStopAndStart(t *testing.T) {
	b := settled(t, twoAndTwo)
	if err := b.carry(Stop(b.deployment, false)); err != nil {
		t.Fatal(err)
	}
	got := b.did()
	slices.Sort(got[:2])
	slices.Sort(got[2:])
	if want := []string{"gw-1 stop", "gw-2 stop", "aio-1 stop", "aio-2 stop"}; !slices.Equal(got, want) {
		t.Errorf("%v, not %v", got, want)
	}
	if p := b.planOf(Stop(b.deployment, false)); p.Changes() > 0 {
		t.Error("what is stopped is stopped again")
	}
	b.events = nil
	if err := b.carry(Start(b.deployment)); err != nil {
		t.Fatal(err)
	}
	if got := b.did(); !slices.Equal(got[:2], []string{"aio-1 start", "aio-2 start"}) || len(got) != 4 {
		t.Errorf("it starts %v", got)
	}
	if p := b.planOf(Start(b.deployment)); p.Changes() > 0 {
		t.Error("what runs is started again")
	}
}

// The last healthy gateway is never stopped.
func TestRestartGuards(t *testing.T) {
	b := settled(t, twoAndTwo)
	b.stopped(b.hosts["gw-2"], b.node("gw-2"), "wso2-gateway")
	b.events = nil
	some := Restart(b.deployment, Roll{}).Only([]string{"gw-1"})
	p := b.planOf(some)
	err := b.apply(quick(p))
	var refused *plan.GuardError
	if !errors.As(err, &refused) || refused.Role != "gateway" || !strings.Contains(refused.Last, "gw-2: connection refused") {
		t.Fatalf("%v", err)
	}
	if did := b.did(); len(did) > 0 || !b.hosts["gw-1"].Active("wso2-gateway") {
		t.Errorf("it did %v", did)
	}
	if err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-2"})); err != nil {
		t.Errorf("the one that does not run is not restarted: %v", err)
	}
	if err := b.carry(some); err != nil {
		t.Errorf("with another one healthy: %v", err)
	}
}

// A first run that was interrupted leaves a node that has to restart, and others that never ran: those come first.
func TestGuardAfterAnInterruptedRun(t *testing.T) {
	b := settled(t, twoAndTwo)
	b.hosts["aio-1"].Set(State+"/wso2-all-in-one.stamp", remote.File{})
	b.stopped(b.hosts["aio-2"], b.node("aio-2"), "wso2-all-in-one")
	if err := b.apply(b.plan()); err != nil {
		t.Fatal(err)
	}
	if got := b.did(); !slices.Equal(got, []string{"aio-2 start", "aio-1 stop", "aio-1 start"}) {
		t.Errorf("it did %v", got)
	}
}

// crashLoops has systemd start a gateway again and again, until apimctl starts it.
func (b *bench) crashLoops(name string) {
	m := b.hosts[name]
	b.stopped(m, b.node(name), "wso2-gateway")
	m.Answer("systemctl", func(argv []string) (string, error) {
		switch {
		case argv[1] == "is-enabled":
			return "enabled\n", nil
		case m.Active("wso2-gateway"):
			return "active\n", nil
		}
		return "activating\n", &remote.ExitError{Code: 3}
	})
}

// A node that systemd starts again and again serves nothing: it comes first and is not guarded, and what is down on balancers is restored.
func TestCrashLoopComesFirst(t *testing.T) {
	for text, want := range map[string][]string{twoAndTwo: nil, balancedText: {"gw-2", "", "gw-1", ""}} {
		b := settled(t, text)
		b.crashLoops("gw-2")
		changed := b.again(strings.Replace(text, "gateway: {hosts", "gateway: {config: {apim.jwt.enable: true}, hosts", 1))
		b.deployment.Nodes = changed.deployment.Nodes
		if want != nil {
			b.deployment.Balanced.Nginx.Config.Down = []string{"gw-2"} // of a run before
			b.down = nil
		}
		p := b.planOf(Apply(b.deployment))
		if got := p.Interrupted(); !slices.Equal(got, []string{"gw-1"}) {
			t.Errorf("%q serve nothing for a while", got)
		}
		if err := b.apply(p); err != nil {
			t.Fatal(err)
		}
		if got := b.did(); !slices.Equal(got, []string{"gw-2 stop", "gw-2 start", "gw-1 stop", "gw-1 start"}) || !slices.Equal(b.down, want) {
			t.Errorf("it did %q; down were %q", got, b.down)
		}
	}
}

// What was never seen healthy with its files restarts before what was: where it fails again, the other one serves on.
func TestUnstampedComesFirst(t *testing.T) {
	b := settled(t, twoAndTwo)
	b.hosts["gw-2"].Set(b.deployment.service(b.node("gw-2")).Stamp(), remote.File{})
	b.hosts["gw-2"].FailAt(2, errors.New("broken")) // its start
	err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-1", "gw-2"}))
	if got := b.did(); err == nil || !slices.Equal(got, []string{"gw-2 stop"}) {
		t.Errorf("it did %q, %v", got, err)
	}
}

// quick has guards ask once.
func quick(p plan.Plan) plan.Plan {
	for _, play := range p.Plays {
		for _, batch := range play.Batches {
			for _, l := range batch.Lanes {
				for _, s := range l.Steps {
					for i, c := range s.Changes {
						if w, ok := c.(plan.Wait); ok && w.Guards != "" {
							w.For = 1
							s.Changes[i] = w
						}
					}
				}
			}
		}
	}
	return p
}

func (b *bench) node(name string) Node {
	for _, n := range b.deployment.Nodes {
		if n.Name == name {
			return n
		}
	}
	b.t.Fatalf("no node %s", name)
	return Node{}
}

// A batch that fails ends the roll: the rest goes on serving.
func TestRestartStopsAtAFailure(t *testing.T) {
	b := settled(t, twoAndTwo)
	b.hosts["aio-2"].FailAt(2, errors.New("broken")) // its stop
	if err := b.carry(Restart(b.deployment, Roll{})); err == nil || !strings.Contains(err.Error(), "aio-2: service wso2-all-in-one restarted: stop wso2-all-in-one: broken") {
		t.Errorf("%v", err)
	}
	if got := b.did(); !slices.Equal(got, []string{"aio-1 stop", "aio-1 start"}) {
		t.Errorf("it did %v", got)
	}
}

func twenty() string {
	var hosts []string
	for i := range 20 {
		hosts = append(hosts, fmt.Sprintf("gw-%d: {address: 10.0.1.%d}", i+1, i+1))
	}
	head, _, _ := strings.Cut(twoAndTwo, "  gateway: {hosts")
	return head + "  gateway: {hosts: {" + strings.Join(hosts, ", ") + "}}\n"
}

// However gateways are restarted, no more than a batch of them is down at a time, and never all.
func TestRestartKeepsItsBatch(t *testing.T) {
	for text, want := range map[string]int{"1": 1, "3": 3, "25%": 5, "1%": 1, "100%": 19} {
		b := settled(t, twenty())
		if err := b.deployment.Batch.Set(text); err != nil || b.deployment.Batch.String() != text {
			t.Fatalf("%s is %s, %v", text, &b.deployment.Batch, err)
		}
		if err := b.carry(Restart(b.deployment, Roll{})); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := b.mostDown(); got > want || got < 1 {
			t.Errorf("%s: up to %d were down, not %d", text, got, want)
		}
	}
}

// mostDown is how many gateways were between their stop and their stamp at the same time, at most.
func (b *bench) mostDown() int {
	down, most := map[string]bool{}, 0
	for _, e := range b.events {
		switch {
		case !strings.HasPrefix(e.Host, "gw-"):
		case e.Kind == ChangeStarted && strings.HasPrefix(e.Change, "stop "):
			down[e.Host] = true
			most = max(most, len(down))
		case e.Kind == ChangeDone && strings.HasSuffix(e.Change, ".stamp") && strings.HasPrefix(e.Change, "write"):
			delete(down, e.Host)
		}
	}
	return most
}

func TestBatch(t *testing.T) {
	for _, text := range []string{"", "0", "-1", "0%", "101%", "two", "3 %"} {
		var b Batch
		if err := b.Set(text); err == nil {
			t.Errorf("%q is %+v", text, b)
		}
	}
}

// A restart that meets a host without anything names it.
func TestRestartOfNothing(t *testing.T) {
	b := newBench(t, twoAndTwo)
	for name := range b.hosts {
		b.hosts[name].Set(State, remote.Dir(0o700, "root:root"))
	}
	r := b.runner()
	pb := Restart(b.deployment, Roll{})
	if err := r.Open(t.Context(), pb.hosts()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Plan(t.Context(), "test", pb); err == nil || !strings.Contains(err.Error(), "gw-2: service wso2-gateway restarted: nothing is installed yet") {
		t.Errorf("%v", err)
	}
}
