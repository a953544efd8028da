package playbooks

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// A Connection is a host that is read, changed, and left.
type Connection interface {
	remote.Conn
	remote.Fetcher
	remote.Speaker
	Close() error
}

// A Runner plans playbooks against hosts and carries plans out. It is the only source of events.
type Runner struct {
	Connect  func(ctx context.Context, host string) (Connection, error)
	Parallel int             // hosts that are worked on at the same time; 0 is 32
	Reporter Reporter        // may be nil
	Balanced *Balanced       // who drains nodes before they stop; may be nil
	Stop     <-chan struct{} // closed, no further change is begun, and waiting ends; may be nil

	GoesOn func() error // asked after a canary, before the rest; an error leaves that undone; nil goes on

	mu    sync.Mutex // guards what is below
	conns map[string]Connection
	held  *held           // the locks, while there are some
	begun map[string]bool // hosts that a change was begun on
}

// A HostError is what went wrong on a host, with each coordinate once.
type HostError struct {
	Host, Task, Change string // Task and Change may be empty
	Err                error
}

func (e *HostError) Error() string {
	s := e.Host
	for _, part := range []string{e.Task, e.Change} {
		if part != "" {
			s += ": " + part
		}
	}
	return s + ": " + e.Err.Error()
}

func (e *HostError) Unwrap() error { return e.Err }

// ErrStopped is what is left undone after the user's interrupt.
var ErrStopped = errors.New("interrupted before this was done")

// ErrSkipped is what is left undone because another host failed before.
var ErrSkipped = errors.New("not done: hosts before it failed")

// Open connects to hosts, side by side. All their errors are returned, in the order of hosts.
func (r *Runner) Open(ctx context.Context, hosts []string) error {
	return r.each(ctx, hosts, func(ctx context.Context, host string) error {
		c, err := r.Connect(ctx, host)
		if err != nil {
			return &HostError{Host: host, Err: err}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.conns == nil {
			r.conns = map[string]Connection{}
		}
		r.conns[host] = c
		r.tell(Event{Kind: HostConnected, Host: host})
		return nil
	})
}

// Close leaves all hosts.
func (r *Runner) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, c := range r.conns {
		errs = append(errs, c.Close())
	}
	r.conns = nil
	return errors.Join(errs...)
}

// Reopen connects to those of the hosts that are not connected.
func (r *Runner) Reopen(ctx context.Context, hosts []string) error {
	var gone []string
	for _, h := range hosts {
		if _, err := r.Conn(h); err != nil {
			gone = append(gone, h)
		}
	}
	return r.Open(ctx, gone)
}

// Drop leaves one host.
func (r *Runner) Drop(host string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.conns[host]; ok {
		_ = c.Close()
		delete(r.conns, host)
	}
}

// Conn is the connection to a host that was opened.
func (r *Runner) Conn(host string) (Connection, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.conns[host]
	if !ok {
		return nil, &HostError{Host: host, Err: errors.New("not connected")}
	}
	return c, nil
}

// each does something for every host, a bounded number at a time, and joins the errors in the order of hosts.
func (r *Runner) each(ctx context.Context, hosts []string, do func(context.Context, string) error) error {
	errs := make([]error, len(hosts))
	var g errgroup.Group
	g.SetLimit(r.parallel())
	for i, h := range hosts {
		g.Go(func() error {
			errs[i] = do(ctx, h)
			return nil
		})
	}
	_ = g.Wait()
	return errors.Join(errs...)
}

func (r *Runner) parallel() int {
	if r.Parallel > 0 {
		return r.Parallel
	}
	return 32
}

// report tells the reporter, one event at a time.
func (r *Runner) report(e Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(e)
}

func (r *Runner) tell(e Event) {
	if e.Kind == ChangeStarted {
		if r.begun == nil {
			r.begun = map[string]bool{}
		}
		r.begun[e.Host] = true
	}
	e.Millis = e.For.Milliseconds()
	if r.Reporter != nil {
		r.Reporter.Report(e)
	}
}

// Each does something with every open host of the list and joins the errors in its order.
func (r *Runner) Each(ctx context.Context, hosts []string, do func(context.Context, string, Connection) error) error {
	return r.each(ctx, hosts, func(ctx context.Context, host string) error {
		c, err := r.Conn(host)
		if err != nil {
			return err
		}
		return do(ctx, host, c)
	})
}

// Plan is what the playbook would do, host by host as each will be. Hosts must be open. Any host's error is one of the whole.
func (r *Runner) Plan(ctx context.Context, deployment string, pb Playbook) (plan.Plan, error) {
	hosts := pb.hosts()
	steps := make([][][]plan.Step, len(hosts))
	at := map[string]int{}
	for i, h := range hosts {
		at[h] = i
	}
	err := r.Each(ctx, hosts, func(ctx context.Context, host string, c Connection) error {
		s, err := planHost(ctx, pb, host, c)
		steps[at[host]] = s
		if err == nil {
			r.report(Event{Kind: HostPlanned, Host: host})
		}
		return err
	})
	if err != nil {
		return plan.Plan{}, err
	}
	var b Balanced // as it will be, batch by batch
	if r.Balanced != nil {
		b = *r.Balanced
	}
	return pb.plan(deployment, b, func(play int, host string) []plan.Step { return steps[at[host]][play] }), nil
}

// planHost is the steps of every play on one host. Tasks are planned again until nothing that they read is missing.
func planHost(ctx context.Context, pb Playbook, host string, c Connection) (steps [][]plan.Step, err error) {
	ctx = remote.Remembering(ctx)
	err = remote.Batch(ctx, c, func(h remote.Reader) error {
		steps, err = pb.steps(ctx, host, h)
		return err
	})
	return steps, err
}

// steps are those of every play on the host that h reads, as it will be.
func (pb Playbook) steps(ctx context.Context, host string, h remote.Reader) ([][]plan.Step, error) {
	steps := make([][]plan.Step, len(pb))
	imagined := remote.Imagine(h)
	var errs []error
	told := map[string]bool{} // what one task lacks, another that needs it too does not say again
	for i, p := range pb {
		n, ok := p.node(host)
		if !ok || p.Ends {
			continue
		}
		for _, t := range p.Tasks(n) {
			changes, err := t.Plan(ctx, imagined)
			if err == nil {
				err = imagine(ctx, imagined, changes)
			}
			if err != nil && !told[err.Error()] {
				told[err.Error()] = true
				errs = append(errs, &HostError{Host: host, Task: t.String(), Err: err})
			}
			if len(changes) > 0 {
				steps[i] = append(steps[i], plan.Step{Task: t.String(), Changes: changes})
			}
		}
	}
	return steps, errors.Join(errs...)
}

func imagine(ctx context.Context, h remote.Conn, changes []plan.Change) error {
	for _, c := range changes {
		if err := c.Apply(ctx, h); err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
	}
	return nil
}
