package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"apimctl/playbooks"
)

// TestBedInterrupted breaks into runs on a deployment behind a real nginx: another run comes, somebody presses Ctrl-C, a machine is lost.
func TestBedInterrupted(t *testing.T) {
	b := openBed(t)
	b.balance(t)
	b.wipe(t)
	t.Cleanup(func() { b.wipe(t) })
	b.wants(t, exitOK, "apply", "-i", b.inventory(t, "bare"), "--yes")
	b.onNodes(t, quickly, "")
	t.Run("two at once", func(t *testing.T) { b.twoAtOnce(t) })
	t.Run("two at once and one is killed", func(t *testing.T) { b.oneKilled(t) })
	for _, x := range interruptions {
		t.Run(x.name, func(t *testing.T) { b.interrupted(t, x) })
	}
}

// starts and restores are moments in the middle of a gateway's restart: it comes up; it is healthy, and is still sent nothing.
var (
	starts   = strike{kind: playbooks.ChangeStarted, host: "gw-1", begins: "wait until localhost:9443"}
	restores = strike{kind: playbooks.ChangeStarted, host: "gw-1", begins: "write /var/lib/apimctl/wso2-gateway.stamp"}
)

const (
	slow  = `echo start.seconds=5 >/opt/wso2/gateway/repository/conf/standin.properties`
	tells = `kill -%s "$(tr -cd 0-9 </opt/wso2/gateway/wso2carbon.pid)"`
)

// beside runs a first apply up to where gw-1 starts, and has that take until an apply beside it waits for the lock. It does something then, and
// is what each of the two came to.
func (b *bed) beside(t *testing.T, name string, then func(first *exec.Cmd) error) (one, other result) {
	t.Helper()
	b.on(t, "gw-1", slow)
	b.config["gw-1"] = name
	inv := b.inventory(t, name, "for: 60s", "for: 120s")
	apply := []string{"apply", "-i", inv, "--yes", "--output", "json"}
	first := b.command(nil, apply...)
	waits, ended := make(chan struct{}), make(chan error, 1)
	one, err := starts.strikes(first, func() error {
		b.on(t, "gw-1", fmt.Sprintf(tells, "STOP")+"\n"+quickly)
		b.refused(t, inv)
		go func() {
			var err error
			other, err = strike{kind: playbooks.Waiting, host: "gw-1", begins: "wait for the lock"}.strikes(
				b.command(nil, append(apply, "--lock-wait", "2m")...), func() error { close(waits); return nil })
			ended <- err
		}()
		select {
		case <-waits:
		case err := <-ended:
			return errors.Join(err, errors.New("it did not wait"))
		}
		err := then(first)
		b.on(t, "gw-1", fmt.Sprintf(tells, "CONT"))
		return err
	})
	if err := errors.Join(err, <-ended); err != nil {
		t.Fatalf("%v\n%s%s%s%s", err, one.out, one.err, other.out, other.err)
	}
	return one, other
}

// refused wants a run that does not wait to end, and to say who is there; and so does lock status.
func (b *bed) refused(t *testing.T, inv string) {
	t.Helper()
	by := (&app{}).owner("apply")
	want := fmt.Sprintf("error: gw-1: locked: %s on %s runs 'apimctl apply' here since 20", by.Who, by.From)
	if r := b.wants(t, exitLocked, "apply", "-i", inv, "--limit", "gw-1", "--yes"); r.out != "" || !strings.Contains(r.err, want) || !strings.Contains(r.err, "next: wait for it (--lock-wait 10m)") {
		t.Errorf("it says %q, not %s", r.out+r.err, want)
	}
	for host, holder := range b.locks(t, inv) {
		if locked := host == "gw-1" || host == "lb-1"; locked != (holder == "apply") {
			t.Errorf("lock status names %q as the holder of %s", holder, host)
		}
	}
}

// locks are the commands that hold hosts.
func (b *bed) locks(t *testing.T, inv string) map[string]string {
	t.Helper()
	var found []hostLock
	if err := json.Unmarshal([]byte(b.wants(t, exitOK, "lock", "status", "-i", inv, "--output", "json").out), &found); err != nil {
		t.Fatal(err)
	}
	held := map[string]string{}
	for _, l := range found {
		held[l.Host] = ""
		if l.Holder != nil {
			held[l.Host] = l.Holder.Command
		}
	}
	return held
}

// twoAtOnce has one apply refused and another one wait, while a first is at it.
func (b *bed) twoAtOnce(t *testing.T) {
	one, other := b.beside(t, "two", func(*exec.Cmd) error { return nil })
	if one.status != exitOK || other.status != exitOK || !strings.Contains(other.out, `"said":"nothing to do"`) || strings.Contains(other.out, playbooks.ChangeStarted) {
		t.Errorf("the first: exit status %d\n%s\nthe other: exit status %d\n%s%s", one.status, one.err, other.status, other.out, other.err)
	}
	b.converged(t)
}

// oneKilled has the first killed while the other waits. That goes on from there, once the lease is over.
func (b *bed) oneKilled(t *testing.T) {
	one, other := b.beside(t, "killed", func(first *exec.Cmd) error { return first.Process.Kill() })
	if one.status != -1 || other.status != exitOK || !strings.Contains(other.out, `"change":"start wso2-gateway"`) {
		t.Errorf("the first: exit status %d\n%s\nthe other: exit status %d\n%s%s", one.status, one.err, other.status, other.out, other.err)
	}
	b.converged(t)
}

// converged wants nothing to be left to do, nothing to be locked, nothing half-written, and every node to be sent requests.
func (b *bed) converged(t *testing.T) {
	t.Helper()
	inv := b.inventory(t, "converged")
	if r := b.wants(t, exitOK, "apply", "-i", inv, "--yes"); !strings.HasPrefix(r.out, "nothing to do: ") {
		t.Errorf("a further apply says %s", r.out)
	}
	for host, holder := range b.locks(t, inv) {
		if holder != "" {
			t.Errorf("%s is locked by %q", host, holder)
		}
	}
	b.healthy(t, inv)
	b.whole(t)
	if down := b.on(t, "lb-1", `grep ' down;' /etc/nginx/conf.d/apimctl-bed.conf || true`); down != "" {
		t.Errorf("lb-1 sends nothing to\n%s", down)
	}
}

// An interruption is what befalls an apply in its middle. Scripts are run on this machine, with what the file env says and the run's number as RUN.
type interruption struct {
	name          string
	at            strike
	breaks, mends string
	status        int
	keeps         []string // hosts whose locks may be left, until their leases are over
}

var interruptions = []interruption{
	{name: "ctrl-c", at: strike{kind: playbooks.ChangeStarted, host: "gw-1", begins: "stop "}, breaks: `kill -INT $RUN`, status: exitInterrupted},
	{
		name: "network", at: starts, status: exitUnreachable, keeps: []string{"gw-1"}, breaks: `docker network disconnect ${BED_PROJECT}_bed $BED_PROJECT-gw-1`,
		mends: `docker network connect --ip $BED_GW_1 ${BED_PROJECT}_bed $BED_PROJECT-gw-1`,
	},
	{ // the run would start one that merely stopped
		name: "nginx", at: restores, status: exitError, breaks: `docker exec $BED_PROJECT-lb-1 sh -c 'systemctl stop nginx && systemctl mask --quiet nginx'`,
		mends: `docker exec $BED_PROJECT-lb-1 systemctl unmask --quiet nginx`,
	},
	{
		name: "balancer", at: restores, status: exitUnreachable, keeps: []string{"lb-1"}, breaks: `docker kill $BED_PROJECT-lb-1`,
		mends: `docker start $BED_PROJECT-lb-1; until docker exec $BED_PROJECT-lb-1 systemctl -q is-active ssh; do sleep 0.3; done`,
	},
	{
		name: "reboot", at: starts, status: exitUnreachable, keeps: []string{"gw-1"}, breaks: `docker restart -t 1 $BED_PROJECT-gw-1`,
		mends: `until docker exec $BED_PROJECT-gw-1 systemctl -q is-active ssh; do sleep 0.3; done`,
	},
}

// interrupted breaks into an apply, holds what is said at its end to the golden file, and has the next run mend it.
func (b *bed) interrupted(t *testing.T, x interruption) {
	b.on(t, "gw-1", quickly)
	b.config["gw-1"], b.config["gw-2"] = x.name, x.name
	inv := b.inventory(t, "interrupted")
	cmd := b.command(nil, "apply", "-i", inv, "--yes", "--output", "json")
	r, err := x.at.strikes(cmd, func() error { return b.here(x.breaks, cmd) })
	if err := errors.Join(err, b.here(x.mends, cmd)); err != nil || r.status != x.status {
		t.Errorf("exit status %d, not %d: %v", r.status, x.status, err)
	}
	b.showsNoSecret(t, "the interrupted run", r.out+r.err)
	b.golden(t, "interrupted-"+x.name, atTheEnd(t, r))
	for host, holder := range b.locks(t, inv) {
		if holder != "" && !slices.Contains(x.keeps, host) {
			t.Errorf("%s is still locked by %q", host, holder)
		}
	}
	b.wants(t, exitOK, "apply", "-i", inv, "--yes", "--lock-wait", "2m")
	b.converged(t)
}

// atTheEnd is what a run said of each node at its end, and of what went wrong.
func atTheEnd(t *testing.T, r result) string {
	t.Helper()
	var s strings.Builder
	for l := range strings.Lines(r.out) {
		var e playbooks.Event
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatal(err)
		}
		if e.Kind == playbooks.HostNow {
			fmt.Fprintf(&s, "now %s: %s\n", e.Host, e.Said)
		}
	}
	return fmt.Sprintf("%s-- stderr --\n%s-- exit status %d --\n", &s, r.err, r.status)
}

// here runs a script on this machine.
func (b *bed) here(script string, run *exec.Cmd) error {
	sh := exec.Command("sh", "-c", script)
	sh.Env = append(run.Env, fmt.Sprintf("RUN=%d", run.Process.Pid))
	if out, err := sh.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", script, err, out)
	}
	return nil
}
