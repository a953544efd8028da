package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
)

func (a *app) planCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "plan",
		Short: "Show what every host lacks, with diffs and the restarts that it implies",
		Long: `plan reads every host and shows what apply would do: each change, with a diff, and which nodes restart and why.
No host is changed. Exit status 2 says that there is something to do.`,
		Example: "  apimctl plan -i inventory.yaml\n  apimctl plan -i inventory.yaml --out today.plan && apimctl apply -i inventory.yaml today.plan",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.plan(c.Context(), out)
		},
	}
	c.Flags().StringVar(&out, "out", "", "also save the plan to this file, for 'apimctl apply FILE'")
	a.withBatch(c)
	a.withStrict(c)
	a.withUnderstanding(c)
	return a.withHosts(c)
}

func (a *app) plan(ctx context.Context, out string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	if out != "" {
		if err := writable(out); err != nil {
			return err
		}
	}
	s, err := a.openChecked(ctx, a.reading(), playbooks.Apply)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	p, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err != nil {
		return err
	}
	a.warnStrangers(s, p)
	data, err := plan.Marshal(p)
	if err != nil {
		return err
	}
	if out != "" {
		if err := writeWhole(out, data); err != nil {
			return err
		}
	}
	if asJSON {
		_, err = a.out.Write(data)
	} else {
		err = a.showPlan(p)
	}
	if err == nil && p.Changes() > 0 {
		err = &quietError{exitChanges}
	}
	return err
}

// writeWhole writes a file for this user alone: all of it, or none.
func writeWhole(path string, data []byte) error {
	f, err := beside(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// writable says whether writeWhole can write the path, before there is anything to write.
func writable(path string) error {
	f, err := beside(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// beside is a new file of which the path can be made.
func beside(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s: is a directory", path)
	}
	f, err := os.CreateTemp(dirOf(path), ".apimctl-*")
	if err != nil {
		err = fmt.Errorf("%s: %w", path, errors.Unwrap(err)) // the name of the temporary file is nobody's concern
	}
	return f, err
}

// warnStrangers tells of nodes that will not trust one another for a while.
func (a *app) warnStrangers(s *session, p plan.Plan) {
	if names := s.deployment.Strangers(p); len(names) > 1 {
		_, _ = fmt.Fprintf(a.errOut, "warning: %s: each comes to trust the new certificates only when it gets its own; until the last has restarted they "+
			"do not trust one another, and gateways serve what they have (docs/certificates.md)\n", plan.Names(names))
	}
}
