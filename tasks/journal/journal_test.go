package journal

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// here runs commands on this machine.
type here struct{}

func (here) Run(ctx context.Context, cmd remote.Cmd) error {
	c := exec.CommandContext(ctx, "/bin/sh", cmd.Argv[1:]...)
	c.Stdin = strings.NewReader(cmd.Stdin.Reveal())
	out, err := c.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

func (here) Close() error { return nil }

func entry(second int, host, change, phase string) Entry {
	return Entry{Time: time.Unix(int64(second), 0).UTC(), Run: "r", Who: "anna", Command: "apply", Host: host, Change: change, Phase: phase}
}

// read is what a host with the files of dir would say.
func read(t *testing.T, dir string) []Entry {
	t.Helper()
	m := remotetest.New()
	for _, name := range []string{"journal", "journal.1"} {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
			m.Set("/var/lib/apimctl/"+name, remote.File{Mode: 0o600, Owner: "root:root", Data: data})
		}
	}
	all, err := Read(t.Context(), m, "/var/lib/apimctl")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAppend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	want := []Entry{entry(1, "gw-1", "write <a> & b", Started), entry(2, "gw-1", "write <a> & b", Done), entry(3, "gw-1", "start", Started)}
	for _, some := range [][]Entry{want[:1], want[1:]} {
		if err := Append(t.Context(), here{}, dir, some...); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, dir); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if info, err := os.Stat(dir + "/journal"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestRotate(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/journal", []byte(strings.Repeat("x", 1<<20)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := Append(t.Context(), here{}, dir, entry(i, "h", "c", Done)); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(dir + "/journal.1"); err != nil || info.Size() <= 1<<20 {
		t.Errorf("%v, %v", info, err)
	}
	if got := read(t, dir); len(got) != 2 {
		t.Errorf("%+v", got)
	}
}

// What ended is told once; what began and never ended is told too.
func TestEnds(t *testing.T) {
	all := Merge(
		[]Entry{entry(1, "a", "x", Started), entry(4, "a", "x", Done), entry(5, "a", "x", Started)},
		[]Entry{entry(2, "b", "x", Started), entry(3, "b", "x", Failed)},
	)
	var told []string
	for _, e := range Ends(all) {
		told = append(told, fmt.Sprintf("%d %s %s", e.Time.Unix(), e.Host, e.Phase))
	}
	if want := []string{"3 b failed", "4 a done", "5 a started"}; !slices.Equal(told, want) {
		t.Errorf("%q, not %q", told, want)
	}
}
