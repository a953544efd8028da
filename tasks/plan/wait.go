package plan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"apimctl/tasks/remote"
)

// Waiting is what a Wait waits for, told while it does.
type Waiting struct {
	Wait Wait
	Last string        // what the probe said last; "" before its first answer
	For  time.Duration // how long it has waited
	Ends bool          // it is over, and Last is what came of it
}

const beat = 10 * time.Second

type heartbeatKey struct{}

// WithHeartbeat has every Wait under ctx tell f every 10 seconds what it waits for. f is called from one goroutine at a time for each Wait.
func WithHeartbeat(ctx context.Context, f func(Waiting)) context.Context {
	return context.WithValue(ctx, heartbeatKey{}, f)
}

// A GateError is a Wait whose probe did not say yes in time.
type GateError struct {
	Wait Wait
	Last string // what the probe said last
	Log  string // the file and the last error block of the first of Logs that has one, with secrets masked; "" if none has
	Next string // the next command to run by hand
	Died bool   // the process was gone before the time was over
}

func (e *GateError) Error() string {
	if e.Died {
		return "its process has ended; the probe was told last: " + e.Last
	}
	return fmt.Sprintf("not within %s, it said last: %s", e.Wait.settled().For, e.Last)
}

// settled is w with defaults in place of zeros: every 2 s, for 10 minutes, once.
func (w Wait) settled() Wait {
	w.Every = cmp.Or(w.Every, 2*time.Second)
	w.For = cmp.Or(w.For, 10*time.Minute)
	w.InARow = max(w.InARow, 1)
	return w
}

// String says what is waited for.
func (w Wait) String() string {
	if w.Guards != "" {
		return "make sure that " + w.Probe.String()
	}
	s := "wait until " + w.Probe.String()
	if w.InARow > 1 {
		s += fmt.Sprintf(", %d times in a row", w.InARow)
	}
	return s
}

// Diff is "".
func (w Wait) Diff() string { return "" }

func (Wait) kind() string { return "wait" }

// Apply waits. When For is over it is a *GateError. On an imagined host, what is waited for has come.
func (w Wait) Apply(ctx context.Context, c remote.Conn) error {
	if _, ok := c.(imagined); ok {
		return nil
	}
	w = w.settled()
	pulse := newPulse(ctx, w)
	defer pulse.stop()
	begun, yes, dead := time.Now(), 0, 0
	for {
		said, err := w.Probe.Try(ctx, c)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if lost := (*remote.UnreachableError)(nil); errors.As(err, &lost) {
			return err
		}
		pulse.says(said)
		if yes++; err != nil {
			yes = 0
		}
		if yes >= w.InARow {
			return nil
		}
		if w.dead(ctx, c, err, &dead) || time.Since(begun)+w.Every > w.For {
			if w.Guards != "" {
				return &GuardError{Role: w.Guards, Last: said}
			}
			return &GateError{Wait: w, Last: said, Died: dead >= 3, Log: errorLog(ctx, c, w.Logs), Next: w.Next}
		}
		if err := sleep(ctx, w.Every); err != nil {
			return err
		}
	}
}

// dead says whether what is waited for can no longer come: three times in a row the process was gone. It is asked only after a no.
func (w Wait) dead(ctx context.Context, c remote.Conn, no error, times *int) bool {
	if w.Alive == nil || no == nil {
		return false
	}
	_, err := w.Alive.Try(ctx, c)
	if *times++; err == nil {
		*times = 0
	}
	return *times >= 3
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// A pulse tells what a Wait waits for, also while a probe has no answer yet.
type pulse struct {
	mu   sync.Mutex
	last string
	stop func() // returns when nothing more will be told
}

func newPulse(ctx context.Context, w Wait) *pulse {
	p := &pulse{stop: func() {}}
	tell, ok := ctx.Value(heartbeatKey{}).(func(Waiting))
	if !ok {
		return p
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	begun := time.Now()
	wg.Go(func() {
		for sleep(ctx, beat) == nil {
			tell(Waiting{Wait: w, Last: p.said(), For: time.Since(begun)})
		}
	})
	p.stop = func() { cancel(); wg.Wait() }
	return p
}

// tellEnd tells what came of a wait.
func tellEnd(ctx context.Context, said string) {
	if tell, ok := ctx.Value(heartbeatKey{}).(func(Waiting)); ok {
		tell(Waiting{Last: said, Ends: true})
	}
}

func (p *pulse) says(said string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = said
}

func (p *pulse) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}
