package playbooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
)

// kept is how long a lock counts as held after the host was last told so: a beat less than its lease, which runs by the host's clock, in whole
// seconds. What was begun just before has that long to end while nobody else can begin.
const kept = lock.Lease - lock.Beat

// again is how soon a beat that failed is tried anew.
const again = time.Second

// keep beats until the locks are given back, or this one is lost: another one has it, or no beat that was sent within kept has reached the
// host. The host was told at heard, or later.
func (h *held) keep(ctx context.Context, host string, l *lock.Lock, heard time.Time) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	silent := &remote.UnreachableError{Address: host, Err: errors.New("it does not answer")}
	var why error = silent
	var sent time.Time
	answers := make(chan error, 1)
	next, lapses := time.NewTimer(time.Until(heard.Add(lock.Beat))), time.NewTimer(time.Until(heard.Add(kept)))
	for {
		select {
		case <-h.over:
			return
		case <-lapses.C:
			h.loses(&HostError{Host: host, Task: "lock", Err: fmt.Errorf("not kept for %s: %w", kept, why)})
			return
		case <-next.C:
			sent = time.Now()
			h.beats.Go(func() { answers <- l.Beat(ctx) })
		case err := <-answers:
			switch {
			case err == nil:
				why = silent
				lapses.Reset(time.Until(sent.Add(kept)))
				next.Reset(time.Until(sent.Add(lock.Beat)))
			case errors.Is(err, lock.ErrLost):
				h.loses(&HostError{Host: host, Task: "lock", Err: err})
				return
			default:
				why = err
				next.Reset(again)
			}
		}
	}
}

// loses has no further change begun, and says why. The first reason stands.
func (h *held) loses(why error) {
	h.lose.Do(func() {
		h.why = why
		close(h.lost)
	})
}
