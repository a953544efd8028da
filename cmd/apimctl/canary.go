package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

// A canary is the gateway that goes first, if one does.
type canary struct {
	wanted bool
	bake   time.Duration
}

func (c *canary) flags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.wanted, "canary", false, "have one gateway go first, watch it, and ask before the others")
	cmd.Flags().DurationVar(&c.bake, "bake", 5*time.Minute, "how long --canary watches")
}

// watched is how long the canary is watched; 0 where there is none.
func (c *canary) watched(cmd *cobra.Command) (time.Duration, error) {
	switch given := cmd.Flags().Changed("bake"); {
	case given && !c.wanted:
		return 0, &usageError{errors.New("--bake: is how long --canary watches, and there is no --canary")}
	case c.bake < time.Second:
		return 0, &usageError{fmt.Errorf("--bake %s: is too short to see anything; write at least 1s", c.bake)}
	case !c.wanted:
		return 0, nil
	}
	return c.bake, nil
}

// goesOn asks a person whether the rest follows the canary. Whoever said yes to everything is not asked.
func (a *app) goesOn() error {
	if a.flags.yes {
		return nil
	}
	_, _ = fmt.Fprint(a.errOut, "\nThe canary serves. Go on with the others? Only 'yes' does it: ")
	said := make(chan string, 1)
	go func() {
		answer, _ := a.answer()
		said <- answer
	}()
	select {
	case answer := <-said:
		if strings.TrimSpace(answer) == "yes" {
			return nil
		}
		return playbooks.ErrDeclined
	case <-a.stop:
		return playbooks.ErrStopped
	}
}
