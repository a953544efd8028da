package plan

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// A plan names what a command will read, and looks for it only on a real host.
func TestInput(t *testing.T) {
	opened := 0
	run := Run{
		Cmd:     remote.Cmd{Argv: []string{"tee", "/keys"}},
		Input:   &Input{Name: "the key of AA", Open: func(context.Context) (remote.Secret, error) { opened++; return "planted", nil }},
		Touches: []string{"/keys"},
	}
	m := remotetest.New()
	if err := run.Apply(t.Context(), remote.Imagine(m)); err != nil || opened > 0 {
		t.Errorf("imagined: %v, opened %d times", err, opened)
	}
	data, err := Marshal(Plan{Plays: []Play{{Batches: []Batch{{Lanes: []Lane{{Host: "a", Steps: []Step{{Changes: []Change{run}}}}}}}}}})
	if err != nil || opened > 0 || !bytes.Contains(data, []byte("the key of AA")) || bytes.Contains(data, []byte("planted")) {
		t.Errorf("the saved plan is %s, %v", data, err)
	}
	read := ""
	m.Effect("tee", func(cmd remote.Cmd) error { read = cmd.Stdin.Reveal(); return nil })
	if err := run.Apply(t.Context(), m); err != nil || read != "planted" {
		t.Errorf("it read %q, %v", read, err)
	}
	locked := errors.New("locked")
	run.Input.Open = func(context.Context) (remote.Secret, error) { return "", locked }
	if err := run.Apply(t.Context(), m); !errors.Is(err, locked) {
		t.Errorf("what is locked: %v", err)
	}
}
