package inventory

import (
	"fmt"
	"slices"
	"strconv"
)

// An UnknownHostError says that a limit names neither a host nor a group.
type UnknownHostError struct {
	Name string
	Hint string // what it may have been meant to be
}

// Error returns the name and the hint.
func (e UnknownHostError) Error() string {
	return fmt.Sprintf("no host or group %s; %s", strconv.Quote(e.Name), e.Hint)
}

// Select returns the hosts that limit names, in their own order: each of limit is a host's or a group's name. An empty
// limit names all. A group that has no hosts here is unknown.
func Select(hosts []Host, limit []string) ([]Host, error) {
	if len(limit) == 0 {
		return hosts, nil
	}
	var known []string
	for _, h := range hosts {
		if !slices.Contains(known, string(h.Role)) {
			known = append(known, string(h.Role))
		}
	}
	for _, h := range hosts {
		known = append(known, h.Name)
	}
	for _, name := range limit {
		if !slices.Contains(known, name) {
			return nil, UnknownHostError{name, suggest(name, known, "there are ")}
		}
	}
	return slices.DeleteFunc(slices.Clone(hosts), func(h Host) bool {
		return !slices.Contains(limit, h.Name) && !slices.Contains(limit, string(h.Role))
	}), nil
}
