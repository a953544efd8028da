package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
	"apimctl/render/check"
	"apimctl/tasks/hardening"
	"apimctl/tasks/plan"
)

func (a *app) checkCommand() *cobra.Command {
	var severity string
	var fix bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Hold hosts and configuration to the production checklist",
		Long: `check reads every host, and what apply would put there, and holds both to the production checklist: what is found, why it matters, and
how to mend it. No host is changed. Exit status 2 says that there is something of --severity or worse; what is less is not shown.
'apimctl explain CODE' tells of one kind of finding, and docs/checks.md of all.

With --fix it is an apply with hardening: what apply keeps true is made so, and where the inventory says nothing of hardening, what of
it concerns hosts alone. It shows the plan and asks, as apply does.`,
		Example: "  apimctl check -i inventory.yaml\n  apimctl check -i inventory.yaml --severity info --limit gateway\n" +
			"  apimctl check -i inventory.yaml --output sarif >apimctl.sarif\n  apimctl check -i inventory.yaml --fix",
		RunE: func(c *cobra.Command, _ []string) error {
			if fix {
				return a.carry(c.Context(), work{name: "check --fix", playbook: hardened, checked: true, already: "as hardening wants them"})
			}
			return a.check(c.Context(), severity)
		},
	}
	c.Flags().StringVar(&severity, "severity", "warning", "what counts: info, warning or error, and worse")
	c.Flags().BoolVar(&fix, "fix", false, "mend what apply can keep true")
	a.withStrict(c)
	a.withChanges(c)
	c.Flags().Lookup("output").Usage = "text (a table), json, sarif or junit"
	return c
}

// hardened is apply with what hardening concerns hosts.
func hardened(d playbooks.Deployment) playbooks.Playbook { return playbooks.Apply(d.HardenHosts()) }

// formats are the ways to print findings.
func (a *app) formats() map[string]func([]checked) error {
	return map[string]func([]checked) error{
		"text": a.checkTable, "table": a.checkTable, "sarif": a.sarif, "junit": a.junit,
		"json": func(all []checked) error { return a.encode(slices.Concat([]checked{}, all)) },
	}
}

func (a *app) check(ctx context.Context, severity string) error {
	least, ok := check.ParseSeverity(severity)
	if !ok {
		return &usageError{fmt.Errorf("--severity %s: is none of info, warning and error", severity)}
	}
	show, ok := a.formats()[a.flags.output]
	if !ok {
		return &usageError{fmt.Errorf("--output %s: is none of text, table, json, sarif and junit", a.flags.output)}
	}
	return a.looking(ctx, func(ctx context.Context, s *session) error {
		found, err := a.examine(ctx, s)
		if err != nil && found == nil {
			return err
		}
		all := alike(found, least)
		if shown := show(all); shown != nil || err != nil {
			return joined(err, shown)
		}
		if len(all) > 0 {
			return &quietError{exitChanges}
		}
		return nil
	})
}

// examine is what is found on the hosts that the command is limited to, and of their configuration.
func (a *app) examine(ctx context.Context, s *session) ([]check.Finding, error) {
	found, err := a.findings(s.loaded, s.deployment, a.resolve)
	if err != nil {
		return nil, err
	}
	catalogs, err := catalogs(s.products)
	if err != nil {
		return nil, err
	}
	found = append(found, playbooks.Harden(s.inv, s.deployment, catalogs)...)
	names := s.nodeNames()
	found = slices.DeleteFunc(found, func(f check.Finding) bool { return f.Host != "" && !slices.Contains(names, f.Host) })
	wanted := map[string]hardening.Node{}
	for _, n := range s.deployment.Examined(s.inv) {
		wanted[n.Name] = n
	}
	seen, err := collect(ctx, s, s.nodeNames(), func(ctx context.Context, host string, c playbooks.Connection) (hardening.Seen, error) {
		return hardening.Look(ctx, c, wanted[host])
	})
	found = append(found, hardening.Across(seen)...)
	slices.SortStableFunc(found, check.Compare)
	return found, err
}

// A checked is a finding with the hosts that have it, and what its rule says.
type checked struct {
	Code     string         `json:"code"`
	Severity check.Severity `json:"severity"`
	Title    string         `json:"title"`
	Hosts    []string       `json:"hosts"`
	Where    string         `json:"where"`
	File     string         `json:"file,omitempty"` // of this machine
	Line     int            `json:"line,omitempty"`
	Seen     string         `json:"seen"`
	Why      string         `json:"why"`
	Fix      string         `json:"fix"`
}

// alike puts findings together that are the same on many hosts, the worst first.
func alike(found []check.Finding, least check.Severity) []checked {
	var all []checked
	at := map[check.Finding]int{}
	for _, f := range found {
		if f.Severity < least {
			continue
		}
		host := f.Host
		f.Host = ""
		i, ok := at[f]
		if !ok {
			i = len(all)
			at[f] = i
			r, _ := hardening.Explain(f.Code)
			c := checked{
				Code: f.Code, Severity: f.Severity, Title: r.Title, Hosts: []string{},
				Where: f.Key, File: f.File, Line: f.Line, Seen: f.Message, Why: r.Why, Fix: r.Fix,
			}
			if f.Fix != "" {
				c.Seen += "; " + f.Fix
			}
			all = append(all, c)
		}
		if host != "" {
			all[i].Hosts = append(all[i].Hosts, host)
		}
	}
	slices.SortStableFunc(all, func(x, y checked) int {
		if x.Severity != y.Severity {
			return int(y.Severity - x.Severity)
		}
		return strings.Compare(x.Code, y.Code)
	})
	return all
}

// checkTable prints a line for each finding, and then, once for each code, why it matters and what to do.
func (a *app) checkTable(all []checked) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(a.out, "nothing found")
		return err
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "SEVERITY\tCODE\tHOSTS\tSEEN")
	for _, c := range all {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s: %s\n", c.Severity, c.Code, dash(plan.Names(c.Hosts)), c.place(), c.Seen)
	}
	err := w.Flush()
	codes := 0
	for i, c := range all {
		if i > 0 && all[i-1].Code == c.Code {
			continue
		}
		codes++
		_, werr := fmt.Fprintf(a.out, "\n%s: %s\n  %s\n  Mend it: %s\n", a.bold(c.Code), c.Title, c.Why, c.Fix)
		err = errors.Join(err, werr)
	}
	_, werr := fmt.Fprintf(a.out, "\n%s of %s\n", count(len(all), "finding"), count(codes, "kind"))
	return errors.Join(err, werr)
}

// place is where a finding is, with the file that says so.
func (c checked) place() string {
	if c.File != "" && c.Line > 0 {
		return fmt.Sprintf("%s (%s:%d)", c.Where, c.File, c.Line)
	}
	return c.Where
}
