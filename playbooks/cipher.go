package playbooks

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"apimctl/inventory"
	"apimctl/render"
	"apimctl/tasks"
	"apimctl/tasks/keystore"
	"apimctl/tasks/remote"
)

// notYet stands in the place of a ciphertext while the key that it is for is not made. No host is given it: its keystore comes first.
const notYet = "not encrypted yet"

// concealed is the configuration with its secrets encrypted for the internal keystore, where the inventory wants that.
func (s settler) concealed(role inventory.Role, c render.Config) (render.Config, error) {
	if s.inv.Secrets.OnNodes != inventory.Cipher {
		return c, nil
	}
	return c.Conceal(func(alias, value string) (string, error) {
		if s.ciphers[role] == nil {
			return notYet, nil
		}
		return s.ciphers[role].Encrypt(alias, value)
	})
}

// ciphers are what encrypts for the nodes of each role. One whose key is not made, or of whose distribution nothing is known, has none.
func ciphers(inv *inventory.Inventory, products Products) (map[inventory.Role]*keystore.Cipher, error) {
	all := map[inventory.Role]*keystore.Cipher{}
	if inv.Secrets.OnNodes != inventory.Cipher {
		return all, nil
	}
	for role, p := range products {
		cert, err := internal(inv, p.FS)
		if err == nil && cert != nil {
			all[role], err = keystore.NewCipher(cert, inv.Keystores.Internal.Password.Reveal())
		}
		if err != nil {
			return nil, fmt.Errorf("secrets.on_nodes: %w", err)
		}
	}
	return all, nil
}

// internal is the certificate (DER) of the key that nodes decrypt with; nil where it is not made, or nothing is known of the distribution.
func internal(inv *inventory.Inventory, files fs.FS) ([]byte, error) {
	if inv.PKI.Mode != "" {
		key, err := KeysOf(inv).Signing(time.Now())
		if err != nil || len(key.Chain) == 0 {
			return nil, nil // settlePKI says what is wrong
		}
		return key.Chain[0], nil
	}
	der := shippedDER(files, inv.Keystores.Internal)
	if files != nil && der == nil {
		return nil, errNoInternal
	}
	return der, nil
}

var errNoInternal = errors.New("the distribution ships no keystore that keystores.internal describes, so nothing can be encrypted for it; " +
	"let apimctl keep the keystores (certificates.mode), or describe the one that is shipped")

// vault is what the node decrypts its secrets with.
func (n Node) vault() tasks.Vault {
	k := n.Stores.Internal
	return tasks.Vault{
		Home: n.Home(), Owner: n.owner(), Conf: render.SecretConf(n.security(k.File), k.Type, k.Alias), Password: remote.Secret(k.Password),
	}
}
