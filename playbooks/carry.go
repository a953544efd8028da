package playbooks

import (
	"context"
	"errors"
	"time"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Apply does what the plan says, and nothing else. Hosts of a batch work side by side, each to its own end; a batch in which one
// failed is the last one. All errors are returned: first those that happened, then what was left undone because of them.
func (r *Runner) Apply(ctx context.Context, p plan.Plan) error {
	var errs []error
	for _, play := range p.Plays {
		if errs == nil {
			r.report(Event{Kind: PlayStarted, Play: play.Name})
		}
		for i, b := range play.Batches {
			if errs != nil {
				r.skip(play, b)
				continue
			}
			err := r.batch(ctx, play, b)
			if err == nil && bakes(b) {
				err = r.goesOn(play.Batches[i+1:])
			}
			if err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

func (r *Runner) skip(play plan.Play, b plan.Batch) {
	for _, l := range b.Lanes {
		r.report(Event{Kind: HostSkipped, Play: play.Name, Host: l.Host, Error: ErrSkipped.Error()})
	}
}

func (r *Runner) batch(ctx context.Context, play plan.Play, b plan.Batch) error {
	lanes := map[string]plan.Lane{}
	var hosts []string
	for _, l := range b.Lanes {
		lanes[l.Host] = l
		hosts = append(hosts, l.Host)
	}
	return r.Each(ctx, hosts, func(ctx context.Context, host string, c Connection) error {
		return r.lane(ctx, play, lanes[host], c)
	})
}

// lane does the steps of one host, up to the first that fails.
func (r *Runner) lane(ctx context.Context, play plan.Play, l plan.Lane, c Connection) error {
	notes := r.notes(l.Host)
	for _, s := range l.Steps {
		for _, change := range s.Changes {
			at := Event{Play: play.Name, Host: l.Host, Task: s.Task, Change: change.String()}
			fails := func(err error) error {
				return errors.Join(&HostError{Host: l.Host, Task: s.Task, Change: at.Change, Err: err}, notes.finish(ctx))
			}
			if err := r.halted(); err != nil {
				return fails(err)
			}
			if err := notes.begin(ctx, at); err != nil {
				return fails(err)
			}
			started := time.Now()
			err := r.change(ctx, at, change, c)
			notes.end(at, err, time.Since(started))
			if err != nil {
				return fails(err)
			}
		}
	}
	return notes.finish(ctx)
}

func (r *Runner) change(ctx context.Context, at Event, change plan.Change, c Connection) error {
	started := time.Now()
	tell := func(kind string, more Event) {
		more.Kind, more.Play, more.Host, more.Task, more.Change = kind, at.Play, at.Host, at.Task, at.Change
		r.report(more)
	}
	run, _ := change.(plan.Run)
	tell(ChangeStarted, Event{Why: run.Why})
	ctx = remote.WithProgress(ctx, func(p remote.Progress) {
		tell(Progressed, Event{Said: p.What, Done: p.Done, Total: p.Total, For: time.Since(started)})
	})
	said := ""
	ctx = plan.WithHeartbeat(ctx, func(w plan.Waiting) {
		if w.Ends {
			said = w.Last
			return
		}
		tell(Waiting, Event{Said: w.Last, For: w.For})
	})
	switch change.(type) {
	case plan.Wait, plan.Watch:
		var cancel context.CancelFunc
		ctx, cancel = r.untilStopped(ctx)
		defer cancel()
	}
	err := change.Apply(ctx, c)
	if halted := r.halted(); err != nil && halted != nil && errors.Is(err, context.Canceled) {
		err = halted
	}
	if err != nil {
		tell(ChangeFailed, Event{Error: err.Error(), For: time.Since(started)})
		return err
	}
	tell(ChangeDone, Event{Said: said, For: time.Since(started)})
	return nil
}

// halted is why no further change is begun: the user's interrupt, or a lock that was lost.
func (r *Runner) halted() error {
	h := r.locks()
	select {
	case <-r.Stop:
		return ErrStopped
	case <-h.lost:
		return h.why
	default:
		return nil
	}
}

// untilStopped ends waiting when no further change is begun: a wait changes nothing that would have to be finished.
func (r *Runner) untilStopped(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-r.Stop:
			cancel()
		case <-r.locks().lost:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
