// Package plan holds the changes that can be made to a host, and the plan: the ordered list of them, as data.
// `ls` here tells everything that apimctl can do to a host: put a path, unpack an archive, run a command, wait for a probe,
// watch a balancer's log, change a database.
package plan

import (
	"context"

	"apimctl/tasks/remote"
)

// A Change is one thing to do to a host. It is data: planning makes it, applying does it, a saved plan holds it.
type Change interface {
	// String says what is done, in one line: "write /etc/hosts".
	String() string
	// Diff is unified, with secrets masked on both sides; "" if String says it all.
	Diff() string
	// Apply does it. Doing it twice is doing it once.
	Apply(ctx context.Context, c remote.Conn) error
	kind() string // its name in a saved plan; seals the set
}
