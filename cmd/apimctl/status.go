package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show every node: component, version, release, state and health",
		Long: `status asks every node how it is, and changes nothing. It exits with 0 when all nodes are healthy, with 4 when one runs
and is not, with 3 when a host cannot be reached, and with 1 when a node does not run.`,
		Example: "  apimctl status -i inventory.yaml\n  apimctl status -i inventory.yaml --output json",
		RunE:    func(c *cobra.Command, _ []string) error { return a.status(c.Context()) },
	}
	return a.withHosts(c)
}

// A nodeStatus is a line of the table, and an element of the JSON.
type nodeStatus struct {
	playbooks.Status
	Version string `json:"version"`
}

func (a *app) status(ctx context.Context) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	s, err := a.load()
	if err != nil {
		return err
	}
	d, err := playbooks.Settle(s.inv, s.products)
	if err != nil {
		return &inputError{err}
	}
	connect, err := a.connect(s)
	if err != nil {
		return err
	}
	all := &session{loaded: s, deployment: d, runner: &playbooks.Runner{Connect: connect, Parallel: a.flags.parallel, Stop: a.stop}}
	defer all.runner.Close()
	found, err := all.look(ctx)
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return joined(enc.Encode(found), err)
	}
	return joined(a.table(found), err)
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
	openErr := s.runner.Open(ctx, s.nodeNames())
	var mu sync.Mutex
	var errs []error
	_ = s.runner.Each(ctx, s.nodeNames(), func(ctx context.Context, host string, c playbooks.Connection) error {
		status, err := nodes[at[host]].Look(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			status.Error = err.Error()
			errs = append(errs, &playbooks.HostError{Host: host, Err: err})
		}
		found[at[host]].Status = status
		return nil
	})
	if err := joined(append([]error{openErr}, errs...)...); err != nil {
		return found, err
	}
	return found, unwell(found)
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
	_, _ = fmt.Fprintln(w, "HOST\tCOMPONENT\tVERSION\tRELEASE\tSTATE\tHEALTH")
	for _, f := range found {
		health := f.Health
		if f.Said != "" && f.Health == "unhealthy" {
			health += " (" + f.Said + ")"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Host, f.Component, f.Version, dash(f.Release), f.State, dash(health))
	}
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
