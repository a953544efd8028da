package tasks

import (
	"context"
	"fmt"

	"apimctl/render"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Hosts keeps a block in /etc/hosts that names every host of the deployment, and leaves the lines around it alone.
type Hosts struct {
	Deployment string   // names the block
	Lines      []string // "10.0.0.11 aio-1 api.am.example.com"
}

func (Hosts) String() string { return "hosts file" }

// Plan rewrites the block where it differs.
func (t Hosts) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	const path = "/etc/hosts"
	had, err := h.File(ctx, path)
	if err != nil {
		return nil, err
	}
	want := had
	if !had.Exists() {
		want = remote.File{Mode: 0o644, Owner: "root:root"}
	}
	if want.Data, err = render.Block(had.Data, t.Deployment, t.Lines); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return plan.File(path, had, want), nil
}
