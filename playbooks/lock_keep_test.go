package playbooks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"apimctl/tasks/lock"
	"apimctl/tasks/remote"
)

var (
	taken = &remote.ExitError{Code: 75, Stderr: "1030\n1050\n1000\n" + `{"who":"ben","from":"ci","command":"apply"}`}
	lost  = &remote.ExitError{Code: 76}
)

// A lock is kept while others are waited for: that may take many leases.
func TestLocksAreKeptWhileOthersAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, r, _ := locked(t)
		free := time.Now().Add(100 * time.Second)
		var beats []time.Time
		l.refuse = func(host, verb string) error {
			switch {
			case host == "gw-2" && verb == "take" && time.Now().Before(free):
				return taken
			case host == "gw-1" && verb == "beat":
				beats = append(beats, time.Now())
			}
			return nil
		}
		had := time.Now()
		if err := r.Lock(t.Context(), []string{"gw-1", "gw-2"}, anna, 10*time.Minute); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // and afterwards
		if err := r.Unlock(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(beats) < 15 {
			t.Errorf("in 160 s gw-1 had %d beats", len(beats))
		}
		for _, b := range append(beats, free.Add(time.Minute)) {
			if b.Sub(had) > lock.Beat {
				t.Errorf("gw-1 had no beat for %s", b.Sub(had))
			}
			had = b
		}
	})
}

// Who loses one lock waits for no other.
func TestLostWhileAnotherIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, r, _ := locked(t)
		l.refuse = func(host, verb string) error {
			switch {
			case host == "gw-2" && verb == "take":
				return taken
			case verb == "beat":
				return lost
			}
			return nil
		}
		begun := time.Now()
		err := r.Lock(t.Context(), []string{"gw-1", "gw-2"}, anna, 10*time.Minute)
		if want := "gw-1: lock: lost: somebody broke it, or it ran out and another one took it"; !errors.Is(err, lock.ErrLost) || err.Error() != want {
			t.Errorf("%v, not %s", err, want)
		}
		if after := time.Since(begun); after > lock.Beat+time.Second {
			t.Errorf("it waits for %s", after)
		}
		if !slices.Contains(l.verbs, "gw-1 free") || slices.Contains(l.verbs, "gw-2 free") {
			t.Errorf("%v", l.verbs)
		}
	})
}

// A wire is a host that its commands take a while to reach and to come back from. It has the lease run as the script does.
type wire struct {
	there, back time.Duration
	cut         time.Time // from then on nothing arrives; zero is never
	ends        bool      // whether the connection ends then, or is silent
	until       time.Time // of the lease
}

func (w *wire) Run(ctx context.Context, _ remote.Cmd) error {
	time.Sleep(w.there)
	gone := !w.cut.IsZero() && !time.Now().Before(w.cut)
	switch {
	case gone && w.ends:
		return &remote.UnreachableError{Address: "10.0.0.31:22", Err: errors.New("it has ended the connection")}
	case gone:
		<-ctx.Done()
		time.Sleep(10 * time.Second) // as SSH does before it gives up what was cancelled
		return context.Cause(ctx)
	}
	w.until = time.Now().Truncate(time.Second).Add(lock.Lease)
	time.Sleep(w.back)
	return nil
}

func (*wire) Close() error { return nil }

// A lock counts as lost while its lease still runs, however slow or silent the host is: what was begun just before has some time to end. What is
// said names the host.
func TestLostBeforeTheLeaseEnds(t *testing.T) {
	const silent = "lb-1: lock: not kept for 20s: lb-1 cannot be reached: it does not answer"
	for name, x := range map[string]struct {
		w    wire
		want string
	}{
		"ended":        {wire{ends: true}, "lb-1: lock: not kept for 20s: 10.0.0.31:22 cannot be reached: it has ended the connection"},
		"silent":       {wire{}, silent},
		"far":          {wire{there: 4 * time.Second}, silent},
		"slow":         {wire{back: 9 * time.Second}, silent},
		"far and slow": {wire{there: 4 * time.Second, back: 5 * time.Second}, silent},
	} {
		for after := range 12 { // s past a minute
			synctest.Test(t, func(t *testing.T) {
				asked := time.Now()
				w := x.w
				w.cut = asked.Add(time.Minute + time.Duration(after)*time.Second)
				l, err := lock.Take(t.Context(), &w, State, anna)
				if err != nil {
					t.Fatal(err)
				}
				h := &held{lost: make(chan struct{}), over: make(chan struct{})}
				h.beats.Go(func() { h.keep(t.Context(), "lb-1", l, asked) })
				<-h.lost
				left := time.Until(w.until)
				if time.Now().Before(w.cut) || left < lock.Beat || left > lock.Beat+w.there {
					t.Errorf("%s: cut after %s, it is lost after %s, %s before its lease ends", name, w.cut.Sub(asked), time.Since(asked), left)
				}
				err = (&Runner{held: h}).halted()
				if err.Error() != x.want || errors.Is(err, lock.ErrLost) || !errors.As(err, new(*remote.UnreachableError)) {
					t.Errorf("%s: %v, not %s", name, err, x.want)
				}
				close(h.over)
				h.beats.Wait()
			})
		}
	}
}

// A host that comes back before that has lost nothing.
func TestABeatIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, l, r, _ := locked(t)
		begun := time.Now()
		l.refuse = func(host, verb string) error {
			if since := time.Since(begun); verb == "beat" && since >= lock.Beat && since < lock.Beat+9*time.Second {
				return errors.New("flock: timed out")
			}
			return nil
		}
		if err := r.Lock(t.Context(), []string{"gw-1"}, anna, 0); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if err := errors.Join(r.halted(), r.Unlock(t.Context())); err != nil {
			t.Errorf("%v: %s", err, strings.Join(l.verbs, ", "))
		}
	})
}
