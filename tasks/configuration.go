package tasks

import (
	"context"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Configuration keeps a node's deployment.toml. It holds passwords: 0600, and the service's own.
type Configuration struct {
	Path  string
	Owner string // "user:group"
	Data  []byte
	Hide  []remote.Secret // values in it that no diff may show, beside those that their key tells
}

func (Configuration) String() string { return "deployment.toml" }

// Plan writes the file where it differs.
func (t Configuration) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	had, err := h.File(ctx, t.Path)
	if err != nil {
		return nil, err
	}
	want := remote.File{Mode: 0o600, Owner: t.Owner, Data: t.Data, Secret: true}
	if had.Equal(want) {
		return nil, nil
	}
	return []plan.Change{plan.Put{Path: t.Path, Had: had, Want: want, Hide: t.Hide}}, nil
}
