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
	Over string // why it was given up before the time was over: "its process has ended"; "" if it was not
}

func (e *GateError) Error() string {
	if e.Over != "" {
		return e.Over + "; the probe was told last: " + e.Last
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
	begun, yes, vain := time.Now(), 0, 0
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
			if said == noAPIs {
				pulse.stop()
				tellEnd(ctx, said) // a yes that says nothing
			}
			return nil
		}
		over := w.over(ctx, c, err, &vain)
		if over != "" || time.Since(begun)+w.Every > w.For {
			if w.Guards != "" {
				return &GuardError{Role: w.Guards, Last: said}
			}
			return &GateError{Wait: w, Last: said, Over: over, Log: w.errorLog(ctx, c), Next: w.Next}
		}
		if err := sleep(ctx, w.Every); err != nil {
			return err
		}
	}
}

// over says why what is waited for can no longer come, "" while it can: three times in a row the process was gone, or the credentials were
// refused. Each further try of those would bring the account nearer to being locked. It is asked after each answer.
func (w Wait) over(ctx context.Context, c remote.Conn, no error, times *int) string {
	why := ""
	if errors.Is(no, errRefused) {
		why = "the credentials are refused"
	} else if no != nil && w.Alive != nil {
		if _, err := w.Alive.Try(ctx, c); err != nil {
			why = "its process has ended"
		}
	}
	if *times++; why == "" {
		*times = 0
	}
	if *times < 3 {
		return ""
	}
	return why
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
