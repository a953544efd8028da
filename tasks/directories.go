package tasks

import (
	"context"
	"errors"
	"path"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Directories keeps directories, with their modes and owners. Parents that are missing are made for root.
type Directories []Directory

// A Directory is one of them.
type Directory struct {
	Path string
	Want remote.File // see remote.Dir
}

func (Directories) String() string { return "directories" }

// Plan makes what is missing and sets modes and owners. Something else at a path is an error: it may be somebody's.
func (t Directories) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	var lacks []plan.Change
	var errs []error
	made := map[string]bool{}
	for _, d := range t {
		for _, p := range append(parents(d.Path), d.Path) {
			want := remote.Dir(0o755, "root:root")
			if p == d.Path {
				want = d.Want
			}
			had, err := h.File(ctx, p)
			switch {
			case err != nil:
				errs = append(errs, err)
			case p != d.Path && (had.Exists() || made[p]):
			case had.Exists() && !had.IsDir() && !had.IsLink():
				errs = append(errs, &InTheWayError{Path: p})
			case had.IsLink(): // somebody put the folder elsewhere; what it points at is theirs
			default:
				lacks = append(lacks, plan.File(p, had, want)...)
				made[p] = true
			}
		}
	}
	return lacks, errors.Join(errs...)
}

// An InTheWayError is something that stands where a directory or a link has to be.
type InTheWayError struct{ Path string }

func (e *InTheWayError) Error() string {
	return e.Path + ": something that apimctl did not make is in the way; move it elsewhere"
}

// parents are the directories above p, from the top, without "/".
func parents(p string) []string {
	var above []string
	for d := path.Dir(p); d != "/" && d != "."; d = path.Dir(d) {
		above = append([]string{d}, above...)
	}
	return above
}
