package playbooks

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"apimctl/inventory"
	"apimctl/tasks/journal"
	"apimctl/tasks/journal/journaltest"
	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
)

// keepsJournal has a host in memory keep its journal as a real one does: its file grows by what the script reads.
func (b *bench) keepsJournal(host string, meets func()) {
	m, dir := b.hosts[host], State
	was := b.effects(host, meets)
	m.Effect("sh", func(cmd remote.Cmd) error {
		if strings.Contains(cmd.Argv[2], "j=$1/journal") {
			had := m.At(dir + "/journal")
			m.Set(dir+"/journal", remote.File{Mode: 0o600, Owner: "root:root", Data: append(slices.Clone(had.Data), cmd.Stdin.Reveal()...)})
			return nil
		}
		return was(cmd)
	})
}

// meeting has so many who call it wait for each other, for a while.
func meeting(size int) func() {
	var mu sync.Mutex
	here, all := 0, make(chan struct{})
	return func() {
		mu.Lock()
		wait := all
		if here++; here == size {
			here, all = 0, make(chan struct{})
			close(wait)
		}
		mu.Unlock()
		select {
		case <-wait:
		case <-time.After(2 * time.Second):
		}
	}
}

// effects are what scripts do on a node of the bench. A gateway that stops meets others.
func (b *bench) effects(host string, meets func()) func(remote.Cmd) error {
	m, n := b.hosts[host], b.node(host)
	return func(cmd remote.Cmd) error {
		switch script := cmd.Argv[2]; {
		case strings.Contains(script, "systemctl start"):
			b.started(m, n, cmd.Argv[4])
		case strings.Contains(script, "systemctl stop"):
			b.stopped(m, n, cmd.Argv[4])
			if n.Role == inventory.Gateway {
				meets()
			}
		}
		return nil
	}
}

// journaled restarts under locks, gateways that stop meeting so many of each other, and returns what the hosts' own journals say, in the order of time.
func (b *bench) journaled(together int) []journal.Entry {
	b.t.Helper()
	meets := meeting(together)
	for _, n := range b.deployment.Nodes {
		b.keepsJournal(n.Name, meets)
	}
	p := b.planOf(Restart(b.deployment, Roll{}))
	r := b.runner()
	err := r.Open(b.t.Context(), p.Names())
	if err == nil {
		err = r.Lock(b.t.Context(), p.Names(), lock.Owner{Who: "anna", From: "here", Command: "restart"}, 0)
	}
	if err == nil {
		err = r.Apply(b.t.Context(), p)
	}
	if err == nil {
		err = r.Unlock(context.Background())
	}
	if err != nil {
		b.t.Fatal(err)
	}
	var all [][]journal.Entry
	for _, n := range b.deployment.Nodes {
		entries, err := journal.Read(b.t.Context(), b.hosts[n.Name], State)
		if err != nil || len(entries) == 0 {
			b.t.Fatalf("%s: %d entries, %v", n.Name, len(entries), err)
		}
		all = append(all, entries)
	}
	return journal.Merge(all...)
}

// Of 2 all-in-one nodes and 20 gateways never more than a quarter of the gateways is away, and never an all-in-one beside anybody: the hosts'
// journals say so. They show as well that they would show more.
func TestJournalProvesTheBatch(t *testing.T) {
	for share, want := range map[int]int{25: 5, 50: 10} {
		b := settled(t, twenty())
		b.deployment.Batch = Batch{Percent: share}
		had := journaltest.Most(b.journaled(want))
		if want := (journaltest.Away{Gateways: want, WithAllInOne: 1, Returned: 22}); had != want {
			t.Errorf("%d%%: away were %+v, not %+v", share, had, want)
		}
	}
}
