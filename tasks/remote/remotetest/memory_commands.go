package remotetest

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"apimctl/tasks/remote"
)

// Answer has queries whose argv[0] is name answered by f; nil takes the command away, so that it ends with status 127.
func (m *Memory) Answer(name string, f Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers[name] = f
}

// Effect has commands whose argv[0] is name do f; nil takes the command away, so that it ends with status 127.
func (m *Memory) Effect(name string, f Effect) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.effects[name] = f
}

// Ran are the commands that were run, in order, with their secrets.
func (m *Memory) Ran() []remote.Cmd {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ran)
}

// Run does the effect of cmd. argv[0] is looked up whole, then by what stands behind its last slash.
func (m *Memory) Run(ctx context.Context, cmd remote.Cmd) error {
	if err := errors.Join(ctx.Err(), m.mutate()); err != nil {
		return err
	}
	m.mu.Lock()
	m.ran = append(m.ran, cmd)
	f := known(m.effects, cmd.Argv[0])
	m.mu.Unlock()
	if f == nil {
		return &remote.ExitError{Code: 127, Stderr: cmd.Argv[0] + ": not found"}
	}
	return f(cmd)
}

// Output runs a command as Run does. What it says is what the table of answers has for it.
func (m *Memory) Output(ctx context.Context, cmd remote.Cmd) (string, error) {
	m.mu.Lock()
	f := known(m.answers, cmd.Argv[0])
	m.mu.Unlock()
	if f == nil {
		return "", m.Run(ctx, cmd)
	}
	if err := errors.Join(ctx.Err(), m.mutate()); err != nil {
		return "", err
	}
	m.mu.Lock()
	m.ran = append(m.ran, cmd)
	m.mu.Unlock()
	return f(cmd.Argv)
}

func (m *Memory) answer(argv []string) (string, error) {
	name := argv[0]
	m.mu.Lock()
	_, exact := m.answers[name]
	f := known(m.answers, name)
	m.mu.Unlock()
	gone := strings.HasPrefix(name, "/") && !exact && !m.At(name).Exists()
	switch {
	case f != nil && !gone:
		return f(argv)
	case exact || gone:
		return "", status(127, name+": not found")
	}
	return "", fmt.Errorf("%s: not a command that only reads", name)
}

func known[T any](table map[string]T, name string) T {
	if f, ok := table[name]; ok {
		return f
	}
	return table[name[strings.LastIndex(name, "/")+1:]]
}

func status(code int, text string) error { return &remote.ExitError{Code: code, Stderr: text} }

func fixed(out string) Answer { return func([]string) (string, error) { return out, nil } }

const javaVersion = "openjdk 17.0.11 2024-04-16\nOpenJDK Runtime Environment (build 17.0.11+9)\nOpenJDK 64-Bit Server VM (build 17.0.11+9, mixed mode)\n"

func (m *Memory) commonAnswers() map[string]Answer {
	uname := map[string]string{"-s": "Linux\n", "-m": "x86_64\n", "-r": "6.1.0-amd64\n", "-n": "memory\n"}
	return map[string]Answer{
		"cat":       m.cat,
		"command":   func(argv []string) (string, error) { return "/usr/bin/" + argv[len(argv)-1] + "\n", nil },
		"date":      fixed("1893456000\n"),
		"df":        fixed("Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 104857600 1048576 103809024 1% /\n"),
		"false":     func([]string) (string, error) { return "", status(1, "") },
		"getent":    m.getent,
		"head":      m.cat,
		"hostname":  fixed("memory\n"),
		"id":        m.id,
		"java":      fixed(javaVersion),
		"ls":        m.ls,
		"nproc":     fixed("4\n"),
		"ps":        m.ps,
		"readlink":  m.readlink,
		"stat":      m.stat,
		"systemctl": m.systemctlQuery,
		"tail":      m.cat,
		"test":      m.test,
		"true":      fixed(""),
		"uname":     func(argv []string) (string, error) { return uname[argv[len(argv)-1]], nil },
	}
}

// cat also serves tail and head: more lines than were asked for harm no one.
func (m *Memory) cat(argv []string) (out string, err error) {
	for _, p := range argv[1:] {
		f := m.At(p)
		switch {
		case f.Exists():
			out += string(f.Data)
		case strings.HasPrefix(p, "/"):
			err = status(1, p+": No such file or directory")
		}
	}
	return out, err
}

// ls knows one directory.
func (m *Memory) ls(argv []string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	dir, err := m.follow(argv[len(argv)-1] + "/.")
	if dir = path.Clean(dir); err != nil || !m.files[dir].IsDir() {
		return "", status(2, dir+": No such file or directory")
	}
	var names []string
	for p := range m.files {
		if path.Dir(p) == dir && p != dir {
			names = append(names, path.Base(p)+"\n")
		}
	}
	slices.Sort(names)
	return strings.Join(names, ""), nil
}

// stat knows -c '%i %s': one number for all inodes.
func (m *Memory) stat(argv []string) (string, error) {
	p := argv[len(argv)-1]
	f := m.At(p)
	if !f.Exists() || !slices.Contains(argv, "%i %s") {
		return "", status(1, p+": No such file or directory")
	}
	return fmt.Sprintf("1 %d\n", len(f.Data)), nil
}

// test knows -e, -f, -d, -w and -x of a path. All that is there may be written.
func (m *Memory) test(argv []string) (string, error) {
	f := m.At(argv[len(argv)-1])
	yes := map[string]bool{"-e": f.Exists(), "-f": f.Exists() && f.Mode.IsRegular(), "-d": f.IsDir(), "-w": f.Exists(), "-x": f.Mode&0o111 != 0}
	if !yes[argv[1]] {
		return "", status(1, "")
	}
	return "", nil
}

func (m *Memory) readlink(argv []string) (string, error) {
	p := argv[len(argv)-1]
	m.mu.Lock()
	at, err := m.follow(p + "/.")
	m.mu.Unlock()
	if err != nil || at == p && len(argv) == 2 {
		return "", status(1, "")
	}
	return strings.TrimSuffix(at, "/.") + "\n", nil
}

func (m *Memory) ps(argv []string) (string, error) {
	pid := argv[len(argv)-1]
	if _, err := strconv.Atoi(pid); err != nil || !m.At("/proc/"+pid+"/cmdline").Exists() {
		return "", status(1, "")
	}
	return pid + "\n", nil
}

// line is the line of /etc/passwd or /etc/group that name or a number names.
func (m *Memory) line(file, name string) []string {
	for l := range strings.Lines(string(m.At(file).Data)) {
		f := strings.Split(strings.TrimSpace(l), ":")
		if len(f) > 2 && (f[0] == name || f[2] == name) {
			return f
		}
	}
	return nil
}

func (m *Memory) getent(argv []string) (string, error) {
	if len(argv) == 3 && argv[1] == "ahosts" {
		return m.resolve(argv[2])
	}
	if len(argv) == 3 {
		if l := m.line("/etc/"+argv[1], argv[2]); l != nil {
			return strings.Join(l, ":") + "\n", nil
		}
	}
	return "", status(2, "")
}

// resolve is the addresses of a name: those of /etc/hosts, and its own.
func (m *Memory) resolve(name string) (string, error) {
	out := ""
	if name == "memory" {
		out = "127.0.1.1 STREAM memory\n"
	}
	for l := range strings.Lines(string(m.At("/etc/hosts").Data)) {
		if f := strings.Fields(l); len(f) > 1 && f[0] != "#" && slices.Contains(f[1:], name) {
			out += f[0] + " STREAM " + name + "\n"
		}
	}
	if out == "" {
		return "", status(2, "")
	}
	return out, nil
}

func (m *Memory) id(argv []string) (string, error) {
	name, flags := "root", ""
	for _, a := range argv[1:] {
		if strings.HasPrefix(a, "-") {
			flags += strings.TrimLeft(a, "-")
		} else {
			name = a
		}
	}
	u := m.line("/etc/passwd", name)
	if len(u) < 4 {
		return "", status(1, fmt.Sprintf("id: '%s': no such user", name))
	}
	group := u[3]
	if g := m.line("/etc/group", u[3]); g != nil {
		group = g[0]
	}
	switch flags {
	case "u":
		return u[2] + "\n", nil
	case "g", "G":
		return u[3] + "\n", nil
	case "un", "nu":
		return u[0] + "\n", nil
	case "gn", "ng", "Gn", "nG":
		return group + "\n", nil
	}
	return fmt.Sprintf("uid=%s(%s) gid=%s(%s) groups=%s(%s)\n", u[2], u[0], u[3], group, u[3], group), nil
}
