package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"apimctl/inventory"
	"apimctl/playbooks"
)

func (a *app) certsCSRCommand() *cobra.Command {
	var renew []string
	c := &cobra.Command{
		Use:   "csr",
		Short: "Write a certificate request for every host that has no certificate",
		Long: `certs csr makes the keys of hosts and writes a request for each, with all names that its certificate must have. It writes the same
request again until its answer is installed. The keys stay here, encrypted.

With --renew it writes requests for hosts that have a certificate, too, for the keys that they have: before it expires, or when a host has got another name.`,
		Example: "  apimctl certs csr -i inventory.yaml\n  apimctl certs csr -i inventory.yaml --renew gw-1",
		RunE: func(c *cobra.Command, _ []string) error {
			k, err := a.ordered(c.Context())
			if err != nil {
				return err
			}
			again, err := renewed(k, renew)
			if err != nil {
				return err
			}
			files, err := k.Request(again)
			if err != nil {
				return err
			}
			return a.list(files, "", "every host has a certificate")
		},
	}
	c.Flags().StringSliceVar(&renew, "renew", nil, "also these hosts, which have a certificate: NAME|GROUP,...")
	return a.withInventory(c)
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
			if err != nil {
				return err
			}
			return a.list(hosts, ": certificate installed", "no host waits for a certificate")
		},
	})
}

// renewed are the hosts that a limit names; none where there is none.
func renewed(k playbooks.Keys, limit []string) (names []string, err error) {
	if len(limit) == 0 {
		return nil, nil
	}
	hosts, err := inventory.Select(k.Hosts(), limit)
	for _, h := range hosts {
		names = append(names, h.Name)
	}
	if err != nil {
		err = &usageError{fmt.Errorf("--renew: %w", err)}
	}
	return names, err
}

// list prints what was done, a line each, or that nothing was to do, and why.
func (a *app) list(all []string, done, idle string) error {
	if a.flags.output == "json" {
		return a.encode(slices.Concat([]string{}, all))
	}
	for _, one := range all {
		_, _ = fmt.Fprintln(a.out, one+done)
	}
	if len(all) == 0 {
		_, _ = fmt.Fprintln(a.errOut, "nothing to do: "+idle)
	}
	return nil
}

// ordered are the keys of a deployment whose certificates somebody else signs.
func (a *app) ordered(ctx context.Context) (playbooks.Keys, error) {
	if _, err := a.json(); err != nil {
		return playbooks.Keys{}, err
	}
	source := a.source(ctx)
	source.NoZips = true
	inv, err := source.Load(a.flags.inventory)
	if err == nil && inv.PKI.Mode != inventory.CSR {
		err = &usageError{errors.New("requests are for certificates.mode csr; the inventory has another one")}
	}
	if err != nil {
		return playbooks.Keys{}, err
	}
	return playbooks.KeysOf(inv), nil
}
