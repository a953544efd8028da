package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/tasks/plan"
)

// errMoved is a saved plan that is no longer what would be done.
var errMoved = errors.New("the hosts or the inventory have changed since this plan was made")

func (a *app) applyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply [PLAN]",
		Short: "Plan, ask, and do it: from the inventory to a running, healthy deployment",
		Long: `apply makes a plan, shows it, asks, and does it: hosts are prepared side by side, then all-in-one nodes follow one another, each
healthy before the next, and gateways come last. What is already as it should be is left alone.

With PLAN, a file that 'apimctl plan --out' wrote, it does exactly that plan, and refuses when the world has moved since.`,
		Example: "  apimctl apply -i inventory.yaml\n  apimctl apply -i inventory.yaml --yes --limit gw-1",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.apply(c.Context(), args)
		},
	}
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	a.withStrict(c)
	a.withUnderstanding(c)
	return a.withHosts(c)
}

func (a *app) apply(ctx context.Context, args []string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	reporter := a.reporter(asJSON)
	s, err := a.open(ctx, reporter)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	p, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err == nil && len(args) == 1 {
		err = holdTo(args[0], p)
	}
	if err != nil {
		return err
	}
	if p.Changes() == 0 {
		return reporter.nothing(s)
	}
	if err := a.agree(p, asJSON, len(args) == 1); err != nil {
		return err
	}
	reporter.begin(p)
	err = s.runner.Apply(ctx, p)
	return errors.Join(err, reporter.end(err))
}

// holdTo refuses a plan that differs from the saved one.
func holdTo(path string, p plan.Plan) error {
	saved, err := os.ReadFile(path)
	if err != nil {
		return &usageError{err}
	}
	was, err := plan.Load(saved)
	if err != nil {
		return &usageError{fmt.Errorf("%s: %w", path, err)}
	}
	same, err := was.Same(p)
	if err == nil && !same {
		err = fmt.Errorf("%s: %w", path, errMoved)
	}
	return err
}

// agree shows the plan and asks. A saved plan was shown before, and is agreed to by naming it.
func (a *app) agree(p plan.Plan, asJSON, saved bool) error {
	if a.flags.yes || saved {
		return nil
	}
	if asJSON || !a.terminal {
		return &usageError{errors.New("nobody is there to ask: run it with --yes, or 'apimctl plan --out FILE' and then 'apimctl apply FILE'")}
	}
	if err := a.showPlan(p); err != nil {
		return err
	}
	_, _ = fmt.Fprint(a.errOut, "\nDo this? Only 'yes' does it: ")
	answer, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != "yes" {
		_, _ = fmt.Fprintln(a.errOut, "Nothing was changed.")
		return &quietError{exitError}
	}
	return nil
}
