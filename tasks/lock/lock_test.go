package lock

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// here runs commands on this machine.
type here struct{ path string }

func (h here) Run(ctx context.Context, cmd remote.Cmd) error {
	c := exec.CommandContext(ctx, "/bin/sh", cmd.Argv[1:]...)
	if h.path != "" {
		c.Env = []string{"PATH=" + h.path}
	}
	var said strings.Builder
	c.Stderr = &said
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return &remote.ExitError{Code: exit.ExitCode(), Stderr: strings.TrimSpace(said.String())}
	}
	return err
}

func (here) Close() error { return nil }

var (
	anna = Owner{Who: "anna", From: "laptop", Command: "apply"}
	ben  = Owner{Who: "ben", From: "ci", Command: "restart"}
)

func take(t *testing.T, dir string, by Owner) *Lock {
	t.Helper()
	l, err := Take(t.Context(), here{}, dir, by)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestTakeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	l := take(t, dir, anna)
	_, err := Take(t.Context(), here{}, dir, ben)
	var held *HeldError
	if !errors.As(err, &held) || held.Holder.Owner != anna || held.Holder.Until.Sub(held.Holder.Since) != Lease {
		t.Fatalf("%+v", err)
	}
	if err := l.Beat(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Free(t.Context()); err != nil {
		t.Error(err)
	}
	take(t, dir, ben)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
}

// age moves the lease of a lock's holder, as time would.
func age(t *testing.T, dir string, by time.Duration) {
	t.Helper()
	data, err := os.ReadFile(dir + "/lock")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitN(string(data), "\n", 3)
	until, _ := strconv.Atoi(lines[1])
	lines[1] = strconv.Itoa(until - int(by.Seconds()))
	if err := os.WriteFile(dir+"/lock", []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A holder that died holds nothing once its lease is over, and learns of it when it was not dead.
func TestLeaseEnds(t *testing.T) {
	dir := t.TempDir()
	l := take(t, dir, anna)
	age(t, dir, Lease)
	if err := l.Beat(t.Context()); err != nil {
		t.Errorf("nobody has taken it: %v", err)
	}
	age(t, dir, Lease)
	other := take(t, dir, ben)
	if err := l.Beat(t.Context()); !errors.Is(err, ErrLost) {
		t.Errorf("its lock was taken: %v", err)
	}
	if err := l.Free(t.Context()); err != nil {
		t.Error(err)
	}
	if err := other.Beat(t.Context()); err != nil {
		t.Errorf("another one's lock was freed: %v", err)
	}
}

// A clock that was set back does not make a lock last.
func TestClockSetBack(t *testing.T) {
	dir := t.TempDir()
	take(t, dir, anna)
	age(t, dir, -time.Hour)
	take(t, dir, ben)
}

func TestBreak(t *testing.T) {
	dir := t.TempDir()
	l := take(t, dir, anna)
	if err := Break(t.Context(), here{}, dir); err != nil {
		t.Fatal(err)
	}
	if err := l.Beat(t.Context()); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	take(t, dir, ben)
}

// Of many that come at once, one gets it: with flock, and without.
func TestRace(t *testing.T) {
	for name, path := range map[string]string{"flock": "", "no flock": without(t, "flock")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			take(t, dir, anna)
			age(t, dir, Lease)
			var got atomic.Int32
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if _, err := Take(t.Context(), here{path}, dir, ben); err == nil {
						got.Add(1)
					} else if held := (*HeldError)(nil); !errors.As(err, &held) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if got.Load() != 1 {
				t.Errorf("%d have it", got.Load())
			}
		})
	}
}

// without is a PATH that has what the script runs, but for one command.
func without(t *testing.T, one string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"mkdir", "rmdir", "date", "mv", "rm", "sleep", "flock"} {
		path, err := exec.LookPath(name)
		if err != nil || name == one {
			continue
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRead(t *testing.T) {
	m := remotetest.New()
	if _, held, err := Read(t.Context(), m, "/var/lib/apimctl"); held || err != nil {
		t.Errorf("%v, %v", held, err)
	}
	dir := t.TempDir()
	take(t, dir, anna)
	data, err := os.ReadFile(dir + "/lock")
	if err != nil {
		t.Fatal(err)
	}
	m.Set("/var/lib/apimctl/lock", remote.File{Mode: 0o600, Owner: "root:root", Data: data})
	for offset, want := range map[time.Duration]bool{0: true, Lease: false} {
		now := strconv.FormatInt(time.Now().Add(offset).Unix(), 10)
		m.Answer("date", func([]string) (string, error) { return now + "\n", nil })
		h, held, err := Read(t.Context(), m, "/var/lib/apimctl")
		if err != nil || held != want || h.Owner != anna {
			t.Errorf("after %s: %+v, %v, %v", offset, h, held, err)
		}
	}
}
