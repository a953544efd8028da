package playbooks

import (
	"testing"

	"apimctl/tasks/remote"
)

func TestLived(t *testing.T) {
	for text, want := range map[string]int64{
		"5000.25 100.00\n4242 (java (x) y) S 1 4242 4242 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 40 0 480000 1 2 3\n": 200,
		"5000.25 100.00\n": 0,
		"":                 0,
	} {
		if got := lived(text); got != want {
			t.Errorf("%q: %d, not %d", text, got, want)
		}
	}
}

func TestLookAndDrift(t *testing.T) {
	b := settled(t, twoAndTwo)
	r := b.runner()
	if err := r.Open(t.Context(), []string{"gw-1"}); err != nil {
		t.Fatal(err)
	}
	drift := func(want string) {
		t.Helper()
		if got, err := r.Drift(t.Context(), b.deployment, "gw-1"); got != want || err != nil {
			t.Errorf("%q, %v, not %q", got, err, want)
		}
	}
	drift("none")
	toml := b.hosts["gw-1"].At("/opt/wso2/gateway/repository/conf/deployment.toml")
	toml.Mode = 0o644
	b.hosts["gw-1"].Set("/opt/wso2/gateway/repository/conf/deployment.toml", toml)
	if got, err := r.Drift(t.Context(), b.deployment, "gw-1"); got == "none" || got == "" || err != nil {
		t.Errorf("after a change by hand: %q, %v", got, err)
	}
	s, err := b.node("gw-1").Look(t.Context(), b.hosts["gw-1"])
	if err != nil || s.String() != "running, healthy" {
		t.Errorf("%s, %v", s, err)
	}
	b.hosts["gw-1"].Set("/proc/42/cmdline", remote.File{})
	if s, _ := b.node("gw-1").Look(t.Context(), b.hosts["gw-1"]); s.String() != "starting" {
		t.Errorf("systemd runs it, and it has no process yet: %s", s)
	}
	b.hosts["gw-1"].SetActive(b.node("gw-1").Service(), false)
	if s, _ := b.node("gw-1").Look(t.Context(), b.hosts["gw-1"]); s.String() != "stopped" {
		t.Errorf("%s", s)
	}
}
