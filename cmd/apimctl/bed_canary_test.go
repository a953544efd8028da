package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestBedCanary has one gateway go first behind a real nginx, under load, and watches it by that nginx's log.
func TestBedCanary(t *testing.T) {
	b := openBed(t)
	client := b.balance(t)
	b.wipe(t)
	t.Cleanup(func() { b.wipe(t) })
	inv := b.inventory(t, "canary", "in_a_row: 2", "in_a_row: 2, settle: 2s")
	b.wants(t, exitOK, "apply", "-i", inv, "--yes")
	b.onNodes(t, quickly, "")

	l := underLoad(t, client)
	time.Sleep(2 * time.Second)
	r := b.wants(t, exitOK, "restart", "-i", inv, "--limit", "gateway", "--canary", "--bake", "12s", "--yes")
	l.lost(t)
	t.Log(r.err)
	if !regexp.MustCompile(`lb-1: bake: gw-1 failed 0 of [1-9]\d+ requests \(0.00%\); the others 0 of [1-9]\d+ requests`).MatchString(r.err) {
		t.Errorf("it tells no numbers of a good canary: %s%s", r.out, r.err)
	}

	before := b.processes(t)
	b.on(t, "gw-1", `printf 'start.seconds=0.2\ncrash.after=15\ncrash.status=3\n' >/opt/wso2/gateway/repository/conf/standin.properties`)
	l = underLoad(t, client)
	r = b.wants(t, exitGate, "restart", "-i", inv, "--limit", "gateway", "--canary", "--bake", "90s", "--yes")
	l.stop()
	t.Logf("%s%v", r.err, l)
	if !regexp.MustCompile(`it does: gw-1 failed [1-9]\d* of [1-9]`).MatchString(r.err) || !strings.Contains(r.err, "gw-1 is still sent requests") {
		t.Errorf("it tells no numbers of a bad canary: %s%s", r.out, r.err)
	}
	if now := b.processes(t); now["gw-2"] != before["gw-2"] {
		t.Errorf("gw-2 was restarted: %q, %q", before["gw-2"], now["gw-2"])
	}
}
