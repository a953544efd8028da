package main

import (
	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

func (a *app) stopCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "stop",
		Short: "Stop what runs: gateways first",
		Long: `stop sends SIGTERM and waits until the node has ended: it finishes what is in flight first. What still runs after gate.stop of
the inventory, 5 minutes unless it says otherwise, is an error; with --force it is killed. Gateways stop first, then all-in-one nodes.
What is stopped already is left alone.
stop stops what it is told to, also the last healthy node.`,
		Example: "  apimctl stop -i inventory.yaml --limit gw-2\n  apimctl stop -i inventory.yaml --yes --force",
		RunE: func(c *cobra.Command, _ []string) error {
			stop := func(d playbooks.Deployment) playbooks.Playbook { return playbooks.Stop(d, force) }
			return a.carry(c.Context(), work{name: "stop", playbook: stop, already: "stopped"})
		},
	}
	c.Flags().BoolVar(&force, "force", false, "kill what still runs after gate.stop")
	return a.withChanges(c)
}
