package main

import (
	"errors"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

func (a *app) restartCommand() *cobra.Command {
	var roll playbooks.Roll
	var first canary
	c := &cobra.Command{
		Use:   "restart",
		Short: "Restart nodes, rolling: each healthy before the next one stops",
		Long: `restart restarts all-in-one nodes one after another, then gateways, --batch of them at a time. Each is healthy before the next one
stops; a batch that fails ends the roll, and the rest goes on serving. The last healthy node of a group is never stopped: restart
looks before each stop and refuses. Files are not changed: that is what apply does.

--canary has one gateway go first. For --bake the load balancers' own logs are watched: if it fails more requests than the others, the roll ends
with exit status 4, and the numbers are told. Else restart asks before it goes on with the others; --yes goes on.

--all-at-once stops all nodes of a kind together. Nothing serves meanwhile, so it asks twice.`,
		Example: "  apimctl restart -i inventory.yaml\n  apimctl restart -i inventory.yaml --limit gateway --batch 25% --yes",
		RunE: func(c *cobra.Command, _ []string) error {
			var err error
			if roll.Canary, err = first.watched(c); err != nil {
				return err
			}
			if first.wanted && roll.All {
				return &usageError{errors.New("--canary: nobody goes first where all restart at once; leave one of the two out")}
			}
			w := work{name: "restart", playbook: func(d playbooks.Deployment) playbooks.Playbook { return playbooks.Restart(d, roll) }}
			if roll.All {
				w.twice = "All nodes of a kind go down together, and nothing serves meanwhile. Really?"
			}
			return a.carry(c.Context(), w)
		},
	}
	f := c.Flags()
	a.withBatch(c)
	f.BoolVar(&roll.All, "all-at-once", false, "do not roll: restart all nodes of a kind together")
	f.BoolVar(&roll.Force, "force", false, "kill what still runs after gate.stop")
	first.flags(c)
	c.MarkFlagsMutuallyExclusive("batch", "all-at-once")
	return a.withChanges(c)
}
