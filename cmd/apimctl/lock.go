package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/lock"
)

func (a *app) lockCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lock",
		Short: "Show or break the locks that commands which change hosts hold",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
		Long: `A command that changes hosts holds a lock on each of them while it does, so that two runs do not change a host at the same time.
A run that dies holds its locks for at most ` + lock.Lease.String() + `.`,
	}
	status := &cobra.Command{
		Use: "status", Short: "Show who has which host locked, and since when",
		Example: "  apimctl lock status -i inventory.yaml",
		RunE:    func(c *cobra.Command, _ []string) error { return a.lockStatus(c.Context()) },
	}
	breaks := &cobra.Command{
		Use: "break", Short: "Take locks away from whoever has them: their run ends before its next change",
		Example: "  apimctl lock break -i inventory.yaml --limit gw-1",
		RunE:    func(c *cobra.Command, _ []string) error { return a.lockBreak(c.Context()) },
	}
	c.AddCommand(a.withHosts(status), a.withHosts(breaks))
	breaks.Flags().BoolVar(&a.flags.yes, "yes", false, "do not ask")
	return c
}

// A hostLock is a line of the table, and an element of the JSON.
type hostLock struct {
	Host   string       `json:"host"`
	Holder *lock.Holder `json:"holder"` // null is nobody
}

func (a *app) lockStatus(ctx context.Context) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	return a.looking(ctx, func(ctx context.Context, s *session) error {
		locks, err := s.locks(ctx)
		if err != nil {
			return err
		}
		if asJSON {
			return a.encode(locks)
		}
		return a.showLocks(locks)
	})
}

// locks are those of the hosts that the command is limited to.
func (s *session) locks(ctx context.Context) ([]hostLock, error) {
	return collect(ctx, s, s.limitedNames(), func(ctx context.Context, host string, c playbooks.Connection) (hostLock, error) {
		h, held, err := lock.Read(ctx, c, playbooks.State)
		if !held {
			return hostLock{Host: host}, err
		}
		return hostLock{host, &h}, err
	})
}

func (a *app) showLocks(locks []hostLock) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "HOST\tLOCKED BY\tFOR\tSINCE\tLEASE")
	for _, l := range locks {
		h := l.Holder
		if h == nil {
			_, _ = fmt.Fprintf(w, "%s\t-\t-\t-\t-\n", l.Host)
			continue
		}
		_, _ = fmt.Fprintf(w, "%s\t%s on %s\t%s\t%s (%s)\t%s left\n",
			l.Host, h.Who, h.From, h.Command, h.Since.Format(time.RFC3339), h.Now.Sub(h.Since), h.Until.Sub(h.Now))
	}
	return w.Flush()
}

func (a *app) lockBreak(ctx context.Context) error {
	s, err := a.open(ctx, a.reading(), playbooks.Apply)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	locks, err := s.locks(ctx)
	if err != nil {
		return err
	}
	var hosts []string
	for _, l := range locks {
		if l.Holder != nil {
			hosts = append(hosts, l.Host)
		}
	}
	if len(hosts) == 0 {
		_, err := fmt.Fprintln(a.out, "nothing to do: no lock is held")
		return err
	}
	if !a.flags.yes {
		if err := a.showLocks(locks); err != nil {
			return err
		}
		if err := a.ask("Break these locks? Whoever holds them stops before the next change."); err != nil {
			return err
		}
	}
	err = s.runner.Each(ctx, hosts, func(ctx context.Context, host string, c playbooks.Connection) error {
		if err := lock.Break(ctx, c, playbooks.State); err != nil {
			return &playbooks.HostError{Host: host, Task: "lock", Err: err}
		}
		return nil
	})
	if err == nil {
		_, err = fmt.Fprintf(a.out, "broken: the locks of %s\n", count(len(hosts), "host"))
	}
	return err
}

// collect asks hosts of a session side by side. Answers are in their order, and so are errors.
func collect[T any](ctx context.Context, s *session, hosts []string, ask func(context.Context, string, playbooks.Connection) (T, error)) ([]T, error) {
	at := map[string]int{}
	for i, h := range hosts {
		at[h] = i
	}
	found := make([]T, len(hosts))
	var mu sync.Mutex
	err := s.runner.Each(ctx, hosts, func(ctx context.Context, host string, c playbooks.Connection) error {
		one, err := ask(ctx, host, c)
		mu.Lock()
		defer mu.Unlock()
		found[at[host]] = one
		if err != nil {
			return &playbooks.HostError{Host: host, Err: err}
		}
		return nil
	})
	return found, err
}

// encode prints a value as indented JSON.
func (a *app) encode(v any) error {
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
