package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/journal"
)

func (a *app) historyCommand() *cobra.Command {
	var since time.Duration
	c := &cobra.Command{
		Use:   "history [HOST...]",
		Short: "Show what was done to hosts, by whom, as their journals say",
		Long: `history reads the journals that hosts keep, and shows what was done, the newest last: each change with how it ended, and changes that
began and never ended, because the run died or lost the host. --output json prints every line of the journals.`,
		Example: "  apimctl history -i inventory.yaml\n  apimctl history -i inventory.yaml gw-1 --since 24h",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			a.flags.limit = append(a.flags.limit, args...)
			return a.history(c.Context(), since)
		},
	}
	c.Flags().DurationVar(&since, "since", 0, "only what was done so long ago at most: 24h")
	return a.withHosts(c)
}

func (a *app) history(ctx context.Context, since time.Duration) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	var journals [][]journal.Entry
	err = a.looking(ctx, func(ctx context.Context, s *session) (err error) {
		journals, err = collect(ctx, s, s.limitedNames(), func(ctx context.Context, _ string, c playbooks.Connection) ([]journal.Entry, error) {
			return journal.Read(ctx, c, playbooks.State)
		})
		return err
	})
	if err != nil {
		return err
	}
	all := journal.Merge(journals...)
	if !asJSON {
		all = journal.Ends(all)
	}
	for _, e := range all {
		if since > 0 && time.Since(e.Time) > since {
			continue
		}
		if err := a.entry(e, asJSON); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) entry(e journal.Entry, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		return enc.Encode(e)
	}
	how := map[string]string{
		journal.Started: a.red("began, and never ended"),
		journal.Done:    "done in " + (time.Duration(e.Millis) * time.Millisecond).Round(10*time.Millisecond).String(),
		journal.Failed:  a.red("failed") + ": " + e.Error,
	}[e.Phase]
	_, err := fmt.Fprintf(a.out, "%s  %s  %s on %s, %s: %s: %s: %s\n",
		e.Time.Format("2006-01-02 15:04:05Z"), e.Host, e.Who, e.From, e.Command, e.Task, e.Change, how)
	return err
}
