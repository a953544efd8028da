package tasks

import (
	"context"
	"errors"
	"strings"

	"apimctl/render"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Limits keeps what an account may open and start (product-facts.md §9). What systemd starts has the limits of its unit.
type Limits struct{ Deployment, User string }

func (Limits) String() string { return "limits of the account" }

// Plan writes the drop-in where it differs.
func (t Limits) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	const dir = "/etc/security/limits.d"
	made, err := Directories{{Path: dir, Want: remote.Dir(0o755, "root:root")}}.Plan(ctx, h)
	file, err2 := dropIn(ctx, h, dir+"/90-apimctl-"+t.Deployment+".conf", render.LimitsFile(t.User))
	return append(made, file...), errors.Join(err, err2)
}

// dropIn is what a host lacks of a file that is root's.
func dropIn(ctx context.Context, h remote.Reader, path string, data []byte) ([]plan.Change, error) {
	had, err := h.File(ctx, path)
	if err != nil {
		return nil, err
	}
	return plan.File(path, had, remote.File{Mode: 0o644, Owner: "root:root", Data: data}), nil
}

// Sysctl keeps settings of the kernel, now and after a boot. Where the kernel's are not to be written, as in a container, the file alone.
type Sysctl struct {
	Deployment string
	Settings   []render.Sysctl
}

func (Sysctl) String() string { return "kernel settings" }

// loadSysctl sets what stands in the drop-in $1.
const loadSysctl = `exec sysctl -q -e -p "$1"`

// Plan writes the drop-in where it differs, and loads it where the kernel has other values.
func (t Sysctl) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	const dir = "/etc/sysctl.d"
	path := dir + "/90-apimctl-" + t.Deployment + ".conf"
	made, err := Directories{{Path: dir, Want: remote.Dir(0o755, "root:root")}}.Plan(ctx, h)
	lacks, err2 := dropIn(ctx, h, path, render.SysctlFile(t.Settings))
	lacks = append(made, lacks...)
	differ, err3 := t.differ(ctx, h)
	if err := errors.Join(err, err2, err3); err != nil || len(differ) == 0 {
		return lacks, err
	}
	return append(lacks, plan.Run{
		Cmd: remote.Cmd{Argv: []string{"sh", "-c", loadSysctl, "sh", path}}, Does: "load " + path, Touches: differ,
	}), nil
}

// differ are the files of the kernel that hold something else and may be written.
func (t Sysctl) differ(ctx context.Context, h remote.Reader) ([]string, error) {
	var files []string
	var errs []error
	for _, s := range t.Settings {
		file := "/proc/sys/" + strings.ReplaceAll(s.Key, ".", "/")
		had, err := query(ctx, h, "cat", file)
		_, shut := h.Query(ctx, "test", "-w", file)
		if exit := (*remote.ExitError)(nil); shut != nil && !errors.As(shut, &exit) {
			err = errors.Join(err, shut)
		}
		if errs = append(errs, err); shut == nil && strings.Join(strings.Fields(had), " ") != s.Value {
			files = append(files, file)
		}
	}
	return files, errors.Join(errs...)
}

// LogRotation keeps wso2carbon.log rolling (product-facts.md §9): log4j2.properties is a file of the operator's, and only what it lacks
// for that is added.
type LogRotation struct{ Path string }

func (LogRotation) String() string { return "log rotation" }

// Plan adds the lines that are missing. A node that is not there yet gets its distribution's file, which has them.
func (t LogRotation) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	had, err := h.File(ctx, t.Path)
	if errors.Is(err, remote.ErrUnknown) || err == nil && !had.Exists() {
		return nil, nil
	}
	want := had
	want.Data = []byte(render.Rotated(string(had.Data)))
	return plan.File(t.Path, had, want), err
}

// FileModes keeps keystores their owner's alone, and takes from everybody the right to write files of the product. User, who owns them, does
// it: whatever root would change here by a name, that account could lead elsewhere with a link.
type FileModes struct {
	Home   string
	Stores []string // absolute
	User   string
}

func (FileModes) String() string { return "file modes" }

const (
	// keepOwn has the files that are named be their owner's alone.
	keepOwn = `chmod go-rwx -- "$@"`
	// keepFrom has nobody else write the files that the command finds. Where root works is no place for find to go back to.
	keepFrom = `cd / && exec "$@" -exec chmod o-w -- '{}' +`
)

// Plan sets the modes that are wider.
func (t FileModes) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	var open []string
	var errs []error
	for _, p := range t.Stores {
		s, err := h.Sum(ctx, p)
		if errs = append(errs, err); err == nil && s.Exists() && s.Mode.Perm()&0o077 != 0 {
			open = append(open, p)
		}
	}
	found, err := query(ctx, h, render.WritableFiles(t.Home)...)
	if err := errors.Join(append(errs, err)...); err != nil {
		return nil, err
	}
	var lacks []plan.Change
	if open != nil {
		lacks = append(lacks, t.chmod(keepOwn, "keep keystores their owner's", open))
	}
	if found != "" {
		lacks = append(lacks, t.chmod(keepFrom, "keep everybody from writing the product", render.WritableFiles(t.Home)))
	}
	return lacks, nil
}

func (t FileModes) chmod(script, does string, args []string) plan.Run {
	return plan.Run{Cmd: remote.Cmd{Argv: append([]string{"sh", "-c", script, "sh"}, args...), User: t.User}, Does: does}
}
