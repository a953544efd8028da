package hardening

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"apimctl/render/check"
	"apimctl/tasks"
	"apimctl/tasks/remote"
)

// A view is a host under examination. What could not be read is noted, and reads as nothing.
type view struct {
	remote.Reader
	Node
	ctx   context.Context
	rule  check.Rule // the one in hand
	found []check.Finding
	errs  []error
}

// report notes a finding of the rule in hand: what was seen, and where.
func (x *view) report(where, seen string) {
	x.found = append(x.found, check.Finding{Code: x.rule.Code, Severity: x.rule.Severity, Host: x.Name, Key: where, Message: seen, Fix: ""})
}

// query is what a command says, trimmed; whatever its exit status.
func (x *view) query(argv ...string) string {
	out, err := x.Query(x.ctx, argv...)
	if exit := (*remote.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		x.errs = append(x.errs, err)
	}
	return strings.TrimSpace(out)
}

// names are the files that a command names, sorted.
func (x *view) names(argv ...string) []string {
	names := tasks.Names(x.query(argv...))
	slices.Sort(names)
	return names
}

// says is whether a command ends well.
func (x *view) says(argv ...string) bool {
	_, err := x.Query(x.ctx, argv...)
	if exit := (*remote.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		x.errs = append(x.errs, err)
		return true // it is asked again, or the error says that it could not be
	}
	return err == nil
}

// kernel is a file that the kernel makes up.
func (x *view) kernel(path string) string { return x.query("cat", path) }

// file is a file of at most 256 KiB, with links followed.
func (x *view) file(path string) string { return x.query("head", "-c", "262144", path) }

// sum is what is at a path.
func (x *view) sum(path string) remote.Sum {
	s, err := x.Sum(x.ctx, path)
	if err != nil {
		x.errs = append(x.errs, err)
		return remote.Sum{}
	}
	return s
}

// octal is a mode as ls users write it: 0644.
func octal(m fs.FileMode) string { return "0" + strconv.FormatUint(uint64(m.Perm()), 8) }

// words are the fields of the first line that begins with a word.
func words(text, begins string) []string {
	for l := range strings.Lines(text) {
		if strings.HasPrefix(l, begins) {
			return strings.Fields(strings.TrimPrefix(l, begins))
		}
	}
	return nil
}

// number is the first of some words, 0 where there is none.
func number(words []string) int {
	if len(words) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(words[0])
	return n
}

// A process is the node's, as it runs now; without a pid it does not.
type process struct{ pid, limits, status string }

func (x *view) process() process {
	f, err := x.File(x.ctx, x.Home+"/wso2carbon.pid")
	if err != nil {
		x.errs = append(x.errs, err)
		return process{}
	}
	pid := strings.Trim(string(f.Data), "\x00 \r\n\t")
	if _, err := strconv.Atoi(pid); err != nil {
		return process{}
	}
	proc := "/proc/" + pid
	p := process{pid, x.kernel(proc + "/limits"), x.kernel(proc + "/status")}
	if !strings.Contains(x.kernel(proc+"/cmdline"), "-Dcarbon.home="+x.Home+"\x00") {
		return process{} // a number that is used again
	}
	return p
}

// installed is whether the product is there.
func (x *view) installed() bool { return x.sum(x.Home).Exists() }
