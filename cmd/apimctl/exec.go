package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

func (a *app) execCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARG...]",
		Short: "Run a command on hosts, and show together the hosts that say the same",
		Long: `exec runs a command on hosts, as root where ssh.become says so. It is run as it stands, by no shell: for pipes and the like give one,
as in 'apimctl exec -- sh -c "..."'. Hosts that say the same and end alike are shown together. The exit status is the worst of
them. No lock is taken, and no journal kept: what COMMAND does is yours.`,
		Example: "  apimctl exec -i inventory.yaml -- date\n  apimctl exec -i inventory.yaml --limit gateway -- sh -c 'df -h /opt | tail -n 1'",
		Args:    cobra.MinimumNArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return a.exec(c.Context(), args) },
	}
	return a.withHosts(c)
}

// A said is what a command said on hosts that said the same.
type said struct {
	Hosts  []string `json:"hosts"`
	Status int      `json:"status"`
	Output string   `json:"output"`
}

func (a *app) exec(ctx context.Context, argv []string) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	return a.looking(ctx, func(ctx context.Context, s *session) error {
		each, err := collect(ctx, s, s.limitedNames(), func(ctx context.Context, host string, c playbooks.Connection) (said, error) {
			return says(ctx, host, c, argv)
		})
		groups := together(each)
		if asJSON {
			err = joined(err, a.encode(groups))
		} else {
			err = joined(err, a.showSaid(groups))
		}
		worst := 0
		for _, g := range groups {
			worst = max(worst, g.Status)
		}
		if err == nil && worst != 0 {
			err = &quietError{worst}
		}
		return err
	})
}

// says runs the command on one host. That it fails there is something said, and no error.
func says(ctx context.Context, host string, c playbooks.Connection, argv []string) (said, error) {
	out, err := c.Output(ctx, remote.Cmd{Argv: argv})
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		if out == "" && exit.Stderr != "" {
			out = exit.Stderr + "\n"
		}
		return said{[]string{host}, exit.Code, out}, nil
	}
	if err != nil {
		return said{}, err
	}
	return said{[]string{host}, 0, out}, nil
}

// together puts hosts that said the same together, in the order of the first of them.
func together(each []said) []said {
	var groups []said
	for _, s := range each {
		if s.Hosts == nil {
			continue // its error is told
		}
		at := -1
		for i, g := range groups {
			if g.Status == s.Status && g.Output == s.Output {
				at = i
			}
		}
		if at < 0 {
			groups = append(groups, s)
			continue
		}
		groups[at].Hosts = append(groups[at].Hosts, s.Hosts...)
	}
	return groups
}

func (a *app) showSaid(groups []said) error {
	for _, g := range groups {
		head := "== " + plan.Names(g.Hosts)
		if g.Status != 0 {
			head += fmt.Sprintf(" (exit status %d)", g.Status)
		}
		text := g.Output
		if text != "" && !strings.HasSuffix(text, "\n") {
			text += "\n"
		}
		if _, err := fmt.Fprintf(a.out, "%s\n%s", a.bold(head), text); err != nil {
			return err
		}
	}
	return nil
}
