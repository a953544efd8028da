package plan

import (
	"context"
	"strings"
	"sync"

	"apimctl/tasks/remote"
)

// A GuardError is a node that is not stopped, for it is the last healthy one of its group.
type GuardError struct {
	Role string // "gateway"
	Last string // what the others said: "gw-2: connection refused"
}

func (e *GuardError) Error() string {
	return "it is the last healthy " + e.Role + ", and is not stopped: " + e.Last
}

// tryAny asks all at the same time.
func (p Probe) tryAny(ctx context.Context, h remote.Reader) (string, error) {
	said, errs := p.tryEach(ctx, h)
	for i, err := range errs {
		if err == nil {
			return said[i], nil
		}
	}
	return strings.Join(said, "; "), errNo
}

// tryAll says who says no.
func (p Probe) tryAll(ctx context.Context, h remote.Reader) (string, error) {
	said, errs := p.tryEach(ctx, h)
	var no []string
	for i, err := range errs {
		if err != nil {
			no = append(no, said[i])
		}
	}
	if len(no) > 0 {
		return strings.Join(no, "; "), errNo
	}
	return "all say yes", nil
}

func (p Probe) tryEach(ctx context.Context, h remote.Reader) (said []string, errs []error) {
	said, errs = make([]string, len(p.Any)), make([]error, len(p.Any))
	var wg sync.WaitGroup
	for i, one := range p.Any {
		wg.Go(func() {
			said[i], errs[i] = one.Try(ctx, h)
			said[i] = one.Of + ": " + said[i]
		})
	}
	wg.Wait()
	return said, errs
}

// every names all of whom a yes is needed: "aio-1:5672, aio-1:9611".
func (p Probe) every() string {
	names := make([]string, len(p.Any))
	for i, one := range p.Any {
		names[i] = one.Of
	}
	return strings.Join(names, ", ")
}

// choices are whose yes is enough: "gw-2 or gw-3 is healthy, or gw-1 is not".
func (p Probe) choices() string {
	var healthy []string
	text := ""
	for _, one := range p.Any {
		if one.Gone {
			text += ", or " + one.Of + " is not"
		} else {
			healthy = append(healthy, one.Of)
		}
	}
	return strings.Join(healthy, " or ") + " is healthy" + text
}
