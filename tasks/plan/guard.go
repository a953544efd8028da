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

// choices are whose yes is enough.
func (p Probe) choices() string {
	names := make([]string, len(p.Any))
	for i, one := range p.Any {
		names[i] = one.Of
		if one.Gone {
			names[i] += " not"
		}
	}
	return strings.Join(names, ", or ") + " healthy"
}
