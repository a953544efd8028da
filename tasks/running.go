package tasks

import (
	"context"
	"errors"
	"slices"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// ErrNotInstalled is a node that cannot be started or restarted, for there is nothing to start.
var ErrNotInstalled = errors.New("nothing is installed yet")

// Stopped keeps a service from running. Its files stay as they are, and so does what starts it when the host boots.
type Stopped struct{ Service }

func (t Stopped) String() string { return "service " + t.Name + " stopped" }

// Plan stops what runs.
func (t Stopped) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	n, err := t.asItIs(ctx, h)
	if errors.Is(err, ErrNotInstalled) {
		return nil, nil
	}
	if err != nil || !n.runs {
		return nil, err
	}
	stop := n.keeper.stop([]string{"asked for"})
	stop.Interrupts = true
	return []plan.Change{stop}, nil
}

// Started keeps a service running with the files that the host has, whatever they are.
type Started struct{ Service }

func (t Started) String() string { return "service " + t.Name + " started" }

// Plan starts what does not run, or is about to end. What runs and was not seen healthy is waited for.
func (t Started) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	n, err := t.asItIs(ctx, h)
	if err != nil {
		return nil, err
	}
	if !n.stays {
		return t.restart(ctx, h, n, []string{"asked for"})
	}
	if n.stamp.Exists() {
		return nil, nil
	}
	var gates []plan.Change
	for _, w := range t.Gate {
		gates = append(gates, w)
	}
	return gates, nil
}

// Restarted has a service stopped and started again, with the files that the host has. It is never so already: each plan restarts.
type Restarted struct{ Service }

func (t Restarted) String() string { return "service " + t.Name + " restarted" }

// Plan restarts.
func (t Restarted) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	n, err := t.asItIs(ctx, h)
	if err != nil {
		return nil, err
	}
	return t.restart(ctx, h, n, []string{"asked for"})
}

// there is ErrNotInstalled where the service's home is not there.
func (t Service) there(ctx context.Context, h remote.Reader) error {
	home, err := h.File(ctx, t.Home)
	if err == nil && !home.Exists() {
		err = ErrNotInstalled
	}
	return err
}

// asItIs is the standing of a service that runs with what the host has. Facts that no file tells are those of the last stamp: nobody
// has looked whether the inventory's are true of this host, and apply must not be told that they are.
func (t Service) asItIs(ctx context.Context, h remote.Reader) (standing, error) {
	missing := t.there(ctx, h)
	had, err := h.File(ctx, t.Stamp())
	t.Facts = slices.DeleteFunc(strings.Split(string(had.Data), "\n"), func(l string) bool { return !strings.HasPrefix(l, "fact ") })
	for i, f := range t.Facts {
		t.Facts[i] = strings.TrimPrefix(f, "fact ")
	}
	n, err2 := t.look(ctx, h)
	if errors.Is(missing, ErrNotInstalled) {
		return n, missing // and of no use is what else may be missing
	}
	return n, errors.Join(missing, err, err2)
}
