package tasks

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"apimctl/tasks/remote"
)

// The process of the release before is found once the link leads to another one, whose pid file is not there, and with no stamp too.
func TestProcessOfTheReleaseBefore(t *testing.T) {
	const r0, r1 = "/opt/wso2/releases/r0", "/opt/wso2/releases/r1"
	for name, row := range map[string]struct {
		home  string // that the process says it runs from
		stamp bool
		runs  bool
	}{
		"by the link":                    {home, true, true},
		"by the link, and no stamp":      {home, false, true},
		"by hand, from the release":      {r0, true, true},
		"by hand, from the new release":  {r1, false, true},
		"somebody else's":                {home + "-2", true, false},
		"somebody else's, of the folder": {"/opt/wso2", false, false},
	} {
		m, s := kept(t, "script")
		m.Set(r1, remote.Dir(0o755, owner))
		m.Set(home, remote.Link("releases/r1"))
		m.Set("/proc/4711/cmdline", remote.File{Mode: 0o444, Data: []byte("java\x00-Dcarbon.home=" + row.home + "\x00start\x00")})
		if !row.stamp {
			m.Set(s.Stamp(), remote.File{})
		}
		if n, err := s.look(t.Context(), m); err != nil || n.runs != row.runs {
			t.Errorf("%s: it runs: %t, %v", name, n.runs, err)
		}
	}
}

// process runs something whose command line says that it runs from a home. TERM ends it, where it heeds that.
func process(t *testing.T, home, heeds string) (ended <-chan error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", heeds+"; while :; do sleep 0.1; done", "java", "-Dcarbon.home="+home, "start")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	return end
}

// What is told to stop runs from one of the homes, wherever its pid file is; others go on.
func TestStopScript(t *testing.T) {
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("there is no /proc")
	}
	dir := t.TempDir()
	s := gateway("script")
	s.Home, s.Stop = filepath.Join(dir, "gateway"), time.Second
	stop := func(kill bool) (string, error) {
		s.Kill = kill
		run := script{s, java, []string{s.Home, filepath.Join(dir, "releases/r 0")}}.stop(nil)
		cmd := exec.Command(run.Argv[0], run.Argv[1:]...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		return stderr.String(), err
	}
	if said, err := stop(false); err != nil || said != "" {
		t.Errorf("nothing runs: %v, %s", err, said)
	}
	other := process(t, s.Home+"-2", ":")
	one, two := process(t, s.Home, ":"), process(t, filepath.Join(dir, "releases/r 0"), ":")
	said, err := stop(false)
	if ended := [3]bool{over(one), over(two), over(other)}; err != nil || said != "" || ended != [3]bool{true, true, false} {
		t.Errorf("%v, %q; they ended: %t", err, said, ended)
	}
	deaf := process(t, s.Home, "trap : TERM")
	time.Sleep(200 * time.Millisecond) // until it is deaf
	var exit *exec.ExitError
	if said, err = stop(false); !errors.As(err, &exit) || exit.ExitCode() != 124 || said != "it still runs 1 seconds after SIGTERM\n" || over(deaf) {
		t.Errorf("it does not end: %v, %q", err, said)
	}
	if said, err = stop(true); err != nil || said != "" || !over(deaf) {
		t.Errorf("it is killed: %v, %q", err, said)
	}
}

// over says whether a process has ended, or does so at once.
func over(ended <-chan error) bool {
	select {
	case <-ended:
		return true
	case <-time.After(300 * time.Millisecond):
		return false
	}
}
