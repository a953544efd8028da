package main

import (
	"strings"
	"testing"

	"apimctl/playbooks"
)

// A host whose turn comes several times in a play is told of once where a run ends before it.
func TestNotBegunOnce(t *testing.T) {
	var out strings.Builder
	l := &lines{app: &app{out: &out, errOut: &out}, plays: []string{"gateways"}, undone: map[string][]string{}}
	for _, host := range []string{"lb-1", "gw-2", "lb-1"} {
		l.Report(playbooks.Event{Kind: playbooks.HostSkipped, Play: "gateways", Host: host})
	}
	if err := l.end(playbooks.ErrStopped); err != nil {
		t.Fatal(err)
	}
	if want := "not begun: gateways: lb-1, gw-2\n"; !strings.Contains(out.String(), want) {
		t.Errorf("it says %q, without %q", out.String(), want)
	}
}
