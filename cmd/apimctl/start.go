package main

import (
	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

func (a *app) startCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "start",
		Short: "Start what does not run: all-in-one nodes first, each healthy before the next",
		Long: `start starts nodes with the files that they have: all-in-one nodes one after another, each healthy before the next, then all
gateways. What runs is left alone. Files are not changed: that is what apply does.`,
		Example: "  apimctl start -i inventory.yaml\n  apimctl start -i inventory.yaml --limit gw-2 --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.carry(c.Context(), work{name: "start", playbook: playbooks.Start, already: "running"})
		},
	}
	return a.withChanges(c)
}
