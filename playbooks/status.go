package playbooks

import (
	"context"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

// A Status is what a node is like now.
type Status struct {
	Host      string `json:"host"`
	Component string `json:"component"`           // the role
	Release   string `json:"release"`             // what its home points at; "" where nothing is installed
	State     string `json:"state"`               // "running", "starting", "stopping", "stopped", "not installed"
	Health    string `json:"health"`              // "healthy", "unhealthy", "" of what does not run, or is to end
	Said      string `json:"said,omitempty"`      // what an unhealthy node said
	Uptime    int64  `json:"uptime,omitempty"`    // seconds that its process lives; 0 where that is not known
	Drift     string `json:"drift"`               // what apply would change: "none", "3 changes", "" where that is not known
	Balancers string `json:"balancers,omitempty"` // whether they send requests to it: "up", "down", "down on lb-2"; "" where there are none
	Error     string `json:"error,omitempty"`

	CertificateDays *int `json:"certificate_days,omitempty"` // until what its console's port shows expires, negative since; nil of what does not run
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
	unit := n.unit(ctx, h)
	if said, err := n.Process().Try(ctx, h); err != nil {
		s.Said = said
		if unit == "active" { // "activating" is the wait between two starts that failed
			s.State = "starting"
		}
		return s, ctx.Err()
	}
	if unit == "deactivating" { // its health check may answer on (product-facts.md §11)
		s.State = "stopping"
		return s, nil
	}
	s.State, s.Health = "running", "healthy"
	s.Uptime = n.uptime(ctx, h)
	if seen, shown, err := (Watch{Now: time.Now()}).port(ctx, n, n.Port(9443), h); err == nil && shown && !seen.NotAfter.IsZero() {
		s.CertificateDays = &seen.Days
	}
	for _, p := range n.signs()[1:] {
		said, err := p.Try(ctx, h)
		if err != nil {
			s.Health, s.Said = "unhealthy", said
			return s, ctx.Err()
		}
	}
	return s, nil
}

// unit is what systemd says of the node's script: the product writes its pid file only after a while, and goes on answering while it
// stops. Without systemd nobody knows.
func (n Node) unit(ctx context.Context, h remote.Reader) string {
	out, _ := h.Query(ctx, "systemctl", "is-active", n.Service())
	return strings.TrimSpace(out)
}

// uptime is for how long the node's process has lived, in seconds.
func (n Node) uptime(ctx context.Context, h remote.Reader) int64 {
	f, err := h.File(ctx, n.Process().PIDFile)
	if err != nil {
		return 0
	}
	pid := strings.Trim(string(f.Data), "\x00 \r\n\t")
	out, err := h.Query(ctx, "cat", "/proc/uptime", "/proc/"+pid+"/stat")
	if err != nil {
		return 0
	}
	return lived(out)
}

// lived reads /proc/uptime and /proc/PID/stat below it: when a process began is the 22nd word there, in hundredths of a second after
// the boot. The second word, its name, may hold spaces.
func lived(text string) int64 {
	up, stat, _ := strings.Cut(text, "\n")
	seconds, _, _ := strings.Cut(up, " ")
	now, err := strconv.ParseFloat(seconds, 64)
	words := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if err != nil || len(words) < 20 {
		return 0
	}
	began, err := strconv.ParseFloat(words[19], 64)
	if err != nil {
		return 0
	}
	return max(1, int64(now-began/100))
}

// Drift is what apply would change on one host that is open: "none", "1 change", "3 changes".
func (r *Runner) Drift(ctx context.Context, d Deployment, host string) (string, error) {
	p, err := r.Plan(ctx, d.Name, Apply(d).Only([]string{host}))
	switch n := p.Changes(); {
	case err != nil:
		return "", err
	case n == 0:
		return "none", nil
	case n == 1:
		return "1 change", nil
	default:
		return strconv.Itoa(n) + " changes", nil
	}
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
