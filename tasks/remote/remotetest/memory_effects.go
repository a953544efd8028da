package remotetest

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"apimctl/tasks/remote"
)

// A unit of systemd.
type unit struct{ active, enabled bool }

func (m *Memory) commonEffects() map[string]Effect {
	nothing := func(remote.Cmd) error { return nil }
	return map[string]Effect{
		"chown":     nothing,
		"false":     func(remote.Cmd) error { return status(1, "") },
		"groupadd":  m.groupadd,
		"keytool":   nothing,
		"kill":      nothing,
		"mkdir":     m.mkdir,
		"nginx":     nothing,
		"printenv":  printenv,
		"sh":        nothing,
		"systemctl": m.systemctl,
		"tee":       m.tee,
		"true":      nothing,
		"useradd":   m.useradd,
		"usermod":   nothing,
	}
}

func (m *Memory) tee(cmd remote.Cmd) error {
	return m.effectPut(cmd.Argv[len(cmd.Argv)-1], remote.File{Mode: 0o644, Data: []byte(cmd.Stdin.Reveal())})
}

func (m *Memory) mkdir(cmd remote.Cmd) error {
	p := cmd.Argv[len(cmd.Argv)-1]
	if m.At(p).Exists() {
		return status(1, "mkdir: "+p+": File exists")
	}
	return m.effectPut(p, remote.Dir(0o755, ""))
}

// effectPut is a Put that is not counted: a command does it.
func (m *Memory) effectPut(p string, f remote.File) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.follow(p)
	if err == nil {
		err = m.put(at, f)
	}
	if err != nil {
		return status(1, err.Error())
	}
	return nil
}

func printenv(cmd remote.Cmd) error {
	if _, ok := cmd.Env[cmd.Argv[1]]; !ok {
		return status(1, "")
	}
	return nil
}

func (m *Memory) add(file, line string) error {
	f := m.At(file)
	f.Data = append(f.Data, line...)
	return m.effectPut(file, f)
}

func (m *Memory) groupadd(cmd remote.Cmd) error {
	name := cmd.Argv[len(cmd.Argv)-1]
	if m.line("/etc/group", name) != nil {
		if slices.Contains(cmd.Argv, "--force") {
			return nil
		}
		return status(9, "groupadd: group '"+name+"' already exists")
	}
	return m.add("/etc/group", fmt.Sprintf("%s:x:%d:\n", name, m.nextID("/etc/group")))
}

func (m *Memory) nextID(file string) int {
	return 998 - strings.Count(string(m.At(file).Data), "\n")
}

// useradd knows -g and -d; a user without -g gets a group of its own name.
func (m *Memory) useradd(cmd remote.Cmd) error {
	argv := cmd.Argv
	name := argv[len(argv)-1]
	if m.line("/etc/passwd", name) != nil {
		return status(9, "useradd: user '"+name+"' already exists")
	}
	group, home := name, "/home/"+name
	for i, a := range argv[:len(argv)-1] {
		switch a {
		case "-g", "--gid":
			group = argv[i+1]
		case "-d", "--home-dir", "--home":
			home = argv[i+1]
		}
	}
	if m.line("/etc/group", group) == nil {
		if group != name {
			return status(6, "useradd: group '"+group+"' does not exist")
		}
		if err := m.groupadd(remote.Cmd{Argv: []string{"groupadd", group}}); err != nil {
			return err
		}
	}
	gid := m.line("/etc/group", group)[2]
	return m.add("/etc/passwd", fmt.Sprintf("%s:x:%d:%s::%s:/usr/sbin/nologin\n", name, m.nextID("/etc/passwd"), gid, home))
}

func (m *Memory) unit(name string) *unit {
	name = strings.TrimSuffix(name, ".service")
	if m.units[name] == nil {
		m.units[name] = &unit{}
	}
	return m.units[name]
}

// Active says whether the systemd unit runs.
func (m *Memory) Active(name string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.unit(name).active
}

// SetActive makes the systemd unit run or not, uncounted.
func (m *Memory) SetActive(name string, active bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unit(name).active = active
}

func (m *Memory) systemctl(cmd remote.Cmd) error {
	verb, names := words(cmd.Argv)
	for _, name := range names {
		if !m.At("/etc/systemd/system/" + strings.TrimSuffix(name, ".service") + ".service").Exists() {
			return status(5, "Unit "+name+" not found.")
		}
		m.mu.Lock()
		u := m.unit(name)
		switch verb {
		case "start", "restart", "reload-or-restart":
			u.active = true
		case "stop":
			u.active = false
		case "enable":
			u.enabled = true
		case "disable":
			u.enabled = false
		}
		m.mu.Unlock()
	}
	return nil
}

func words(argv []string) (verb string, names []string) {
	for _, a := range argv[1:] {
		switch {
		case strings.HasPrefix(a, "-"):
		case verb == "":
			verb = a
		default:
			names = append(names, path.Base(a))
		}
	}
	return verb, names
}

func (m *Memory) systemctlQuery(argv []string) (string, error) {
	verb, names := words(argv)
	if len(names) == 0 {
		return "running\n", nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.unit(names[len(names)-1])
	switch {
	case verb == "is-active" && !u.active:
		return "inactive\n", status(3, "")
	case verb == "is-active":
		return "active\n", nil
	case verb == "is-enabled" && !u.enabled:
		return "disabled\n", status(1, "")
	case verb == "is-enabled":
		return "enabled\n", nil
	}
	return "", status(1, "")
}
