package main

import (
	"io"

	"github.com/spf13/cobra"

	"apimctl/inventory"
)

func (a *app) initCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "init",
		Short:   "Print an annotated example inventory",
		Example: "  apimctl init > inventory.yaml",
		Args:    usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := io.WriteString(a.out, inventory.Example)
			return err
		},
	}
}
