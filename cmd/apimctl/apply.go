package main

import (
	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

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
			w := work{name: "apply", playbook: playbooks.Apply, already: "as the inventory says"}
			if len(args) == 1 {
				w.saved = args[0]
			}
			return a.carry(c.Context(), w)
		},
	}
	a.withStrict(c)
	return a.withChanges(c)
}
