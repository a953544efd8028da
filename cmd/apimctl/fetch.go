package main

import (
	"context"
	"fmt"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/dist"
)

// fetch downloads the distributions that the inventory gives as URLs, unless the cache has them. The inventory then names the files.
func (a *app) fetch(ctx context.Context, inv *inventory.Inventory) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // what is there stays, and the next run resumes: the first Ctrl-C may end it
		select {
		case <-a.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	f := dist.Fetch{Client: a.client, Report: a.fetching}
	for _, role := range []inventory.Role{inventory.AllInOne, inventory.Gateway} {
		d := inv.Distributions[role]
		if d.URL == "" {
			continue
		}
		file, err := f.File(ctx, d.URL, d.SHA256)
		if err != nil {
			return distributionError(inv, role, err)
		}
		d.File = file
		inv.Distributions[role] = d
	}
	return nil
}

func (a *app) fetching(p dist.Fetching) {
	if p.Total == 0 {
		_, _ = fmt.Fprintf(a.errOut, "%s: %s, %s/s\n", p.URL, size(p.Done), size(p.Rate))
		return
	}
	left := time.Duration(float64(p.Total-p.Done) / float64(max(p.Rate, 1)) * float64(time.Second)).Round(time.Second)
	_, _ = fmt.Fprintf(a.errOut, "%s: %s of %s, %s/s, %s left\n", p.URL, size(p.Done), size(p.Total), size(p.Rate), left)
}
