package playbooks

import (
	"context"
	"strings"

	"apimctl/tasks/remote"
)

// A Status is what a node is like now.
type Status struct {
	Host      string `json:"host"`
	Component string `json:"component"`      // the role
	Release   string `json:"release"`        // what its home points at; "" where nothing is installed
	State     string `json:"state"`          // "running", "stopped", "not installed"
	Health    string `json:"health"`         // "healthy", "unhealthy", "" of what does not run
	Said      string `json:"said,omitempty"` // what an unhealthy node said
	Error     string `json:"error,omitempty"`
}

// Look asks a node how it is: what it is installed with, whether its process lives, and what its health check says.
func (n Node) Look(ctx context.Context, h remote.Reader) (Status, error) {
	s := Status{Host: n.Name, Component: string(n.Role), State: "not installed"}
	home, err := h.File(ctx, n.Home())
	if err != nil || !home.Exists() {
		return s, err
	}
	s.Release = strings.TrimPrefix(string(home.Data), "releases/")
	s.State = "stopped"
	if said, err := n.Process().Try(ctx, h); err != nil {
		s.Said = said
		return s, ctx.Err()
	}
	s.State, s.Health = "running", "healthy"
	for _, w := range n.ladder("")[1:] {
		said, err := w.Probe.Try(ctx, h)
		if err != nil {
			s.Health, s.Said = "unhealthy", said
			return s, ctx.Err()
		}
	}
	return s, nil
}

// String is how it stands, in a few words: "running, healthy", "running, unhealthy (500 Internal Server Error)", "stopped".
func (s Status) String() string {
	switch {
	case s.Health == "unhealthy":
		return "running, unhealthy (" + s.Said + ")"
	case s.Health != "":
		return s.State + ", " + s.Health
	}
	return s.State
}
