package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/playbooks"
)

func (a *app) certsCSRCommand() *cobra.Command {
	return a.withInventory(&cobra.Command{
		Use:   "csr",
		Short: "Write a certificate request for every host that has no certificate",
		Long: `certs csr makes the keys of hosts and writes a request for each, with all names that its certificate must have. It writes the same
request again until its answer is installed. The keys stay here, encrypted.`,
		Example: "  apimctl certs csr -i inventory.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			k, err := a.ordered(c.Context())
			if err != nil {
				return err
			}
			files, err := k.Request()
			for _, f := range files {
				_, _ = fmt.Fprintln(a.out, f)
			}
			if err == nil && len(files) == 0 {
				_, _ = fmt.Fprintln(a.errOut, "nothing to do: every host has a certificate")
			}
			return err
		},
	})
}

func (a *app) certsInstallCommand() *cobra.Command {
	return a.withInventory(&cobra.Command{
		Use:   "install DIR",
		Short: "Take the certificates that were signed for the requests",
		Long: `certs install takes the .pem, .crt and .cer files of a folder, whatever their names: each host's certificate is found by its key, its
issuers' among the others. If one is unfit, none is taken. 'apimctl apply' then brings them to the hosts.`,
		Example: "  apimctl certs install signed/ -i inventory.yaml && apimctl apply -i inventory.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			k, err := a.ordered(c.Context())
			if err != nil {
				return err
			}
			hosts, err := k.Install(args[0], time.Now())
			for _, h := range hosts {
				_, _ = fmt.Fprintln(a.out, h+": certificate installed")
			}
			if err == nil && len(hosts) == 0 {
				_, _ = fmt.Fprintln(a.errOut, "nothing to do: no host waits for a certificate")
			}
			return err
		},
	})
}

// ordered are the keys of a deployment whose certificates somebody else signs.
func (a *app) ordered(ctx context.Context) (playbooks.Keys, error) {
	inv, err := a.source(ctx).Load(a.flags.inventory)
	if err == nil && inv.PKI.Mode != inventory.CSR {
		err = &usageError{errors.New("requests are for certificates.mode csr; the inventory has another one")}
	}
	if err != nil {
		return playbooks.Keys{}, err
	}
	return playbooks.KeysOf(inv), nil
}
