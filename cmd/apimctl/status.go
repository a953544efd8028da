package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/remote"
)

func (a *app) statusCommand() *cobra.Command {
	var watch time.Duration
	c := &cobra.Command{
		Use:   "status",
		Short: "Show every node: component, version, release, state, health, uptime, certificate days and drift",
		Long: `status asks every node how it is, and changes nothing. DRIFT is what apply would change on it, CERTIFICATE how long the one that
its console shows is valid, BALANCERS whether the load balancers send requests to it. It exits with 0 when all nodes are healthy, with 4 when one runs and is not, with 3 when a host cannot be reached, and with 1 when a node
does not run. With --watch it asks again and again, until Ctrl-C.`,
		Example: "  apimctl status -i inventory.yaml\n  apimctl status -i inventory.yaml --output json\n  apimctl status -i inventory.yaml --watch=10s",
		RunE:    func(c *cobra.Command, _ []string) error { return a.status(c.Context(), watch) },
	}
	c.Flags().DurationVar(&watch, "watch", 0, "ask every so often, until Ctrl-C")
	c.Flags().Lookup("watch").NoOptDefVal = "5s"
	c.Args = func(c *cobra.Command, args []string) error {
		if len(args) > 0 && watch > 0 {
			return &usageError{fmt.Errorf("too many arguments; how often stands behind a =, as in --watch=%s", args[0])}
		}
		return usageArgs(cobra.NoArgs)(c, args)
	}
	return a.withHosts(c)
}

// A nodeStatus is a line of the table, and an element of the JSON.
type nodeStatus struct {
	playbooks.Status
	Version string `json:"version"`
}

func (a *app) status(ctx context.Context, watch time.Duration) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	s, err := a.settled(ctx)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	if watch > 0 {
		return a.watch(ctx, watch, func(ctx context.Context) error { return a.show(ctx, s, asJSON) })
	}
	return a.show(ctx, s, asJSON)
}

// show asks and prints once.
func (a *app) show(ctx context.Context, s *session, asJSON bool) error {
	found, err := s.look(ctx)
	if asJSON {
		return joined(a.encode(found), err)
	}
	return joined(a.table(found), err)
}

// watch shows again and again. What is unwell is seen; what else is wrong is told, and asked again.
func (a *app) watch(ctx context.Context, every time.Duration, show func(context.Context) error) error {
	ctx, cancel := a.untilStopped(ctx)
	defer cancel()
	for {
		if a.colored() {
			_, _ = fmt.Fprint(a.out, "\x1b[H\x1b[2J") // from the top of an empty screen
		}
		var quiet *quietError
		if err := show(ctx); err != nil && ctx.Err() == nil && !errors.As(err, &quiet) {
			a.fail(err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// look asks all nodes. One that cannot be reached is in the list with its error.
func (s *session) look(ctx context.Context) ([]nodeStatus, error) {
	nodes := s.nodes()
	at := map[string]int{}
	found := make([]nodeStatus, len(nodes))
	for i, n := range nodes {
		at[n.Name] = i
		found[i] = nodeStatus{Status: playbooks.Status{Host: n.Name, Component: string(n.Role), State: "unreachable"}, Version: n.Product.Version}
	}
	openErr := s.runner.Reopen(ctx, s.hostNames())
	var mu sync.Mutex
	var errs []error
	_ = s.runner.Each(ctx, s.nodeNames(), func(ctx context.Context, host string, c playbooks.Connection) error {
		status, err := nodes[at[host]].Look(ctx, c)
		if err == nil {
			status.Drift, err = s.drift(ctx, host)
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			if errors.As(err, new(*remote.UnreachableError)) {
				s.runner.Drop(host)
			}
			status.Error = err.Error()
			errs = append(errs, &playbooks.HostError{Host: host, Err: err})
		}
		found[at[host]].Status = status
		return nil
	})
	sent := s.deployment.Sent(ctx, s.runner)
	for i, f := range found {
		found[i].Balancers = sent[f.Host]
	}
	if err := joined(append([]error{openErr}, errs...)...); err != nil {
		return found, err
	}
	return found, unwell(found)
}

// drift is "" where a plan cannot be made: plan says why.
func (s *session) drift(ctx context.Context, host string) (string, error) {
	d, err := s.runner.Drift(ctx, s.deployment, host)
	if err != nil && !errors.As(err, new(*remote.UnreachableError)) {
		return "", ctx.Err()
	}
	return d, err
}

// unwell is the exit status of what was found.
func unwell(found []nodeStatus) error {
	status := exitOK
	for _, f := range found {
		switch {
		case f.Health == "unhealthy":
			return &quietError{exitGate}
		case f.State != "running":
			status = exitError
		}
	}
	if status == exitOK {
		return nil
	}
	return &quietError{status}
}

func (a *app) table(found []nodeStatus) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	balanced := slices.ContainsFunc(found, func(f nodeStatus) bool { return f.Balancers != "" })
	line := func(balancers string, columns ...string) {
		if balanced {
			columns = slices.Insert(columns, 6, balancers)
		}
		_, _ = fmt.Fprintln(w, strings.Join(columns, "\t"))
	}
	line("BALANCERS", "HOST", "COMPONENT", "VERSION", "RELEASE", "STATE", "HEALTH", "UPTIME", "CERTIFICATE", "DRIFT")
	for _, f := range found {
		health := f.Health
		if f.Said != "" && f.Health == "unhealthy" {
			health += " (" + f.Said + ")"
		}
		line(dash(f.Balancers), f.Host, f.Component, f.Version, dash(f.Release), f.State, dash(health), dash(uptime(f.Uptime)), left(f.CertificateDays), dash(f.Drift))
	}
	return w.Flush()
}

// uptime is in the two largest units that it has: 3d4h, 2h5m, 45s.
func uptime(seconds int64) string {
	d, h, m := seconds/86400, seconds/3600%24, seconds/60%60
	switch {
	case seconds == 0:
		return ""
	case d > 0:
		return fmt.Sprintf("%dd%dh", d, h)
	case h > 0:
		return fmt.Sprintf("%dh%dm", h, m)
	case m > 0:
		return fmt.Sprintf("%dm%ds", m, seconds%60)
	}
	return fmt.Sprintf("%ds", seconds)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// left is how long a certificate is valid.
func left(days *int) string {
	switch {
	case days == nil:
		return "-"
	case *days < 0:
		return "expired"
	}
	return count(*days, "day")
}
