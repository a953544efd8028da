package playbooks

import (
	"context"
	"fmt"
	"os"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks/keystore"
)

func given(p pki.Pair) Key {
	key := Key{Open: func(context.Context) (keystore.PrivateKey, error) { return p.PKCS8() }}
	for _, c := range p.Chain {
		key.Chain = append(key.Chain, c.Raw)
	}
	return key
}

// provided reads a key and its chain from the files of whoever made them.
func provided(s inventory.KeySource) (p pki.Pair, notes []string, err error) {
	if s.Store == "" {
		var sources []pki.Source
		for _, file := range []string{s.Certificate, s.Key, s.Chain} {
			if file == "" {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return pki.Pair{}, nil, err
			}
			sources = append(sources, pki.Source{Name: file, Data: data})
		}
		return pki.Provided(sources...)
	}
	data, err := os.ReadFile(s.Store)
	if err != nil {
		return pki.Pair{}, nil, err
	}
	keys, err := keystore.ReadKeys(data, s.Password.Reveal())
	if err == nil && len(keys) != 1 {
		err = fmt.Errorf("holds %d private keys; give a store with the one", len(keys))
	}
	if err != nil {
		return pki.Pair{}, nil, fmt.Errorf("%s: %w", s.Store, err)
	}
	return pki.FromDER(s.Store, keys[0].PrivateKey, keys[0].Raw)
}

// renewal is what to do to have another TLS key of a host.
func (k Keys) renewal(h inventory.Host) string {
	_, own := k.inv.PKI.Nodes[h.Name]
	switch {
	case k.given(h):
		return follower("load_balancer.certificate")
	case k.inv.PKI.Mode == inventory.Generate:
		return "apimctl certs rotate --host " + h.Name
	case k.inv.PKI.Mode == inventory.CSR:
		return "apimctl certs csr --renew " + h.Name + ", have it signed, apimctl certs install DIR, and apply"
	case own:
		return follower("certificates.nodes." + h.Name)
	}
	return follower("certificates.all")
}

// follower has a key replaced that somebody else made.
func follower(key string) string { return "give its follower in " + key + " and apply" }
