package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
)

// What apply prints, as text, has these rules: a play has a heading; a change that is the same on several hosts of a batch is one line, with
// their names; lines come in the order of the plan, whatever finished first, so that two runs print alike. That goes to stdout.
// Long work and waiting go to stderr, a line at most every 10 s for a host; so do errors, after everything else.
type lines struct {
	*app
	now func() time.Time

	queue  []*line
	done   int
	failed int
	hosts  int
	last   map[string]time.Time // when a host's progress was shown
	play   string

	plays  []string
	undone map[string][]string // hosts that were not begun, by play
}

// A line is one change on the hosts of a batch that have it.
type line struct {
	play, task, change string
	left               map[string]bool // hosts that have not done it
	hosts              []string
	failed             []string
}

func (l *lines) begin(p plan.Plan) {
	l.hosts = p.Hosts()
	l.last, l.undone, l.plays = map[string]time.Time{}, map[string][]string{}, nil
	for _, play := range p.Plays {
		l.plays = append(l.plays, play.Name)
		for _, b := range play.Batches {
			l.queue = append(l.queue, queued(play.Name, b)...)
		}
	}
}

// queued are the lines of a batch: hosts with the same change share one, at the place of the first.
func queued(play string, b plan.Batch) []*line {
	var all []*line
	at := map[string]*line{}
	for _, lane := range b.Lanes {
		seen := map[string]int{}
		for _, s := range lane.Steps {
			for _, c := range s.Changes {
				key := s.Task + "\x00" + c.String()
				seen[key]++
				key += fmt.Sprint("\x00", seen[key])
				if at[key] == nil {
					at[key] = &line{play: play, task: s.Task, change: c.String(), left: map[string]bool{}}
					all = append(all, at[key])
				}
				at[key].left[lane.Host] = true
				at[key].hosts = append(at[key].hosts, lane.Host)
			}
		}
	}
	return all
}

// Report notes what happened and prints the lines that nothing before them holds up any more.
func (l *lines) Report(e playbooks.Event) {
	switch e.Kind {
	case playbooks.HostConnected, playbooks.HostPlanned:
		if l.flags.verbose {
			l.say("%s: %s", e.Host, strings.TrimPrefix(e.Kind, "host."))
		}
	case playbooks.Progressed:
		l.progress(e)
	case playbooks.Waiting:
		l.say("%s: still waiting after %s: %s: %s", e.Host, e.For.Round(time.Second), e.Change, e.Said)
	case playbooks.ChangeDone:
		l.done++
		if e.Said != "" {
			l.say("%s: %s: %s", e.Host, e.Task, e.Said)
		}
		l.settle(e, func(*line) {})
	case playbooks.ChangeFailed:
		l.failed++
		l.settle(e, func(x *line) { x.failed = append(x.failed, e.Host) })
		l.drop(e.Host)
	case playbooks.HostSkipped:
		if !slices.Contains(l.undone[e.Play], e.Host) { // a load balancer has a turn before and after each batch
			l.undone[e.Play] = append(l.undone[e.Play], e.Host)
		}
		l.drop(e.Host)
	case playbooks.HostNow:
		_, _ = fmt.Fprintf(l.out, "now %s: %s\n", e.Host, e.Said)
	}
	l.flush()
}

// settle takes a host off the first line that it still has with this change.
func (l *lines) settle(e playbooks.Event, also func(*line)) {
	for _, x := range l.queue {
		if x.left[e.Host] && x.task == e.Task && x.change == e.Change && x.play == e.Play {
			delete(x.left, e.Host)
			also(x)
			return
		}
	}
}

// drop takes a host off all lines: it does nothing more.
func (l *lines) drop(host string) {
	for _, x := range l.queue {
		if x.left[host] {
			delete(x.left, host)
			x.hosts = without(x.hosts, host)
		}
	}
}

func (l *lines) flush() {
	for len(l.queue) > 0 && len(l.queue[0].left) == 0 {
		x := l.queue[0]
		l.queue = l.queue[1:]
		if len(x.hosts) == 0 {
			continue
		}
		if x.play != l.play {
			l.play = x.play
			_, _ = fmt.Fprintln(l.out, l.bold(x.play))
		}
		for _, h := range x.failed {
			x.hosts = without(x.hosts, h)
			_, _ = fmt.Fprintf(l.out, "  %s %s: %s: %s\n", l.red("failed"), h, x.task, x.change)
		}
		if len(x.hosts) > 0 {
			_, _ = fmt.Fprintf(l.out, "  %s: %s: %s\n", plan.Names(x.hosts), x.task, x.change)
		}
	}
}

// progress shows how far an upload is, with its rate and the time left.
func (l *lines) progress(e playbooks.Event) {
	if now := l.now(); now.Sub(l.last[e.Host]) >= 10*time.Second && e.Done < e.Total {
		if _, shown := l.last[e.Host]; shown || e.For >= 2*time.Second {
			rate := float64(e.Done) / max(e.For.Seconds(), 0.001)
			left := time.Duration(float64(e.Total-e.Done) / max(rate, 1) * float64(time.Second)).Round(time.Second)
			l.say("%s: %s: %s of %s, %s/s, %s left", e.Host, e.Said, size(e.Done), size(e.Total), size(int64(rate)), left)
			l.last[e.Host] = now
		}
	}
}

func (l *lines) say(format string, args ...any) { _, _ = fmt.Fprintf(l.errOut, format+"\n", args...) }

// rest prints what was done of the lines that are left: an interrupted host does no more of its own.
func (l *lines) rest() {
	for _, x := range l.queue {
		for h := range x.left {
			x.hosts = without(x.hosts, h)
		}
		clear(x.left)
	}
	l.flush()
}

func (l *lines) end(err error) error {
	l.rest()
	if err == nil {
		_, err = fmt.Fprintf(l.out, "\ndone: %s on %s\n", count(l.done, "change"), count(l.hosts, "host"))
		return err
	}
	said := fmt.Sprintf("not finished: %s done, %d failed; run it again once that is mended, it goes on from here", count(l.done, "change"), l.failed)
	if errors.Is(err, playbooks.ErrStopped) {
		said = fmt.Sprintf("interrupted: %s done; run it again, it goes on from here", count(l.done, "change"))
	}
	if errors.Is(err, playbooks.ErrDeclined) {
		said = fmt.Sprintf("stopped after the canary: %s done; the others go on as they were", count(l.done, "change"))
	}
	_, werr := fmt.Fprintf(l.out, "\n%s\n", said)
	for _, play := range l.plays {
		if hosts := l.undone[play]; len(hosts) > 0 {
			_, _ = fmt.Fprintf(l.out, "  not begun: %s: %s\n", play, plan.Names(hosts))
		}
	}
	return werr
}

func (l *lines) nothing(how string) error {
	_, err := fmt.Fprintf(l.out, "nothing to do: %s\n", how)
	return err
}

func are(hosts int) string {
	if hosts == 1 {
		return "1 host is"
	}
	return fmt.Sprintf("%d hosts are", hosts)
}
