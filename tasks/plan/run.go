package plan

import (
	"context"
	"errors"
	"path"
	"regexp"
	"strings"

	"apimctl/tasks/remote"
)

// imagined is a host that does not run commands: it is told what they alter.
type imagined interface{ Touch(paths ...string) }

// String is what it is for, or the command itself.
func (r Run) String() string {
	if r.Does != "" {
		return r.Does
	}
	words := make([]string, len(r.Argv))
	for i, a := range r.Argv {
		words[i] = shown(a)
	}
	if r.Here != "" {
		return "run on this machine: " + strings.Join(words, " ")
	}
	return "run " + strings.Join(words, " ")
}

var bare = regexp.MustCompile(`^[\w@%+=:,./\-]+$`)

// shown is an argument as one would type it.
func shown(arg string) string {
	if bare.MatchString(arg) {
		return arg
	}
	return "'" + strings.ReplaceAll(strings.ReplaceAll(arg, "'", `'\''`), "\n", " ") + "'"
}

// Diff is "": what a command does is not known beforehand. Why says why it is needed.
func (r Run) Diff() string { return "" }

// Apply runs it. An imagined host is told what it touches.
func (r Run) Apply(ctx context.Context, c remote.Conn) error {
	h, imagines := c.(imagined)
	if r.Here != "" {
		if imagines {
			return nil
		}
		return r.here(ctx)
	}
	cmd := r.Cmd
	if r.Input != nil && !imagines {
		var err error
		if cmd.Stdin, err = r.Input.Open(ctx); err != nil {
			return err
		}
	}
	if err := c.Run(ctx, cmd); err != nil {
		return r.fails(err)
	}
	if imagines {
		h.Touch(r.Touches...)
	}
	return nil
}

// A StillRunsError is a node that had not ended when its time to stop was over. It is told to stop, and may end yet.
type StillRunsError struct{ Said string } // "it still runs 300 seconds after SIGTERM"

func (e *StillRunsError) Error() string { return e.Said }

// stillRuns is the exit status of a command that stops a node, where it waited in vain: that of timeout(1).
const stillRuns = 124

func (r Run) fails(err error) error {
	var exit *remote.ExitError
	if r.Stops && errors.As(err, &exit) && exit.Code == stillRuns {
		return &StillRunsError{exit.Stderr}
	}
	return err
}

func (Run) kind() string { return "run" }

// String names the archive and where it goes: "unpack wso2am-4.6.0.zip to /opt/wso2/releases/wso2am-4.6.0-1a2b3c4d".
func (u Unpack) String() string { return "unpack " + path.Base(u.Local) + " to " + u.Dir }

// Diff is "".
func (u Unpack) Diff() string { return "" }

// Apply uploads and unpacks. Where Dir is there already, that changes nothing.
func (u Unpack) Apply(ctx context.Context, c remote.Conn) error {
	return c.Unpack(ctx, u.Archive, u.Dir, u.Owner)
}

func (Unpack) kind() string { return "unpack" }
