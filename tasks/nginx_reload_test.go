package tasks

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Draining and restoring under load loses nothing. The same reloads without moving the clients first lose requests: the test can see them.
func TestNginxReloadsLoseNothing(t *testing.T) {
	l := newLive(t)
	l.lb.Move = 2 * time.Second // as it is: a busy machine's clients take their time
	l.mustDo(l.all())
	w := l.load()
	time.Sleep(500 * time.Millisecond)
	l.mustDo(Turn(l.lb, without(l.lb, "gw-2")))
	if !strings.Contains(l.read("etc/conf.d/apimctl-prod.conf"), "backup down; # gw-2") {
		t.Error("gw-2 is not down")
	}
	l.mustDo(Turn(without(l.lb, "gw-2"), l.lb))
	w.end()
	if w.failed.Load() > 0 || w.ok.Load() == 0 || w.told.Load() == 0 {
		t.Errorf("%d of %d requests failed, and %d clients were moved: %s", w.failed.Load(), w.ok.Load()+w.failed.Load(), w.told.Load(), w.example)
	}
	t.Logf("%d requests, %d clients moved", w.ok.Load(), w.told.Load())

	w = l.load()
	time.Sleep(500 * time.Millisecond)
	for range 20 { // one may happen to hit nobody
		if err := syscall.Kill(l.pid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
		if time.Sleep(time.Second); w.failed.Load() > 0 {
			break
		}
	}
	w.end()
	if w.failed.Load() == 0 {
		t.Error("reloads that move nobody lose nothing: this test sees no failures")
	}
	t.Logf("without: %d of %d requests failed", w.failed.Load(), w.ok.Load()+w.failed.Load())
}

// What nginx does not take never replaces what it runs with.
func TestNginxRefusesAndRollsBack(t *testing.T) {
	l := newLive(t)
	l.mustDo(l.all())
	conf, stamp := l.read("etc/conf.d/apimctl-prod.conf"), l.read("state/apimctl-prod.nginx.stamp")
	if stamp == "" {
		t.Fatal("no stamp")
	}
	broken := l
	broken.lb.Chain = [][]byte{[]byte("no certificate")}
	out, err := broken.do(broken.all())
	if err == nil || !strings.Contains(out, "the old one stays") || strings.Contains(out, "/test/") {
		t.Errorf("%v: %s", err, out)
	}
	if l.read("etc/conf.d/apimctl-prod.conf") != conf || l.read("state/apimctl-prod.nginx.stamp") != stamp || l.read("etc/apimctl/apimctl-prod.crt") != string(l.lb.certificate()) {
		t.Error("a configuration that fails the test replaced another")
	}

	// A master that is stopped takes no signal: as one whose reload fails.
	if err := syscall.Kill(l.pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	out, err = l.do(Turn(l.lb, without(l.lb, "gw-1")))
	if err == nil || !strings.Contains(out, "the old one is back") {
		t.Errorf("%v: %s", err, out)
	}
	if l.read("etc/conf.d/apimctl-prod.conf") != conf || l.read("state/apimctl-prod.nginx.stamp") != "" || l.read("apimctl-prod.moving") != "" {
		t.Error("what failed to load is still there")
	}
	if err := syscall.Kill(l.pid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	l.mustDo(l.all()) // and the next run makes it good
	if l.read("state/apimctl-prod.nginx.stamp") != stamp {
		t.Error("no stamp after the run that made it good")
	}
	left, err := os.ReadDir(l.dir + "/state/nginx")
	if err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
