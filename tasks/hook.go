package tasks

import (
	"context"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Hook keeps a node being sent requests by a balancer that only commands of this machine's can tell. That it was drained stands in a mark
// on the node, which is put there first and taken away last: a run that dies in between is made good by the next.
type Hook struct {
	Drain, Restore []string // program and arguments
	Dir            string   // where they run
	State          string   // the directory of marks on the node: /var/lib/apimctl
}

func (Hook) String() string { return "restore" }

// Plan restores a node that bears the mark.
func (t Hook) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	had, err := h.File(ctx, t.mark())
	if err != nil || !had.Exists() {
		return nil, err
	}
	return t.Restored(), nil
}

func (t Hook) mark() string { return t.State + "/drained" }

var marked = remote.File{Mode: 0o600, Owner: "root:root", Data: []byte("drained\n")}

// Drained has the balancer send nothing more to the node. It reads no host.
func (t Hook) Drained() []plan.Change {
	return append(brief(plan.File(t.mark(), remote.File{}, marked)), t.run(t.Drain))
}

// Restored has the balancer send to a node that was drained.
func (t Hook) Restored() []plan.Change {
	return append([]plan.Change{t.run(t.Restore)}, brief(plan.File(t.mark(), marked, remote.File{}))...)
}

func (t Hook) run(argv []string) plan.Run { return plan.Run{Cmd: remote.Cmd{Argv: argv}, Here: t.Dir} }
