package tasks

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// PackagedDriver is the name that a driver of a host's package has in a node: which version it is, the host knows.
const PackagedDriver = "jdbc-driver.jar"

// Driver keeps the JDBC driver in a node's repository/components/lib, and no other version of it there or among the
// dropins that the product wraps it into (product-facts.md §7).
type Driver struct {
	Home    string
	Owner   string // "user:group"
	Name    string // the jar's file name
	Data    []byte
	Package string // a Debian package that the host has it from, in place of Data; Name is then PackagedDriver
}

func (Driver) String() string { return "JDBC driver" }

// Plan writes the jar where it differs and removes other versions of it.
func (t Driver) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	lib, dropins := t.Home+"/repository/components/lib", t.Home+"/repository/components/dropins"
	from, err0 := t.from(ctx, h)
	had, err := h.Sum(ctx, lib+"/"+t.Name)
	inLib, err2 := names(ctx, h, lib)
	inDropins, err3 := names(ctx, h, dropins)
	if err := errors.Join(err0, err, err2, err3); err != nil {
		return nil, err
	}
	var lacks []plan.Change
	for _, n := range inLib {
		if n != t.Name && slices.Contains(from.stems, stem(n)) {
			lacks = append(lacks, removal(lib+"/"+n))
		}
	}
	want := remote.File{Mode: 0o644, Owner: t.Owner}
	if had.SHA256 == from.sha256 && had.Mode == want.Mode && had.Owner == want.Owner {
		return append(lacks, t.stale(dropins, inDropins, from.stems, len(lacks) > 0)...), nil
	}
	if want.Data = t.Data; t.Package != "" {
		file, err := h.File(ctx, from.path)
		if err != nil {
			return nil, err
		}
		want.Data = file.Data
	}
	lacks = append(lacks, t.stale(dropins, inDropins, from.stems, true)...)
	return append(lacks, plan.Put{Path: lib + "/" + t.Name, Had: remote.File{Mode: had.Mode, Owner: had.Owner}, Want: want}), nil
}

// A source is where the jar comes from.
type source struct {
	path   string // on the host; "" where it comes from here
	sha256 string
	stems  []string // of the names that a version of it has in a node
}

// A DriverError is a host whose package gives no driver.
type DriverError struct{ Package, Said string }

func (e *DriverError) Error() string { return "package " + e.Package + ": " + e.Said }

func (t Driver) from(ctx context.Context, h remote.Reader) (source, error) {
	s := source{sha256: remote.File{Mode: 0o644, Data: t.Data}.Sum().SHA256, stems: []string{stem(t.Name), stem(PackagedDriver)}}
	if t.Package == "" {
		return s, nil
	}
	list, err := h.File(ctx, "/var/lib/dpkg/info/"+t.Package+".list")
	if err != nil {
		return s, err
	}
	if !list.Exists() {
		return s, &DriverError{t.Package, "it is not installed on this host"}
	}
	var jars []string
	var errs []error
	for _, p := range Names(string(list.Data)) {
		if path.Dir(p) != "/usr/share/java" || path.Ext(p) != ".jar" {
			continue
		}
		sum, err := h.Sum(ctx, p)
		if errs = append(errs, err); sum.Mode.IsRegular() && sum.Exists() {
			jars = append(jars, p)
			s.path, s.sha256, s.stems = p, sum.SHA256, append(s.stems, stem(p))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s, err
	}
	if len(jars) != 1 {
		return s, &DriverError{t.Package, "one jar in /usr/share/java is needed; it has " + strings.Join(append(jars, "none")[:max(1, len(jars))], ", ")}
	}
	return s, nil
}

// stale are the bundles that the product made of another version: of any when the jar itself changes, since their name does not say which.
func (t Driver) stale(dropins string, in, stems []string, changes bool) []plan.Change {
	wrapped := strings.NewReplacer("-", "_").Replace(strings.TrimSuffix(t.Name, ".jar"))
	var lacks []plan.Change
	for _, n := range in {
		if slices.Contains(stems, stem(n)) && (changes || !strings.HasPrefix(n, wrapped)) {
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
	return Names(out), err
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
