package playbooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/journal"
	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
)

var anna = lock.Owner{Who: "anna", From: "laptop", Command: "restart"}

// locking has hosts know the lock's and the journal's scripts: verbs are noted, and of takes those that say says no to are refused.
type locking struct {
	verbs   []string
	entries []journal.Entry
	refuse  func(host, verb string) error
}

func (l *locking) on(b *bench, host string) {
	m := b.hosts[host]
	n := b.node(host)
	m.Effect("sh", func(cmd remote.Cmd) error {
		switch script := cmd.Argv[2]; {
		case strings.Contains(script, "flock"):
			b.mu.Lock()
			defer b.mu.Unlock()
			l.verbs = append(l.verbs, host+" "+cmd.Argv[5])
			if l.refuse != nil {
				return l.refuse(host, cmd.Argv[5])
			}
		case strings.Contains(script, "j=$1/journal"):
			b.mu.Lock()
			defer b.mu.Unlock()
			for line := range strings.Lines(cmd.Stdin.Reveal()) {
				var e journal.Entry
				if err := json.Unmarshal([]byte(line), &e); err != nil {
					return err
				}
				l.entries = append(l.entries, e)
			}
		case strings.Contains(script, "systemctl start"):
			b.started(m, n, cmd.Argv[4])
		case strings.Contains(script, "systemctl stop"):
			b.stopped(m, n, cmd.Argv[4])
		}
		return nil
	})
}

// locked is a deployment that runs, with hosts that know locks, and a runner that has them open.
func locked(t *testing.T) (*bench, *locking, *Runner, Playbook) {
	t.Helper()
	b, l := settled(t, twoAndTwo), &locking{}
	for host := range b.hosts {
		l.on(b, host)
	}
	r := b.runner()
	pb := Restart(b.deployment, Roll{}).Only([]string{"gw-2", "gw-1"})
	if err := r.Open(t.Context(), pb.hosts()); err != nil {
		t.Fatal(err)
	}
	return b, l, r, pb
}

func TestLockAndJournal(t *testing.T) {
	_, l, r, pb := locked(t)
	if err := r.Lock(t.Context(), []string{"gw-2", "gw-1"}, anna, 0); err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(t.Context(), "test", pb)
	if err == nil {
		err = r.Apply(t.Context(), p)
	}
	if err := errors.Join(err, r.Unlock(t.Context())); err != nil {
		t.Fatal(err)
	}
	slices.Sort(l.verbs[2:])
	if want := []string{"gw-1 take", "gw-2 take", "gw-1 free", "gw-2 free"}; !slices.Equal(l.verbs, want) {
		t.Errorf("%v, not %v", l.verbs, want)
	}
	if n := len(journal.Ends(l.entries)); n != p.Changes() || len(l.entries) != 2*p.Changes() {
		t.Errorf("of %d changes %d entries are noted, %d of ends", p.Changes(), len(l.entries), n)
	}
	down := map[string]bool{} // the bound of a batch, as the journal proves it
	for _, e := range l.entries {
		if e.Who != "anna" || e.Run == "" || e.Time.IsZero() {
			t.Errorf("%+v", e)
		}
		switch {
		case e.Phase == journal.Started && strings.HasPrefix(e.Change, "stop "):
			down[e.Host] = true
		case e.Phase == journal.Done && strings.HasPrefix(e.Change, "write "):
			delete(down, e.Host)
		}
		if len(down) > 1 {
			t.Errorf("%v are down at the same time", down)
		}
	}
}

// Whoever finds one host locked holds none.
func TestLockedByAnother(t *testing.T) {
	_, l, r, _ := locked(t)
	l.refuse = func(host, verb string) error {
		if host == "gw-2" && verb == "take" {
			return &remote.ExitError{Code: 75, Stderr: "1030\n1050\n1000\n" + `{"who":"ben","from":"ci","command":"apply"}`}
		}
		return nil
	}
	err := r.Lock(t.Context(), []string{"gw-2", "gw-1"}, anna, 0)
	var taken *lock.HeldError
	if want := "gw-2: locked: ben on ci runs 'apimctl apply' here since 1970-01-01T00:16:40Z (30s)"; !errors.As(err, &taken) || err.Error() != want {
		t.Errorf("%v, not %s", err, want)
	}
	if want := []string{"gw-1 take", "gw-2 take", "gw-1 free"}; !slices.Equal(l.verbs, want) {
		t.Errorf("%v, not %v", l.verbs, want)
	}
}

// Once a lock is lost, nothing more is begun.
func TestLostLock(t *testing.T) {
	b, _, r, pb := locked(t)
	if err := r.Lock(t.Context(), []string{"gw-1", "gw-2"}, anna, 0); err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(t.Context(), "test", pb)
	if err != nil {
		t.Fatal(err)
	}
	r.held.loses(lock.ErrLost)
	if err := r.Apply(t.Context(), p); !errors.Is(err, lock.ErrLost) {
		t.Errorf("%v", err)
	}
	if did := b.did(); len(did) > 0 {
		t.Errorf("it did %v", did)
	}
	if err := r.Unlock(t.Context()); err != nil {
		t.Error(err)
	}
}

// A change that is not noted is not made.
func TestJournalFails(t *testing.T) {
	b, _, r, pb := locked(t)
	b.hosts["gw-1"].Effect("sh", func(cmd remote.Cmd) error {
		if strings.Contains(cmd.Argv[2], "j=$1/journal") {
			return &remote.ExitError{Code: 1, Stderr: "no space left on device"}
		}
		return nil
	})
	if err := r.Lock(t.Context(), []string{"gw-1", "gw-2"}, anna, 0); err != nil {
		t.Fatal(err)
	}
	p, err := r.Plan(t.Context(), "test", pb)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Apply(t.Context(), p)
	if err == nil || !strings.HasPrefix(err.Error(), "gw-1: last healthy node: make sure that gw-2 is healthy") || !strings.Contains(err.Error(), ": journal: exit status 1: no space left") {
		t.Errorf("%v", err)
	}
	if !b.hosts["gw-1"].Active("wso2-gateway") {
		t.Error("it was stopped")
	}
}

func TestStand(t *testing.T) {
	b, _, r, pb := locked(t)
	p, err := r.Plan(t.Context(), "test", pb)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	b.hosts["gw-1"].FailAt(3, broken) // its start
	if err := r.Apply(t.Context(), p); !errors.Is(err, broken) {
		t.Fatal(err)
	}
	b.events = nil
	r.Stand(context.Background(), pb, p)
	var said []string
	for _, e := range b.events {
		said = append(said, fmt.Sprintf("%s: %s", e.Host, e.Said))
	}
	if want := []string{"gw-1: stopped", "gw-2: running, healthy; not reached by this run"}; !slices.Equal(said, want) {
		t.Errorf("%q, not %q", said, want)
	}
}
