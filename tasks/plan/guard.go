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
	said, errs := make([]string, len(p.Any)), make([]error, len(p.Any))
	var wg sync.WaitGroup
	for i, one := range p.Any {
		wg.Go(func() { said[i], errs[i] = one.Try(ctx, h) })
	}
	wg.Wait()
	for i, err := range errs {
		said[i] = p.Any[i].Of + ": " + said[i]
		if err == nil {
			return said[i], nil
		}
	}
	return strings.Join(said, "; "), errNo
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
