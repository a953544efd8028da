package tasks

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Java is the JVM that a node runs with: it must be there, of a version that the product takes (product-facts.md §2).
// apimctl installs none. Home is looked at alone where it is given; else the usual places are searched, and the newest that fits is taken.
type Java struct {
	Home     string
	Min, Max int // feature versions: 11, 21
}

func (Java) String() string { return "java" }

// Plan lacks nothing: a Java that is missing is an error.
func (t Java) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	_, err := t.Find(ctx, h)
	return nil, err
}

// A JavaError is a host without a Java that the product takes.
type JavaError struct {
	Wants string   // "Java 11 to 21"
	Found []string // "/usr/lib/jvm/java-8-openjdk-amd64 (8)"
	Given string   // the inventory's java_home, if it has one
}

func (e *JavaError) Error() string {
	where := "in /usr/lib/jvm, /usr/java, /opt/java or /opt"
	if e.Given != "" {
		where = "at " + e.Given
	}
	if len(e.Found) == 0 {
		return fmt.Sprintf("%s is needed; none was found %s", e.Wants, where)
	}
	return fmt.Sprintf("%s is needed; found %s", e.Wants, strings.Join(e.Found, ", "))
}

// Find returns the JAVA_HOME to run with. It reads the `release` file that every JDK and JRE has, and starts no JVM.
func (t Java) Find(ctx context.Context, h remote.Reader) (string, error) {
	homes, err := t.homes(ctx, h)
	if err != nil {
		return "", err
	}
	var best string
	var bestVersion int
	var found []string
	var errs []error
	for _, home := range homes {
		v, err := javaVersion(ctx, h, home)
		switch {
		case err != nil:
			errs = append(errs, err)
		case v == 0:
		case v >= t.Min && v <= t.Max && v > bestVersion:
			best, bestVersion = home, v
			fallthrough
		default:
			found = append(found, fmt.Sprintf("%s (%d)", home, v))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	if best == "" {
		return "", &JavaError{Wants: fmt.Sprintf("Java %d to %d", t.Min, t.Max), Found: found, Given: t.Home}
	}
	return best, nil
}

// homes are the folders that may be a JAVA_HOME, sorted.
func (t Java) homes(ctx context.Context, h remote.Reader) ([]string, error) {
	if t.Home != "" {
		return []string{t.Home}, nil
	}
	out, err := h.Query(ctx, "find", "/usr/lib/jvm", "/usr/java", "/opt/java", "/opt", "-maxdepth", "2", "-name", "release")
	var exit *remote.ExitError
	if err != nil && !errors.As(err, &exit) { // find's own status says that one of the places is not there
		return nil, err
	}
	var homes []string
	for p := range strings.FieldsSeq(out) {
		homes = append(homes, path.Dir(p))
	}
	sort.Strings(homes)
	return homes, nil
}

var javaRelease = regexp.MustCompile(`(?m)^JAVA_VERSION="(?:1\.)?(\d+)`)

// javaVersion is the feature version of the Java in home, or 0 where there is none.
func javaVersion(ctx context.Context, h remote.Reader, home string) (int, error) {
	out, err := h.Query(ctx, "head", "-c", "4096", home+"/release")
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	m := javaRelease.FindStringSubmatch(out)
	if m == nil {
		return 0, nil
	}
	return strconv.Atoi(m[1])
}
