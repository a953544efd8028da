package tasks

import (
	"context"
	"errors"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Vault keeps what a node decrypts the secrets of its deployment.toml with: where its secure vault finds the key, and the password that
// opens it (product-facts.md §6). The password stays where it is: one that the product deletes when it has read it would keep a node from
// coming up again by itself.
type Vault struct {
	Home     string
	Owner    string // "user:group"
	Conf     []byte // secret-conf.properties
	Password remote.Secret
}

func (Vault) String() string { return "secure vault" }

// ConfPath is where the product looks for secret-conf.properties.
func (t Vault) ConfPath() string { return t.Home + "/repository/conf/security/secret-conf.properties" }

// Plan writes the two files where they differ.
func (t Vault) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	conf, err := h.File(ctx, t.ConfPath())
	word, err2 := h.File(ctx, t.Home+"/"+passwordFile)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	want := remote.File{Mode: 0o400, Owner: t.Owner, Data: []byte(t.Password.Reveal() + "\n"), Secret: true}
	lacks := plan.File(t.ConfPath(), conf, remote.File{Mode: 0o600, Owner: t.Owner, Data: t.Conf})
	return append(lacks, brief(plan.File(t.Home+"/"+passwordFile, word, want))...), nil
}

// passwordFile is the one in a home that the product reads a keystore's password from and does not take away.
const passwordFile = "password-persist"
