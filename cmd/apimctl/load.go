package main

import (
	"context"
	"errors"
	"fmt"

	"apimctl/inventory"
	"apimctl/inventory/dist"
	"apimctl/playbooks"
)

// loaded is an inventory with what it names on this machine.
type loaded struct {
	inv      *inventory.Inventory
	products playbooks.Products
	hosts    []inventory.Host // those that --limit leaves
}

// load reads the inventory and the distributions that it names, which are downloaded where it gives a URL. No host is reached.
func (a *app) load(ctx context.Context) (loaded, error) {
	inv, err := a.source(ctx).Load(a.flags.inventory)
	if err != nil {
		return loaded{}, err
	}
	hosts, err := inventory.Select(inv.Hosts, a.flags.limit)
	if err != nil {
		return loaded{}, &inputError{fmt.Errorf("--limit: %w", err)}
	}
	if err := a.fetch(ctx, inv); err != nil {
		return loaded{}, err
	}
	products, err := products(inv)
	if err != nil {
		return loaded{}, &inputError{err}
	}
	return loaded{inv: inv, products: products, hosts: hosts}, nil
}

// products opens the distributions and holds each to the role that it is for and to the inventory's version.
func products(inv *inventory.Inventory) (playbooks.Products, error) {
	all := playbooks.Products{}
	var errs []error
	for _, role := range []inventory.Role{inventory.AllInOne, inventory.Gateway} {
		d, ok := inv.Distributions[role]
		if !ok {
			continue
		}
		p, err := product(d, role, inv.Version)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: distributions.%s: %w", inv.Path, role, err))
			continue
		}
		all[role] = p
	}
	return all, errors.Join(errs...)
}

func product(d inventory.Distribution, role inventory.Role, version string) (playbooks.Product, error) {
	z, err := dist.Open(d.File)
	if err != nil {
		return playbooks.Product{}, err
	}
	if err := z.Check(map[inventory.Role]string{inventory.AllInOne: dist.AllInOne, inventory.Gateway: dist.Gateway}[role], version); err != nil {
		return playbooks.Product{}, errors.Join(err, z.Close())
	}
	if d.SHA256 != "" && d.SHA256 != z.SHA256 {
		return playbooks.Product{}, fmt.Errorf("%s: has SHA-256 %s; the inventory wants %s", d.File, z.SHA256, d.SHA256)
	}
	return playbooks.Product{
		Name: z.Product, Version: z.Version, Local: d.File, SHA256: z.SHA256, Size: z.Size, Unpacked: z.Unpacked(), FS: z.FS(),
	}, nil
}

// names are the names of the hosts that a command is limited to.
func (l loaded) names() []string {
	names := make([]string, len(l.hosts))
	for i, h := range l.hosts {
		names[i] = h.Name
	}
	return names
}
