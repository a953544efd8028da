package remote_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func sh(script string, args ...string) remote.Cmd {
	return remote.Cmd{Argv: append([]string{"sh", "-c", script, "sh"}, args...)}
}

func TestOutput(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	out, err := h.Output(t.Context(), sh("echo one; echo two >&2; echo three; exit 3"))
	var exit *remote.ExitError
	if out != "one\ntwo\nthree\n" || !errors.As(err, &exit) || exit.Code != 3 {
		t.Errorf("%q, %v", out, err)
	}
	long := sh("head -c 100000 /dev/zero | tr '\\0' x")
	if out, err := h.Output(t.Context(), long); len(out) != 100_000 || err != nil {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	secret := sh(`printf %s "$KEY"`)
	secret.Env = map[string]remote.Secret{"KEY": "hunter2-planted"}
	if out, err := h.Output(t.Context(), secret); out != "(secret)" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if err := h.Run(t.Context(), sh("echo x; exit 4")); !errors.As(err, &exit) || exit.Stderr != "x" {
		t.Errorf("after that a command that only runs says %v", err)
	}
}

// A lock is kept while the host's own shell is busy: here with what ends only when the lock's shell says so.
func TestBesideDoesNotWait(t *testing.T) {
	s, h := serve(t, remotetest.Options{})
	fifo := filepath.Join(t.TempDir(), "fifo")
	busy := make(chan error, 1)
	if err := h.Run(t.Context(), sh(`mkfifo "$1"`, fifo)); err != nil {
		t.Fatal(err)
	}
	go func() { busy <- h.Run(t.Context(), sh(`read -r x <"$1"`, fifo)) }()
	side, err := h.Beside(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l, err := lock.Take(t.Context(), side, dir, lock.Owner{Who: "anna"})
	if err == nil {
		err = l.Beat(t.Context())
	}
	if err == nil {
		err = side.Run(t.Context(), sh(`echo x >"$1"`, fifo))
	}
	if err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-busy:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the two shells wait for each other")
	}
	if err := errors.Join(l.Free(t.Context()), side.Close()); err != nil {
		t.Error(err)
	}
	if err := h.Run(t.Context(), sh("true")); err != nil {
		t.Errorf("after the further shell was closed: %v", err)
	}
	if n := s.Seen().Connections; n != 1 {
		t.Errorf("%d connections", n)
	}
}
