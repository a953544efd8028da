package plan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

// Watch watches on a load balancer, for as long as For, whether one node answers more requests with 5xx than the others. Log is a file with a
// line for each request: the addresses that it was sent to, "|", and the statuses that they answered, as nginx writes lists of them.
type Watch struct {
	Log    string
	Node   string        // "gw-1"
	Own    []string      // its addresses: "10.0.0.21:8243"
	Others []string      // those of the nodes that it is compared with
	Every  time.Duration // between two looks
	For    time.Duration
}

// A ShareError is a node that failed more requests than the others.
type ShareError struct {
	Node string
	Said string // the numbers
}

func (e *ShareError) Error() string {
	return "it does: " + e.Said
}

// String says what is watched.
func (w Watch) String() string {
	return fmt.Sprintf("watch for %s that %s fails no more requests than the others", w.For, w.Node)
}

// Diff is "".
func (w Watch) Diff() string { return "" }

func (Watch) kind() string { return "watch" }

// Apply watches. Once the node fails more than chance explains it is a *ShareError. The numbers are told with the heartbeat, and at the end. On
// an imagined host all is well.
func (w Watch) Apply(ctx context.Context, c remote.Conn) error {
	if _, ok := c.(imagined); ok {
		return nil
	}
	pulse := newPulse(ctx, Wait{For: w.For})
	defer pulse.stop()
	begun := time.Now()
	at, err := end(ctx, c, w.Log)
	if err != nil {
		return err
	}
	var seen share
	for left := w.For; left > 0; left = w.For - time.Since(begun) {
		if err := sleep(ctx, min(w.Every, left)); err != nil {
			return err
		}
		text, err := at.more(ctx, c, w.Log)
		if err != nil {
			return err
		}
		seen.count(w, text)
		pulse.says(seen.said(w))
		if seen.worse() {
			return &ShareError{Node: w.Node, Said: seen.said(w)}
		}
	}
	pulse.stop()
	tellEnd(ctx, seen.said(w))
	return nil
}

// A place is how far a log has been read.
type place struct{ inode, size int64 }

// end is the end of a log as it is now; the zero place where there is none.
func end(ctx context.Context, h remote.Reader, log string) (at place, err error) {
	text, err := h.Query(ctx, "stat", "-c", "%i %s", log)
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		return place{}, nil
	}
	if err == nil {
		_, err = fmt.Sscan(text, &at.inode, &at.size)
	}
	return at, err
}

// more is what whole lines the log has more than before. One that was rotated begins anew.
func (at *place) more(ctx context.Context, h remote.Reader, log string) (string, error) {
	now, err := end(ctx, h, log)
	if err != nil || now == *at {
		return "", err
	}
	if now.inode != at.inode || now.size < at.size {
		at.size = 0
	}
	text, err := h.Query(ctx, "tail", "-c", "+"+strconv.FormatInt(at.size+1, 10), log)
	text = text[:strings.LastIndexByte(text, '\n')+1]
	*at = place{now.inode, at.size + int64(len(text))}
	return text, err
}

// A share is how many requests there were, and how many of them failed.
type share struct{ own, ownFailed, others, othersFailed int }

// count adds what lines of the log say. A request that went on to a second node counts for both.
func (s *share) count(w Watch, text string) {
	for line := range strings.Lines(text) {
		addresses, statuses, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(line, " : ", ", ")), "|")
		answers := strings.Split(statuses, ", ")
		for i, address := range strings.Split(addresses, ", ") {
			failed := 0
			if i < len(answers) && strings.HasPrefix(answers[i], "5") {
				failed = 1
			}
			switch {
			case slices.Contains(w.Own, address):
				s.own, s.ownFailed = s.own+1, s.ownFailed+failed
			case slices.Contains(w.Others, address):
				s.others, s.othersFailed = s.others+1, s.othersFailed+failed
			}
		}
	}
}

// worse says whether more failed than the share of the others lets expect: by three standard deviations, and three requests besides.
func (s share) worse() bool {
	expected := float64(s.own) * float64(s.othersFailed) / math.Max(1, float64(s.others))
	return float64(s.ownFailed) > expected+3*math.Sqrt(expected)+3
}

// said are the numbers.
func (s share) said(w Watch) string {
	if s.own == 0 {
		return fmt.Sprintf("no request to %s was seen in %s: nothing was watched but the gate", w.Node, w.Log)
	}
	return fmt.Sprintf("%s failed %s; the others %s", w.Node, part(s.ownFailed, s.own), part(s.othersFailed, s.others))
}

// part is "3 of 120 requests (2.50%)".
func part(failed, all int) string {
	return fmt.Sprintf("%d of %d requests (%.2f%%)", failed, all, 100*float64(failed)/math.Max(1, float64(all)))
}
