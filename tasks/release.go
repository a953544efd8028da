package tasks

import (
	"context"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Release keeps a distribution unpacked on the host, under a name made of product, version and the zip's digest.
// A mark is written last: without it, what is there was left half done and is unpacked again.
type Release struct {
	Archive remote.Archive
	Dir     string // /opt/wso2/releases/wso2am-4.6.0-1a2b3c4d
	Owner   string // "user:group"
}

func (Release) String() string { return "distribution" }

// Plan uploads and unpacks where the mark is missing. A pack that is there already is not uploaded again.
func (t Release) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	mark := t.Dir + "/.apimctl"
	had, err := h.File(ctx, mark)
	if err != nil {
		return nil, err
	}
	want := remote.File{Mode: 0o644, Owner: t.Owner, Data: []byte(t.Archive.SHA256 + "\n")}
	if had.Equal(want) {
		return nil, nil
	}
	dir, err := h.File(ctx, t.Dir)
	if err != nil {
		return nil, err
	}
	lacks := plan.File(t.Dir, dir, remote.File{})
	lacks = append(lacks, plan.Unpack{Archive: t.Archive, Dir: t.Dir, Owner: t.Owner})
	return append(lacks, brief(plan.File(mark, remote.File{}, want))...), nil
}

// Home keeps the link that the service runs from pointing at a release. Switching a release is switching the link.
type Home struct {
	Path   string // /opt/wso2/gateway
	Target string // releases/wso2am-universal-gw-4.6.0-1a2b3c4d
}

func (Home) String() string { return "home" }

// Plan switches the link. What stands there and is no link is an error: it may be an installation made by hand.
func (t Home) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	had, err := h.File(ctx, t.Path)
	if err != nil {
		return nil, err
	}
	if had.Exists() && !had.IsLink() {
		return nil, &InTheWayError{Path: t.Path}
	}
	return plan.File(t.Path, had, remote.Link(t.Target)), nil
}
