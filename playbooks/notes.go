package playbooks

import (
	"context"
	"fmt"
	"time"

	"apimctl/tasks/journal"
	"apimctl/tasks/remote"
)

// notes are what goes to a host's journal. How a change ended is written together with how the next one begins, in one exchange.
type notes struct {
	host  string
	held  *held
	shell remote.Shell // nil where nothing is noted: without a lock
	ready []journal.Entry
}

func (r *Runner) notes(host string) *notes {
	h := r.locks()
	return &notes{host: host, held: h, shell: h.shells[host]}
}

// begin writes that a change begins, before it does.
func (n *notes) begin(ctx context.Context, at Event) error {
	n.add(at, journal.Entry{Phase: journal.Started})
	return n.write(ctx)
}

// end notes how a change ended; it is written with what comes next.
func (n *notes) end(at Event, err error, took time.Duration) {
	e := journal.Entry{Phase: journal.Done, Millis: took.Milliseconds()}
	if err != nil {
		e.Phase, e.Error = journal.Failed, err.Error()
	}
	n.add(at, e)
}

func (n *notes) add(at Event, e journal.Entry) {
	by := n.held.by
	e.Time, e.Run, e.Who, e.From, e.Command = time.Now().UTC().Truncate(time.Millisecond), n.held.run, by.Who, by.From, by.Command
	e.Host, e.Task, e.Change = n.host, at.Task, at.Change
	n.ready = append(n.ready, e)
}

// write writes what is ready. It is a change's own end that matters, not whether the caller still waits.
func (n *notes) write(ctx context.Context) error {
	if n.shell == nil || len(n.ready) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), freeFor)
	defer cancel()
	ready := n.ready
	n.ready = nil
	if err := journal.Append(ctx, n.shell, State, ready...); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// finish writes what is left.
func (n *notes) finish(ctx context.Context) error {
	if err := n.write(ctx); err != nil {
		return &HostError{Host: n.host, Err: err}
	}
	return nil
}
