package playbooks

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// failsToStart has a gateway's next start fail, in a restart of all.
func (b *bench) failsToStart(name string) {
	b.t.Helper()
	p := b.planOf(Restart(b.deployment, Roll{}))
	b.hosts[name].Effect("sh", func(cmd remote.Cmd) error {
		if strings.Contains(cmd.Argv[2], "systemctl start") {
			return &remote.ExitError{Code: 1, Stderr: "no"}
		}
		return nil
	})
	if err := b.apply(p); err == nil {
		b.t.Fatal("no error")
	}
	b.hosts[name].Effect("sh", func(cmd remote.Cmd) error {
		if strings.Contains(cmd.Argv[2], "systemctl start") {
			b.started(b.hosts[name], b.node(name), cmd.Argv[4])
		}
		return nil
	})
	b.stopped(b.hosts[name], b.node(name), "wso2-gateway")
}

// A node that a failed run left drained is sent requests again before the next one is drained: else none would be left.
func TestNextRollRestoresFirst(t *testing.T) {
	b := settled(t, balancedText)
	b.failsToStart("gw-1")
	b.plan() // looks at the balancers
	b.down = nil
	if err := b.carry(Restart(b.deployment, Roll{})); err != nil {
		t.Fatal(err)
	}
	want := []string{"aio-1 gw-1", "gw-1", "aio-2 gw-1", "gw-1", "", "gw-2", ""}
	if !slices.Equal(b.down, want) {
		t.Errorf("down were %q, not %q", b.down, want)
	}
}

// What stops drains first and stays drained; the other one, which alone is sent requests then, is not stopped. What starts is restored.
func TestStopLeavesItDrained(t *testing.T) {
	b := settled(t, balancedText)
	b.down = nil
	if err := b.carry(Stop(b.deployment, false).Only([]string{"gw-2"})); err != nil {
		t.Fatal(err)
	}
	b.started(b.hosts["gw-2"], b.node("gw-2"), "wso2-gateway") // by somebody, by hand
	b.plan()
	if had := b.sent(); had != "aio-1 up, aio-2 up, gw-1 up, gw-2 down" {
		t.Error(had)
	}
	err := b.apply(quick(b.planOf(Restart(b.deployment, Roll{}).Only([]string{"gw-1"}))))
	var refused *plan.GuardError
	if !errors.As(err, &refused) {
		t.Errorf("the last gateway that is sent requests: %v", err)
	}
	if err := b.carry(Start(b.deployment)); err != nil {
		t.Fatal(err)
	}
	if want := []string{"gw-2", ""}; !slices.Equal(b.down, want) {
		t.Errorf("down were %q, not %q", b.down, want)
	}
	b.plan()
	b.down = nil
	if err := b.carry(Stop(b.deployment, false)); err != nil || len(b.down) > 0 {
		t.Errorf("a stop of all drains %q, %v", b.down, err)
	}
}

// sent is what status says of whom the balancers send requests to.
func (b *bench) sent() string {
	b.t.Helper()
	r := b.runner()
	if err := r.Open(b.t.Context(), slices.Collect(maps.Keys(b.hosts))); err != nil {
		b.t.Fatal(err)
	}
	sent := b.deployment.Sent(b.t.Context(), r)
	var all []string
	for _, n := range b.deployment.Nodes {
		all = append(all, n.Name+" "+sent[n.Name])
	}
	return strings.Join(all, ", ")
}

// What is only looked at comes before the drain: a node that could not start again goes on being sent requests, and serves them.
func TestLooksBeforeItDrains(t *testing.T) {
	for _, text := range []string{balancedText, hookedText} {
		b := settled(t, strings.Replace(text, "for: 5s", "for: 2s", 1))
		for at := range b.hosts {
			b.hosts[at].Serve("api.example.com:9443", nil)
			b.hosts[at].Serve("api.example.com:443", nil)
		}
		b.down = nil
		err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-1"}))
		var gate *plan.GateError
		if !errors.As(err, &gate) || len(b.down) > 0 || b.calls() != "" || len(b.did()) > 0 {
			t.Errorf("%q were down, it did %q: %v", b.down, b.did(), err)
		}
	}
}

// What has paths that it alters, or stops or starts a node, is no look.
func TestLooks(t *testing.T) {
	java := remote.Cmd{Argv: []string{"java", "JdbcPing"}}
	for want, changes := range map[bool][]plan.Change{
		true: {plan.Wait{}, plan.Run{Cmd: java}},
		false: {
			plan.Put{},
			plan.Unpack{},
			plan.Run{Cmd: java, Touches: []string{"/a"}},
			plan.Run{Cmd: java, Stops: true},
			plan.Run{Cmd: java, Restores: true},
			plan.Run{Cmd: java, Here: "/"},
		},
	} {
		for _, c := range changes {
			if looks(c) != want {
				t.Errorf("%#v: %t", c, !want)
			}
		}
	}
}

var hookedText = twoAndTwo + `drain:
  command: [sh, -c, 'echo "out $1" >>calls', sh, "{host} {address} {group}"]
  restore: [sh, -c, 'echo "in $1" >>calls', sh, "{host} {address} {group}"]
  for: 0s
`

// calls are what commands of this machine's were called with since it was asked last.
func (b *bench) calls() string {
	b.t.Helper()
	path := filepath.Join(b.deployment.Balanced.Hook.Dir, "calls")
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	_ = os.Remove(path)
	return string(data)
}

const outIn = "out gw-1 10.0.0.21 gateway\nin gw-1 10.0.0.21 gateway\nout gw-2 10.0.0.22 gateway\nin gw-2 10.0.0.22 gateway\n"

// A balancer of one's own is told by commands of this machine's.
func TestHooks(t *testing.T) {
	b := settled(t, hookedText)
	if had := b.calls(); had != "" {
		t.Errorf("a first run calls %q", had)
	}
	gateways := []string{"gw-1", "gw-2"}
	p := b.planOf(Restart(b.deployment, Roll{}).Only(gateways))
	var tasks []string
	for _, s := range p.Plays[0].Batches[0].Lanes[0].Steps {
		tasks = append(tasks, s.Task)
	}
	if want := []string{"service wso2-gateway restarted", "last healthy node", "drain", "requests in flight", "service wso2-gateway restarted", "restore"}; !slices.Equal(tasks, want) {
		t.Errorf("the steps are %q, not %q", tasks, want)
	}
	if err := b.apply(p); err != nil || b.calls() != outIn {
		t.Fatalf("%v", err)
	}

	b.failsToStart("gw-1")
	if had := b.calls(); !strings.HasSuffix(had, "in aio-2 10.0.0.12 all-in-one\nout gw-1 10.0.0.21 gateway\n") {
		t.Errorf("a roll that fails on gw-1 calls %q", had)
	}
	if err := b.carry(Restart(b.deployment, Roll{}).Only(gateways)); err != nil || b.calls() != "in"+strings.SplitN(outIn, "in", 2)[1] {
		t.Errorf("the next one does not restore gw-1 first, %v", err)
	}
	if p := b.plan(); p.Changes() > 0 {
		t.Errorf("there is still to do: %v", p.Plays)
	}
}

// A node that cannot be drained is not stopped; one that is stopped is drained until it is started.
func TestHookThatFails(t *testing.T) {
	b := settled(t, hookedText)
	if err := b.carry(Stop(b.deployment, false).Only([]string{"gw-2"})); err != nil || b.calls() != "out gw-2 10.0.0.22 gateway\n" {
		t.Errorf("stop: %v", err)
	}
	if had := b.sent(); had != "aio-1 up, aio-2 up, gw-1 up, gw-2 down" {
		t.Error(had)
	}
	if err := b.carry(Start(b.deployment)); err != nil || b.calls() != "in gw-2 10.0.0.22 gateway\n" {
		t.Errorf("start: %v", err)
	}
	b.deployment.Balanced.Hook.Drain = []string{"sh", "-c", "echo no such server >&2; exit 3"}
	b.events = nil
	err := b.carry(Restart(b.deployment, Roll{}).Only([]string{"gw-1"}))
	if err == nil || !strings.HasSuffix(err.Error(), "exit 3': exit status 3: no such server") || len(b.did()) > 0 {
		t.Errorf("%v, and it did %q", err, b.did())
	}
}
