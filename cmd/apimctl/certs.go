package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
)

func (a *app) certsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "certs",
		Short: "Watch, order, install and replace certificates",
		Args:  usageArgs(cobra.NoArgs),
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.certsStatusCommand(), a.certsCSRCommand(), a.certsInstallCommand(), a.certsRotateCommand(), a.certsRotateSigningCommand())
	return c
}

func (a *app) certsStatusCommand() *cobra.Command {
	within := "30d"
	c := &cobra.Command{
		Use:   "status",
		Short: "Show every certificate in every store of every node, and as every TLS port shows it",
		Long: `certs status reads the keystores and truststores of all nodes and load balancers and shakes hands with their TLS ports, and changes nothing.
Certificates that are the same on several nodes share a line. Of those that the distribution brought to trust others by,
only their number is shown; --verbose shows them, and JSON always has them.
Exit status 2 says that something in use expires within the time given, 1 that something else is wrong.`,
		Example: "  apimctl certs status -i inventory.yaml --within 60d\n  apimctl certs status -i inventory.yaml --output json",
		RunE: func(c *cobra.Command, _ []string) error {
			days, err := strconv.Atoi(strings.TrimSuffix(within, "d"))
			if err != nil || days < 0 || !strings.HasSuffix(within, "d") {
				return &usageError{fmt.Errorf("--within %s: is no number of days; write it like 30d", within)}
			}
			return a.certsStatus(c.Context(), time.Duration(days)*24*time.Hour)
		},
	}
	c.Flags().StringVar(&within, "within", within, "what expires within so many days is a problem")
	return a.withHosts(c)
}

func (a *app) certsStatus(ctx context.Context, within time.Duration) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	s, err := a.settled(ctx)
	if err != nil {
		return err
	}
	defer s.runner.Close()
	w := playbooks.Watch{Deployment: s.deployment, Now: time.Now(), Within: within}
	found, err := s.watch(ctx, w)
	if asJSON {
		err = joined(a.encode(slices.Concat([]playbooks.Seen{}, found)), err)
	} else {
		err = joined(a.showCertificates(found), err)
	}
	switch {
	case err != nil:
		return err
	case w.Expiring(found):
		return &quietError{exitChanges}
	case slices.ContainsFunc(found, func(s playbooks.Seen) bool { return s.Problem != "" }):
		return &quietError{exitError}
	}
	return nil
}

// watch looks at all nodes and load balancers, in inventory order.
func (s *session) watch(ctx context.Context, w playbooks.Watch) ([]playbooks.Seen, error) {
	nodes := s.limited(slices.Concat(s.deployment.Nodes, s.deployment.Balancers()))
	names := names(nodes)
	openErr := s.runner.Open(ctx, names)
	seen := make([][]playbooks.Seen, len(nodes))
	var mu sync.Mutex
	var errs []error
	_ = s.runner.Each(ctx, names, func(ctx context.Context, host string, c playbooks.Connection) error {
		i := slices.IndexFunc(nodes, func(n playbooks.Node) bool { return n.Name == host })
		found, err := w.Look(ctx, nodes[i], c)
		mu.Lock()
		defer mu.Unlock()
		seen[i] = found
		if err != nil {
			errs = append(errs, &playbooks.HostError{Host: host, Err: err})
		}
		return nil
	})
	all := slices.Concat(seen...)
	playbooks.Compare(all)
	return all, joined(append([]error{openErr}, errs...)...)
}

// A certificateLine is a certificate that some hosts have.
type certificateLine struct {
	playbooks.Seen
	hosts []string
}

// showCertificates prints the table: what is the same on several nodes is one line, and what is wrong stands below it with its fix.
func (a *app) showCertificates(found []playbooks.Seen) error {
	lines, shipped := a.certificateLines(found)
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "HOST\tUSE\tWHERE\tALIAS\tSUBJECT\tNAMES\tISSUER\tFINGERPRINT\tDAYS")
	for _, l := range lines {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.23s\t%d\n", plan.Names(l.hosts), l.Use, l.Where, dash(l.Alias), dash(l.Subject),
			dash(strings.Join(l.Names, ",")), dash(l.Issuer), dash(l.Fingerprint), l.Days)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	var b strings.Builder
	for _, where := range slices.Sorted(maps.Keys(shipped)) {
		fmt.Fprintf(&b, "%s: %s that the distribution brought; --verbose shows them\n", where, count(len(shipped[where]), "certificate"))
	}
	for _, l := range lines {
		if l.Problem != "" {
			fmt.Fprintf(&b, "%s %s: %s: %s\n", a.red("problem:"), plan.Names(l.hosts), strings.TrimSpace(l.Where+" "+l.Alias), l.Problem)
		}
		if l.Fix != "" {
			fmt.Fprintf(&b, "  next: %s\n", l.Fix)
		}
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// certificateLines joins what is the same on several nodes, and sets apart what the distribution brought: by store, its fingerprints.
func (a *app) certificateLines(found []playbooks.Seen) (lines []*certificateLine, shipped map[string]map[string]bool) {
	at := map[string]*certificateLine{}
	shipped = map[string]map[string]bool{}
	for _, s := range found {
		if s.Shipped && !a.flags.verbose {
			if shipped[s.Where] == nil {
				shipped[s.Where] = map[string]bool{}
			}
			shipped[s.Where][s.Fingerprint] = true
			continue
		}
		host := s.Host
		s.Host = ""
		key := fmt.Sprintf("%+v", s)
		if at[key] == nil {
			at[key] = &certificateLine{Seen: s}
			lines = append(lines, at[key])
		}
		at[key].hosts = append(at[key].hosts, host)
	}
	return lines, shipped
}
