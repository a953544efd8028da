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
