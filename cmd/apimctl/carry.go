package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/lock"
	"apimctl/tasks/plan"
)

// errMoved is a saved plan that is no longer what would be done.
var errMoved = errors.New("the hosts or the inventory have changed since this plan was made")

// errMeanwhile is a host that another run has changed while this one asked, or waited for its lock.
var errMeanwhile = errors.New("a host has changed since it was looked at: what was shown is not what would be done now")

// work is what a command that changes hosts does: the plan of a playbook, which is shown, asked about, and carried out.
type work struct {
	name     string // the command
	playbook playbook
	checked  bool   // whether what is wrong with the inventory matters
	saved    string // the file of a plan that it is held to
	already  string // what hosts are that lack nothing: "as the inventory says"
	twice    string // what is asked besides, where all goes down
}

// withChanges gives a command the flags of those that change hosts.
func (a *app) withChanges(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	return a.withHosts(a.withLocks(c))
}

// withBatch gives a command the flag of those that roll.
func (a *app) withBatch(c *cobra.Command) {
	c.Flags().Var(&a.flags.batch, "batch", "how many gateways stop at a time: N or P% of them, never all")
}

// withLocks gives a command the flag of those that lock hosts.
func (a *app) withLocks(c *cobra.Command) *cobra.Command {
	c.Flags().DurationVar(&a.flags.lockWait, "lock-wait", 0, "how long to wait for hosts that another run has locked: 5m")
	return c
}

// carry plans, asks, and does it.
func (a *app) carry(ctx context.Context, w work) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	was, err := savedPlan(w.saved)
	if err != nil {
		return err
	}
	reporter := a.reporter(w.name, asJSON)
	open := a.open
	if w.checked {
		open = a.openChecked
	}
	s, err := open(ctx, reporter, w.playbook)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	if err := w.fits(s); err != nil {
		return err
	}
	p, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err == nil && w.saved != "" {
		err = w.holds(was, p)
	}
	if err != nil {
		return err
	}
	if p.Changes() == 0 {
		return reporter.nothing(are(len(s.nodes())) + " " + w.already)
	}
	if w.checked {
		a.warnStrangers(s, p)
	}
	if err := a.agree(w, p, asJSON); err != nil {
		return err
	}
	return a.locked(ctx, s, w, p, reporter)
}

// fits refuses to start, stop or restart load balancers alone.
func (w work) fits(s *session) error {
	if w.checked || len(s.nodes()) > 0 {
		return nil
	}
	const where = "%[1]s is of all-in-one nodes and gateways; for a load balancer's nginx: apimctl exec --limit NAME -- systemctl %[1]s nginx"
	return &usageError{fmt.Errorf(where, w.name)}
}

// locked takes the locks of the hosts that p changes, makes sure that p is still what is to be done, and does it.
func (a *app) locked(ctx context.Context, s *session, w work, p plan.Plan, r reporter) (err error) {
	if err := s.runner.Lock(ctx, p.Names(), a.owner(w.name), a.flags.lockWait); err != nil {
		return err
	}
	defer func() { err = joined(err, s.runner.Unlock(ctx)) }()
	if err := s.balanced(ctx); err != nil {
		return err
	}
	now, err := s.runner.Plan(ctx, s.deployment.Name, s.playbook)
	if err != nil {
		return err
	}
	if err := a.still(w, p, now); err != nil {
		return err
	}
	if now.Changes() == 0 {
		return r.nothing(are(len(s.nodes())) + " " + w.already)
	}
	return s.do(ctx, now, r)
}

// still is errMeanwhile where what was agreed to is not what would be done now. Whoever said yes to whatever it is gets that, on hosts that
// are locked.
func (a *app) still(w work, then, now plan.Plan) error {
	// The first lock of a host makes the directory that it is in.
	same, err := plan.Same(then.Without(playbooks.State), now.Without(playbooks.State))
	if err != nil || same {
		return err
	}
	locked := then.Names()
	others := slices.ContainsFunc(now.Names(), func(h string) bool { return !slices.Contains(locked, h) })
	if a.flags.yes && w.saved == "" && !others {
		return nil
	}
	return errMeanwhile
}

// owner is who runs this, for locks and journals.
func (a *app) owner(command string) lock.Owner {
	o := lock.Owner{Who: "uid " + strconv.Itoa(os.Getuid()), Command: command}
	if u, err := user.Current(); err == nil {
		o.Who = u.Username
	}
	o.From, _ = os.Hostname()
	return o
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

// savedPlan reads the plan in a file, before a host is reached; "" has none.
func savedPlan(path string) (was plan.Saved, err error) {
	if path == "" {
		return was, nil
	}
	saved, err := os.ReadFile(path)
	if err != nil {
		return was, &inputError{fmt.Errorf("%s: %w", path, errors.Unwrap(err))}
	}
	if was, err = plan.Load(saved); err != nil {
		return was, &inputError{fmt.Errorf("%s: %w", path, err)}
	}
	return was, nil
}

// holds refuses a plan that differs from the saved one.
func (w work) holds(was plan.Saved, p plan.Plan) error {
	same, err := was.Same(p)
	if err == nil && !same {
		err = fmt.Errorf("%s: %w", w.saved, errMoved)
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
	return a.ask(w.questions()...)
}

// ask asks a person, who has to say yes to each question.
func (a *app) ask(questions ...string) error {
	if !a.terminal {
		return &usageError{errors.New("nobody is there to ask: run it with --yes")}
	}
	for _, q := range questions {
		_, _ = fmt.Fprintf(a.errOut, "\n%s Only 'yes' does it: ", q)
		answer, err := a.answer()
		if err != nil || strings.TrimSpace(answer) != "yes" {
			_, _ = fmt.Fprintln(a.errOut, "Nothing was changed.")
			return &quietError{exitError}
		}
	}
	return nil
}

// answer is the next line that a person writes.
func (a *app) answer() (string, error) {
	if a.answers == nil {
		a.answers = bufio.NewReader(a.in)
	}
	return a.answers.ReadString('\n')
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
