// Package hardening examines hosts against the production checklist (product-facts.md §9) and what else lets a node
// down: it reads, and changes nothing. What it finds are findings as those of the configuration; docs/checks.md lists both.
package hardening

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"

	"apimctl/render/check"
	"apimctl/tasks"
	"apimctl/tasks/remote"
)

// A Node is a host with what is wanted of it.
type Node struct {
	Name    string
	Dir     string // where everything of the product goes
	Home    string // the product's home
	User    string // whom the service runs as
	Group   string
	Unit    string // of systemd; "" where the product's own script is used
	Java    tasks.Java
	Heap    string            // the most that the JVM takes, as -Xmx says it
	Ports   map[int]string    // what the product opens here, with what it is for
	Names   map[string]string // names of the deployment, with the address that each has to lead to
	Stores  []string          // keystores and truststore, absolute
	Shipped map[string]string // digests of the keystores that the distribution ships, by path
	Reaches []Reach
}

// A Reach is where a node has to get through to.
type Reach struct {
	Host string // of the deployment; "" is one outside
	Addr string // host:port
	What string
}

// A Host is a connection to one.
type Host interface {
	remote.Reader
	remote.Fetcher
}

// Seen is what one host showed. Some of it says something only beside what others showed: see Across.
type Seen struct {
	Host  string
	Runs  bool // whether its node does
	Found []check.Finding

	zone          string
	ahead, within time.Duration // its clock before this machine's, give or take
	unreached     []unreached
}

type unreached struct {
	Reach
	err error
}

// Look examines a host. What could not be read is in the error, beside what was found.
func Look(ctx context.Context, h Host, n Node) (Seen, error) {
	s := Seen{Host: n.Name}
	err := remote.Batch(ctx, h, func(r remote.Reader) error {
		x := &view{Reader: r, ctx: ctx, Node: n}
		p := x.process()
		s.Runs = p.pid != ""
		s.zone = strings.TrimSpace(x.query("date", "+%Z %z"))
		for _, rule := range rules {
			if rule.host != nil {
				x.rule = rule.Rule
				rule.host(x, p)
			}
		}
		s.Found = x.found
		return errors.Join(x.errs...)
	})
	return s, errors.Join(err, s.clock(ctx, h), s.reach(ctx, h, n))
}

// clock compares the host's with this machine's.
func (s *Seen) clock(ctx context.Context, h Host) error {
	before := time.Now()
	out, err := h.Query(ctx, "date", "+%s.%N")
	after := time.Now()
	if err != nil {
		return err
	}
	there, err := time.ParseDuration(strings.TrimSpace(out) + "s")
	if err != nil {
		return err
	}
	s.within = after.Sub(before) / 2
	s.ahead = time.Unix(0, int64(there)).Sub(before.Add(s.within))
	return nil
}

// reachFor is how long a connection may take: what a firewall drops gives no answer.
const reachFor = 3 * time.Second

// reach tries every port that the node needs elsewhere, side by side.
func (s *Seen) reach(ctx context.Context, h remote.Reader, n Node) error {
	failed := make([]error, len(n.Reaches))
	done := make(chan struct{})
	for i, r := range n.Reaches {
		go func() {
			defer func() { done <- struct{}{} }()
			within, cancel := context.WithTimeout(ctx, reachFor)
			defer cancel()
			var c net.Conn
			if c, failed[i] = h.Dial(within, "tcp", r.Addr); failed[i] == nil {
				_ = c.Close()
			}
		}()
	}
	for range n.Reaches {
		<-done
	}
	for i, err := range failed {
		if err != nil {
			s.unreached = append(s.unreached, unreached{n.Reaches[i], err})
		}
	}
	return ctx.Err()
}

// Across is all that hosts showed, with what only shows beside one another, sorted by host, key and code.
func Across(all []Seen) []check.Finding {
	var found []check.Finding
	for _, s := range all {
		found = append(found, s.Found...)
	}
	for _, rule := range rules {
		if rule.all != nil {
			for _, f := range rule.all(all) {
				f.Code, f.Severity = rule.Code, rule.Severity
				found = append(found, f)
			}
		}
	}
	slices.SortFunc(found, check.Compare)
	return found
}
