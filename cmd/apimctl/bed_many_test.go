package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/journal"
	"apimctl/tasks/journal/journaltest"
)

// TestBedMany restarts 2 all-in-one nodes and 20 gateways, a batch at a time. Afterwards it is the hosts' own journals that say how many were away
// at once. The smaller batch is the bound; the larger one shows that the journals would tell if it were broken. APIMCTL_BED is the folder that
// up.sh many wrote.
func TestBedMany(t *testing.T) {
	b := openBed(t)
	if len(b.nodes) != 22 {
		t.Fatalf("this bed has %d nodes, not 22: up.sh many brings one up that does", len(b.nodes))
	}
	b.wipe(t)
	for role, product := range map[string]string{"all-in-one": "wso2am-4.6.0", "gateway": "wso2am-universal-gw-4.6.0"} {
		b.repack(t, product, "repository/conf/standin.properties", strings.NewReader("start.seconds=0.2\n"))
		b.edits = append(b.edits, role+": ../dist/", role+": ./")
	}
	inv := b.inventory(t, "many")
	began := time.Now()
	b.wants(t, exitOK, "apply", "-i", inv, "--yes")
	t.Logf("apply to bare machines took %s", time.Since(began).Round(time.Second))
	for _, roll := range []struct {
		batch    string
		gateways int
	}{{"25%", 5}, {"50%", 10}} {
		t.Run(roll.batch, func(t *testing.T) { b.rollsIn(t, inv, roll.batch, roll.gateways) })
	}
	b.healthy(t, inv)
}

// rollsIn restarts all nodes, and wants journals that know of so many gateways away at once and no more, and of no all-in-one node away beside
// another node.
func (b *bed) rollsIn(t *testing.T, inv, batch string, gateways int) {
	before, began := b.processes(t), time.Now()
	b.wants(t, exitOK, "restart", "-i", inv, "--batch", batch, "--yes")
	t.Logf("restart --batch %s took %s", batch, time.Since(began).Round(time.Second))
	had := journaltest.Most(b.lastRun(t, inv))
	if want := (journaltest.Away{Gateways: gateways, WithAllInOne: 1, Returned: len(b.nodes)}); had != want {
		t.Errorf("away were %+v, not %+v", had, want)
	}
	for n, now := range b.processes(t) {
		if now == before[n] || now == "none\n" {
			t.Errorf("%s: its process was %q, and is %q", n, before[n], now)
		}
	}
}

// lastRun is what the hosts' journals say of the command that was the last to change them, in the order of time. That order is true across hosts:
// the times are all by the clock of the machine that apimctl runs on, and an entry is made as the change begins or ends.
func (b *bed) lastRun(t *testing.T, inv string) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	for l := range strings.Lines(b.wants(t, exitOK, "history", "-i", inv, "--output", "json").out) {
		var e journal.Entry
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		all = append(all, e)
	}
	last := all[len(all)-1].Run
	return slices.DeleteFunc(all, func(e journal.Entry) bool { return e.Run != last })
}
