package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/logs"
	"apimctl/tasks/plan"
)

// followEvery is how often hosts are asked what has come.
const followEvery = time.Second

// logFlags are what of logs is wanted.
type logFlags struct {
	follow, errors, console bool
	since                   time.Duration
	grep                    string
}

func (a *app) logsCommand() *cobra.Command {
	var f logFlags
	c := &cobra.Command{
		Use:   "logs [HOST...]",
		Short: "Show the logs of nodes together, in the order of time",
		Long: `logs shows wso2carbon.log of nodes, merged by time, each line with its host. Lines that belong together stay together: a stack trace
comes with its error, and --grep looks at all of it. Secrets are masked as in diffs. Hosts whose clocks differ are merged as their own
clocks say.`,
		Example: "  apimctl logs -i inventory.yaml --since 1h --errors\n  apimctl logs -i inventory.yaml gw-1 gw-2 -f",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			a.flags.limit = append(a.flags.limit, args...)
			return a.logs(c.Context(), f)
		},
	}
	l := c.Flags()
	l.BoolVarP(&f.follow, "follow", "f", false, "go on with what comes, until Ctrl-C")
	l.DurationVar(&f.since, "since", 10*time.Minute, "only what is not older; 0 is all, 64 MiB of a host at most")
	l.StringVar(&f.grep, "grep", "", "only entries that this regular expression is found in")
	l.BoolVar(&f.errors, "errors", false, "only entries of level ERROR, FATAL or SEVERE, and exceptions without a level")
	l.BoolVar(&f.console, "console", false, "what the product's start printed, instead of wso2carbon.log")
	return a.withHosts(c)
}

func (a *app) logs(ctx context.Context, f logFlags) error {
	shows, err := a.entries(f)
	if err != nil {
		return err
	}
	return a.looking(ctx, func(ctx context.Context, s *session) error { return a.tail(ctx, s, f, shows) })
}

func (a *app) tail(ctx context.Context, s *session, f logFlags, shows func(logs.Entry) error) error {
	if len(s.nodes()) == 0 {
		return &usageError{errors.New("logs are of all-in-one nodes and gateways; for a load balancer's: apimctl exec --limit NAME -- tail /var/log/nginx/error.log")}
	}
	tails := map[string]*logs.Tail{}
	for _, n := range s.nodes() {
		tails[n.Name] = &logs.Tail{Host: n.Name, Path: n.Log(f.console), Since: f.since}
	}
	for {
		err := a.more(ctx, s, tails, !f.follow, shows)
		if ctx.Err() != nil && f.follow {
			return nil // Ctrl-C is how following ends
		}
		if err != nil || !f.follow {
			return err
		}
		select {
		case <-time.After(followEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// more shows what has come on all hosts since it was called last. A host without a log is said so.
func (a *app) more(ctx context.Context, s *session, tails map[string]*logs.Tail, all bool, shows func(logs.Entry) error) error {
	found, err := collect(ctx, s, s.nodeNames(), func(ctx context.Context, host string, c playbooks.Connection) ([]logs.Entry, error) {
		entries, err := tails[host].More(ctx, c)
		if errors.Is(err, logs.ErrNone) && !all {
			return nil, nil // there may be one later
		}
		if all && err == nil {
			entries = append(entries, tails[host].Rest()...)
		}
		return entries, err
	})
	for _, e := range logs.Merge(found...) {
		if err := shows(e); err != nil {
			return err
		}
	}
	return err
}

// entries is what shows an entry, where it is wanted.
func (a *app) entries(f logFlags) (func(logs.Entry) error, error) {
	asJSON, err := a.json()
	if err != nil {
		return nil, err
	}
	grep, err := regexp.Compile(f.grep)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--grep: %w", err)}
	}
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return func(e logs.Entry) error {
		if f.errors && !e.Bad() || !grep.MatchString(e.Text()) {
			return nil
		}
		e.Lines = strings.Split(plan.Masked(e.Text()), "\n")
		if asJSON {
			return enc.Encode(e)
		}
		var b strings.Builder
		for _, l := range e.Lines {
			if e.Bad() {
				l = a.red(l)
			}
			fmt.Fprintf(&b, "%s | %s\n", e.Host, l)
		}
		_, err := fmt.Fprint(a.out, b.String())
		return err
	}, nil
}
