// Package tasks holds what apimctl can bring about on a host, one file each. A task reads a host and never changes one.
package tasks

import (
	"context"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// A Task is a state to hold on a host.
type Task interface {
	// String names the state: "hosts file".
	String() string
	// Plan returns what h lacks, in order; nothing if nothing.
	Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error)
}

// Names are what a command prints that names files, one a line. A name may have spaces in it.
func Names(out string) []string {
	return strings.FieldsFunc(out, func(r rune) bool { return r == '\n' })
}
