package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
)

// errMoved is a saved plan that is no longer what would be done.
var errMoved = errors.New("the hosts or the inventory have changed since this plan was made")

// work is what a command that changes hosts does: the plan of a playbook, which is shown, asked about, and carried out.
type work struct {
	name     string // the command
	playbook func(playbooks.Deployment) playbooks.Playbook
	saved    string // the file of a plan that it is held to
	already  string // what hosts are that lack nothing: "as the inventory says"
	twice    string // what is asked besides, where all goes down
}

// withChanges gives a command the flags of those that change hosts.
func (a *app) withChanges(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	return a.withHosts(c)
}

// carry plans, asks, and does it.
func (a *app) carry(ctx context.Context, w work) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	reporter := a.reporter(w.name, asJSON)
	s, err := a.open(ctx, reporter, w.playbook)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	p, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err == nil && w.saved != "" {
		err = holdTo(w.saved, p)
	}
	if err != nil {
		return err
	}
	if p.Changes() == 0 {
		return reporter.nothing(are(len(s.nodes())) + " " + w.already)
	}
	if err := a.agree(w, p, asJSON); err != nil {
		return err
	}
	return s.do(ctx, p, reporter)
}

// do carries a plan out. After a failure it says where each node stands.
func (s *session) do(ctx context.Context, p plan.Plan, r reporter) error {
	r.begin(p)
	err := s.runner.Apply(ctx, p)
	if err == nil {
		return r.end(nil)
	}
	told := r.end(err)
	s.runner.Stand(context.WithoutCancel(ctx), s.playbook, p)
	return errors.Join(err, told)
}

// holdTo refuses a plan that differs from the saved one.
func holdTo(path string, p plan.Plan) error {
	saved, err := os.ReadFile(path)
	if err != nil {
		return &inputError{err}
	}
	was, err := plan.Load(saved)
	if err != nil {
		return &inputError{fmt.Errorf("%s: %w", path, err)}
	}
	same, err := was.Same(p)
	if err == nil && !same {
		err = fmt.Errorf("%s: %w", path, errMoved)
	}
	return err
}

// agree shows the plan and asks. A saved plan was shown before, and is agreed to by naming it.
func (a *app) agree(w work, p plan.Plan, asJSON bool) error {
	if a.flags.yes || w.saved != "" {
		return nil
	}
	if asJSON || !a.terminal {
		return &inputError{errors.New("nobody is there to ask: run it with --yes" + w.otherwise())}
	}
	if err := a.showPlan(p); err != nil {
		return err
	}
	answers := bufio.NewReader(a.in)
	for _, question := range w.questions() {
		_, _ = fmt.Fprintf(a.errOut, "\n%s Only 'yes' does it: ", question)
		answer, err := answers.ReadString('\n')
		if err != nil || strings.TrimSpace(answer) != "yes" {
			_, _ = fmt.Fprintln(a.errOut, "Nothing was changed.")
			return &quietError{exitError}
		}
	}
	return nil
}

// questions are what is asked before it is done.
func (w work) questions() []string {
	if w.twice != "" {
		return []string{"Do this?", w.twice}
	}
	return []string{"Do this?"}
}

// otherwise is what else to do where nobody can be asked.
func (w work) otherwise() string {
	if w.name == "apply" {
		return ", or 'apimctl plan --out FILE' and then 'apimctl apply FILE'"
	}
	return ""
}
