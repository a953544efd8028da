package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/render/check"
	"apimctl/tasks/hardening"
	"apimctl/tasks/plan"
)

func (a *app) validateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "validate",
		Short: "Check the inventory and the files made of it, without touching a host",
		Long: `validate reads the inventory and the distributions, makes every node's deployment.toml, and holds all of it against what the
product knows and takes: keys, values, and whether the nodes fit together. No host is reached; a distribution that is given by its URL
is downloaded, once.
Warnings do not stop; --strict makes them errors. 'apimctl explain CODE' tells more about a finding.`,
		Example: "  apimctl validate -i inventory.yaml\n  apimctl validate -i inventory.yaml --strict --output json",
		RunE:    func(c *cobra.Command, _ []string) error { return a.validate(c.Context()) },
	}
	a.withStrict(c)
	return a.withInventory(c)
}

func (a *app) withStrict(c *cobra.Command) {
	c.Flags().BoolVar(&a.flags.strict, "strict", false, "take warnings as errors")
}

func (a *app) validate(ctx context.Context) error {
	asJSON, err := a.json()
	if err != nil {
		return err
	}
	s, err := a.settle(ctx, nil)
	if asJSON && exitStatus(err) == exitUsage {
		return joined(err, a.encode(unusable(err)))
	}
	if err != nil {
		return err
	}
	l, d := s.loaded, s.deployment
	found, err := a.findings(l, d, nil) // validate asks no network
	if err != nil {
		return err
	}
	if asJSON {
		a.showWarnings(a.errOut, l)
		err = a.encode(slices.Concat([]check.Finding{}, ofInventory(l.inv.Warnings(), check.Warning), found))
	} else {
		err = a.showFindings(a.out, l, d, found)
	}
	if err == nil {
		err = a.refuse(l, found)
	}
	if err == nil && !asJSON {
		_, err = fmt.Fprintf(a.out, "%s: %s, %s made: nothing stops it\n", l.inv.Path, count(len(l.inv.Hosts), "host"), count(len(d.Nodes), "deployment.toml"))
	}
	return err
}

// unusable is what is wrong with input that nothing can be made of, as findings without a code.
func unusable(err error) []check.Finding {
	var all []check.Finding
	for _, e := range each(err) {
		var problems inventory.Problems
		if errors.As(e, &problems) {
			all = append(all, ofInventory(problems, check.Error)...)
			continue
		}
		all = append(all, check.Finding{Severity: check.Error, Message: e.Error()})
	}
	return all
}

// ofInventory are problems of the inventory as findings: they have no code and no host, and their keys are the inventory's.
func ofInventory(problems inventory.Problems, s check.Severity) []check.Finding {
	var all []check.Finding
	for _, p := range problems {
		all = append(all, check.Finding{Severity: s, Key: p.Path, File: p.File, Line: p.Line, Message: p.What, Fix: p.Fix})
	}
	return all
}

// heed is the first step of plan and apply: what is wrong with the configuration is said before a host is touched.
func (a *app) heed(l loaded, d playbooks.Deployment) error {
	found, err := a.findings(l, d, a.resolve)
	if err == nil {
		err = a.showFindings(a.errOut, l, d, found)
	}
	if err == nil {
		err = a.refuse(l, found)
	}
	return err
}

func (a *app) findings(l loaded, d playbooks.Deployment, known func(string) string) ([]check.Finding, error) {
	catalogs, err := catalogs(l.products)
	if err != nil {
		return nil, err
	}
	return playbooks.Check(l.inv, d, catalogs, known), nil
}

// refuse is the error of findings that stop, and with --strict of the inventory's warnings too.
func (a *app) refuse(l loaded, found []check.Finding) error {
	n := 0
	if a.flags.strict {
		n = len(l.inv.Warnings())
	}
	for _, f := range found {
		if f.Severity == check.Error || a.flags.strict {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	return &inputError{&findingsError{n}}
}

// A findingsError is a configuration that would not work.
type findingsError struct{ n int }

func (e *findingsError) Error() string {
	return fmt.Sprintf("%s in the configuration; no host was touched", count(e.n, "mistake"))
}

// showFindings prints the inventory's warnings and the findings; what is the same on many hosts is one line.
func (a *app) showFindings(w io.Writer, l loaded, d playbooks.Deployment, found []check.Finding) error {
	var b strings.Builder
	for _, n := range d.Notes {
		fmt.Fprintln(&b, "note:", n)
	}
	a.showWarnings(&b, l)
	hosts := map[check.Finding][]string{}
	var order []check.Finding
	for _, f := range found {
		host := f.Host
		f.Host = ""
		if hosts[f] == nil {
			order = append(order, f)
		}
		hosts[f] = append(hosts[f], host)
	}
	for _, f := range order {
		f.Host = plan.Names(l.listed(hosts[f]))
		fmt.Fprintln(&b, f)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (a *app) showWarnings(w io.Writer, l loaded) {
	for _, p := range l.inv.Warnings() {
		_, _ = fmt.Fprintln(w, "warning:", p)
	}
}

// listed are those of the hosts that names has, as the inventory has them.
func (l loaded) listed(names []string) []string {
	var all []string
	for _, h := range l.inv.Hosts {
		if slices.Contains(names, h.Name) {
			all = append(all, h.Name)
		}
	}
	return all
}

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "explain CODE",
		Short:   "Say what a finding's code means, why it matters, and how to mend it",
		Example: "  apimctl explain APIM012",
		Args:    usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			r, ok := hardening.Explain(strings.ToUpper(args[0]))
			if !ok {
				return &inputError{fmt.Errorf("%s: no finding has this code; docs/checks.md lists them", args[0])}
			}
			_, err := io.WriteString(a.out, r.Text())
			return err
		},
	}
}
