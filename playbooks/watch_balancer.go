package playbooks

import (
	"context"
	"path"
	"slices"

	"apimctl/tasks/keystore"
	"apimctl/tasks/remote"
)

// balancerStores are what a load balancer shows its clients and whom it trusts, as nginx reads them.
func (w Watch) balancerStores(ctx context.Context, n Node, h remote.Reader) ([]Seen, error) {
	nginx := w.Balanced.on(n)
	shown, err := w.pem(ctx, Seen{Host: n.Name, Use: "tls", Where: nginx.Shown(), Kind: string(keystore.Key)}, h)
	if err != nil {
		return nil, err
	}
	trusts, err := w.pem(ctx, Seen{Host: n.Name, Use: "truststore", Where: nginx.Trusts(), Kind: string(keystore.Trusted)}, h)
	if len(shown) > 1 {
		shown = shown[:1] // its issuers are part of it
	}
	return append(shown, trusts...), err
}

// pem are the certificates of a file. Where there is none, there is nothing to see.
func (w Watch) pem(ctx context.Context, at Seen, h remote.Reader) ([]Seen, error) {
	had, err := h.File(ctx, at.Where)
	if err != nil || !had.Exists() {
		return nil, err
	}
	at.Where = path.Base(at.Where)
	certs, err := keystore.PEM(had.Data)
	if err != nil {
		at.Problem, at.Fix = err.Error(), "apply"
		return []Seen{at}, nil
	}
	all := make([]Seen, len(certs))
	for i, c := range certs {
		all[i] = w.describe(at, c.Raw)
	}
	return all, nil
}

// balancerPorts are those on which the load balancers speak TLS.
func (w Watch) balancerPorts() []int {
	p := w.Balanced.Nginx.Config.Ports
	return slices.DeleteFunc([]int{p.HTTPS, p.WSS, p.WebSubHTTPS}, func(port int) bool { return port == 0 })
}
