// Package journaltest counts in journals how many nodes a roll took away at once. It is for tests.
package journaltest

import (
	"strings"

	"apimctl/tasks/journal"
)

// Away is how many nodes were away at the same time. All-in-one nodes are those that are named aio-.
type Away struct {
	Gateways     int // the most, while no all-in-one node was away
	WithAllInOne int // the most nodes of any kind, while an all-in-one node was away
	Returned     int // how often a node went away and came back
}

// Most counts in entries that are in the order of time. A node is away from when its stop is begun until its stamp is written, which is done once it
// has passed its gate.
func Most(entries []journal.Entry) Away {
	var most Away
	away := map[string]bool{}
	for _, e := range entries {
		switch {
		case e.Phase == journal.Started && strings.HasPrefix(e.Change, "stop "):
			away[e.Host] = true
		case e.Phase == journal.Done && away[e.Host] && strings.HasPrefix(e.Change, "write ") && strings.HasSuffix(e.Change, ".stamp"):
			delete(away, e.Host)
			most.Returned++
		}
		allInOne := false
		for host := range away {
			allInOne = allInOne || strings.HasPrefix(host, "aio-")
		}
		if allInOne {
			most.WithAllInOne = max(most.WithAllInOne, len(away))
		} else {
			most.Gateways = max(most.Gateways, len(away))
		}
	}
	return most
}
