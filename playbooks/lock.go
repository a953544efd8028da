package playbooks

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
)

// freeFor is how long giving a lock back may take: a host that does not answer forgets it by itself.
const freeFor = 10 * time.Second

// held are the locks of hosts, with a shell on each that does not wait for what is done there. The zero held is none.
type held struct {
	run    string // names this run in journals
	by     lock.Owner
	shells map[string]remote.Shell
	locks  map[string]*lock.Lock
	lost   chan struct{} // closed when one of them is no longer held
	why    error         // of that; read after lost is closed
	lose   sync.Once
	over   chan struct{} // closed when they are given back
	beats  sync.WaitGroup
}

// A besider has a further shell on the same connection.
type besider interface {
	Beside(context.Context) (remote.Shell, error)
}

// shared is a connection that has no further shell: it is its own.
type shared struct{ Connection }

func (shared) Close() error { return nil }

// Lock takes the locks of open hosts, in the order of their names, so that two runs never wait for each other, and keeps each until
// Unlock. From then on what is done is noted in the hosts' journals. Whoever finds one taken waits as long as wait, unless one that it has
// is lost meanwhile, and holds none when it is an error: a *lock.HeldError among it.
func (r *Runner) Lock(ctx context.Context, hosts []string, by lock.Owner, wait time.Duration) error {
	h := &held{
		run: rand.Text()[:8], by: by, shells: map[string]remote.Shell{}, locks: map[string]*lock.Lock{},
		lost: make(chan struct{}), over: make(chan struct{}),
	}
	err := r.beside(ctx, h, hosts)
	until := time.Now().Add(wait)
	for _, host := range slices.Sorted(slices.Values(hosts)) {
		if err == nil {
			err = r.take(ctx, h, host, until)
		}
	}
	if err != nil {
		return errors.Join(err, h.free(ctx))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held = h
	return nil
}

// beside opens a shell of the locks' own on each host.
func (r *Runner) beside(ctx context.Context, h *held, hosts []string) error {
	return r.Each(ctx, hosts, func(ctx context.Context, host string, c Connection) error {
		sh := remote.Shell(shared{c})
		if b, ok := c.(besider); ok {
			var err error
			if sh, err = b.Beside(ctx); err != nil {
				return &HostError{Host: host, Err: err}
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		h.shells[host] = sh
		return nil
	})
}

// take takes the lock of one host, waits for it, and has it kept from then on: others may have to be waited for longer than a lease.
func (r *Runner) take(ctx context.Context, h *held, host string, until time.Time) error {
	begun, told := time.Now(), time.Time{}
	for {
		asked := time.Now()
		l, err := lock.Take(ctx, h.shells[host], State, h.by)
		var taken *lock.HeldError
		switch {
		case err == nil:
			h.locks[host] = l
			h.beats.Go(func() { h.keep(ctx, host, l, asked) })
			return nil
		case !errors.As(err, &taken) || time.Now().Add(time.Second).After(until):
			return &HostError{Host: host, Err: err}
		}
		if time.Since(told) >= 10*time.Second {
			told = time.Now()
			r.report(Event{Kind: Waiting, Host: host, Change: "wait for the lock", Said: taken.Holder.String(), For: time.Since(begun)})
		}
		select {
		case <-time.After(time.Second):
		case <-h.lost:
			return h.why
		case <-r.Stop:
			return &HostError{Host: host, Err: ErrStopped}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Unlock gives all locks back. There may be none.
func (r *Runner) Unlock(ctx context.Context) error {
	h := r.locks()
	r.mu.Lock()
	r.held = nil
	r.mu.Unlock()
	return h.free(ctx)
}

func (h *held) free(ctx context.Context) error {
	if h.over == nil {
		return nil
	}
	close(h.over)
	h.beats.Wait()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), freeFor)
	defer cancel()
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for host, sh := range h.shells {
		wg.Go(func() {
			var err error
			if l := h.locks[host]; l != nil {
				err = l.Free(ctx)
			}
			_ = sh.Close()
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, &HostError{Host: host, Task: "unlock", Err: err})
			}
		})
	}
	wg.Wait()
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

// locks are those that are held, or none.
func (r *Runner) locks() *held {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil {
		return &held{}
	}
	return r.held
}
