package tasks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Driver keeps the JDBC driver in a node's repository/components/lib, and no other version of it there or among the
// dropins that the product wraps it into (product-facts.md §7).
type Driver struct {
	Home  string
	Owner string // "user:group"
	Name  string // the jar's file name
	Data  []byte
}

func (Driver) String() string { return "JDBC driver" }

// Plan writes the jar where it differs and removes other versions of it.
func (t Driver) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	lib, dropins := t.Home+"/repository/components/lib", t.Home+"/repository/components/dropins"
	jar := lib + "/" + t.Name
	had, err := h.Sum(ctx, jar)
	inLib, err2 := names(ctx, h, lib)
	inDropins, err3 := names(ctx, h, dropins)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	var lacks []plan.Change
	for _, n := range inLib {
		if n != t.Name && stem(n) == stem(t.Name) {
			lacks = append(lacks, removal(lib+"/"+n))
		}
	}
	want := remote.File{Mode: 0o644, Owner: t.Owner, Data: t.Data}
	if sum := sha256.Sum256(t.Data); had.SHA256 == hex.EncodeToString(sum[:]) && had.Mode == want.Mode && had.Owner == want.Owner {
		return append(lacks, t.stale(dropins, inDropins, len(lacks) > 0)...), nil
	}
	lacks = append(lacks, t.stale(dropins, inDropins, true)...)
	return append(lacks, plan.Put{Path: jar, Had: remote.File{Mode: had.Mode, Owner: had.Owner}, Want: want}), nil
}

// stale are the bundles that the product made of another version: of any when the jar itself changes, since their name does not say which.
func (t Driver) stale(dropins string, in []string, changes bool) []plan.Change {
	wrapped := strings.NewReplacer("-", "_").Replace(strings.TrimSuffix(t.Name, ".jar"))
	var lacks []plan.Change
	for _, n := range in {
		if s := stem(n); s == stem(t.Name) && (changes || !strings.HasPrefix(n, wrapped)) {
			lacks = append(lacks, removal(dropins+"/"+n))
		}
	}
	return lacks
}

func removal(p string) plan.Change {
	return plan.Put{Path: p, Had: remote.File{Mode: 0o644}}
}

// names lists a directory, which need not be there.
func names(ctx context.Context, h remote.Reader, dir string) ([]string, error) {
	out, err := h.Query(ctx, "ls", "-1A", dir)
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		return nil, nil
	}
	return strings.Fields(out), err
}

// stem is a jar's name without its version, the same for the driver and the bundle made of it:
// mysql-connector-j-8.4.0.jar and mysql_connector_j_8.4.0_1.0.0.jar both are "mysql_connector_j".
func stem(jar string) string {
	s := strings.ReplaceAll(strings.TrimSuffix(path.Base(jar), ".jar"), "-", "_")
	if i := strings.IndexFunc(s, func(r rune) bool { return r >= '0' && r <= '9' }); i > 0 {
		s = s[:i]
	}
	return strings.TrimRight(s, "_.")
}
