package plan

import (
	"context"

	"apimctl/tasks/remote"
)

// An Input is a secret that a plan names and does not hold: a private key, which is decrypted only while the change that needs it is
// made. Equal names are equal inputs.
type Input struct {
	Name string                                       // "the key of 30:31:1C:..."
	Open func(context.Context) (remote.Secret, error) // called by Apply on a host, never while planning
}

func (i *Input) name() string {
	if i == nil {
		return ""
	}
	return i.Name
}
