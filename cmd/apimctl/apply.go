package main

import (
	"errors"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

func (a *app) applyCommand() *cobra.Command {
	var first canary
	c := &cobra.Command{
		Use:   "apply [PLAN]",
		Short: "Plan, ask, and do it: from the inventory to a running, healthy deployment",
		Long: `apply makes a plan, shows it, asks, and does it: hosts are prepared side by side, then all-in-one nodes follow one another, each
healthy before the next, and gateways come last: --batch of them at a time where they serve already, new ones together. What is already as it
should be is left alone.

--canary has one gateway that changes go before the others: it is watched for --bake, as with restart.

With PLAN, a file that 'apimctl plan --out' wrote, it does exactly that plan, and refuses when the world has moved since.`,
		Example: "  apimctl apply -i inventory.yaml\n  apimctl apply -i inventory.yaml --yes --limit gw-1\n  apimctl apply -i inventory.yaml --batch 25%",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			bake, err := first.watched(c)
			if err != nil {
				return err
			}
			w := work{name: "apply", checked: true, already: "as the inventory says", playbook: func(d playbooks.Deployment) playbooks.Playbook {
				d.Canary = bake
				return playbooks.Apply(d)
			}}
			if len(args) == 1 {
				w.saved = args[0]
			}
			if w.saved != "" && first.wanted {
				return &usageError{errors.New("--canary: a saved plan is done as it stands; apply without it")}
			}
			return a.carry(c.Context(), w)
		},
	}
	a.withBatch(c)
	first.flags(c)
	a.withStrict(c)
	a.withUnderstanding(c)
	return a.withChanges(c)
}
