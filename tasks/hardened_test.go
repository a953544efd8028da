package tasks

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apimctl/render"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// withKernel is a host whose kernel has values of its own, and a sysctl that loads a drop-in.
func withKernel(_ *testing.T, m *remotetest.Memory) {
	for _, s := range render.Sysctls([]int{1}) {
		m.Set("/proc/sys/"+strings.ReplaceAll(s.Key, ".", "/"), remote.File{Mode: 0o644, Owner: "root:root", Data: []byte("1\t2\n")})
	}
	m.Effect("sh", func(cmd remote.Cmd) error {
		for l := range strings.Lines(string(m.At(cmd.Argv[4]).Data)) {
			if key, value, ok := strings.Cut(strings.TrimSpace(l), " = "); ok {
				path := "/proc/sys/" + strings.ReplaceAll(key, ".", "/")
				f := m.At(path)
				f.Data = []byte(strings.ReplaceAll(value, " ", "\t") + "\n")
				m.Set(path, f)
			}
		}
		return nil
	})
}

func withLog(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	text := "rootLogger.level = INFO\nappender.CARBON_LOGFILE.policies.size.size = 50MB"
	m.Set(home+"/repository/conf/log4j2.properties", remote.File{Mode: 0o644, Owner: owner, Data: []byte(text)})
}

// withOpenFiles is a node whose key everybody reads and whose script everybody writes.
func withOpenFiles(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	key, start := home+"/repository/resources/security/wso2carbon.jks", home+"/bin/gateway.sh"
	m.Set(key, remote.File{Mode: 0o644, Owner: owner, Data: []byte("key")})
	m.Set(start, remote.File{Mode: 0o777, Owner: owner})
	m.Answer("find", func(argv []string) (string, error) {
		if slices.Contains(argv, "-0002") && m.At(start).Mode.Perm()&0o002 != 0 {
			return start + "\n", nil
		}
		return "", nil
	})
	m.Effect("sh", func(cmd remote.Cmd) error {
		keeps := map[string]fs.FileMode{keepOwn: fs.ModeType | 0o700, keepFrom: fs.ModeType | 0o775}[cmd.Argv[2]]
		paths := cmd.Argv[4:]
		if cmd.Argv[2] == keepFrom {
			paths = []string{start}
		}
		if cmd.User != "wso2carbon" {
			return &remote.ExitError{Code: 1, Stderr: "not the owner"}
		}
		for _, p := range paths {
			f := m.At(p)
			f.Mode &= keeps
			m.Set(p, f)
		}
		return nil
	})
}

// The scripts, run by a shell: a name may hold a newline, and of links neither they nor what they point at is touched.
func TestFileModesOfOddNames(t *testing.T) {
	dir := t.TempDir()
	odd, other := filepath.Join(dir, "home", "a\nb c"), filepath.Join(dir, "other")
	if err := os.Mkdir(filepath.Join(dir, "home"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{odd, other} {
		err := errors.Join(os.WriteFile(p, nil, 0o600), os.Chmod(p, 0o666))
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other, filepath.Join(dir, "home", "link")); err != nil {
		t.Fatal(err)
	}
	task := FileModes{Home: filepath.Join(dir, "home")}
	for _, change := range []plan.Run{
		task.chmod(keepFrom, "", render.WritableFiles(task.Home)), task.chmod(keepOwn, "", []string{odd}),
	} {
		if out, err := exec.Command(change.Argv[0], change.Argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for p, want := range map[string]fs.FileMode{odd: map[string]fs.FileMode{keepFrom: 0o664, keepOwn: 0o600}[change.Argv[2]], other: 0o666} {
			if info, err := os.Stat(p); err != nil || info.Mode() != want {
				t.Errorf("%s: %q has mode %v, not %v (%v)", change.Argv[2], p, info.Mode(), want, err)
			}
		}
	}
}

// What the operator chose stays: only what is missing is added.
func TestLogRotationKeepsWhatIsThere(t *testing.T) {
	m := host(t)
	withLog(t, m)
	apply(t, planned(t, LogRotation{Path: home + "/repository/conf/log4j2.properties"}, m), m)
	had := string(m.At(home + "/repository/conf/log4j2.properties").Data)
	for _, want := range []string{"size.size = 50MB\n", "strategy.max = 20\n", "time.interval = 1\n", "rootLogger.level = INFO\n"} {
		if strings.Count(had, want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, had)
		}
	}
	if strings.Contains(had, "10MB") {
		t.Errorf("the operator's size is gone:\n%s", had)
	}
}

// A kernel that is not this host's to set, as in a container, gets the drop-in alone.
func TestSysctlThatIsShut(t *testing.T) {
	m := host(t)
	withKernel(t, m)
	m.Answer("test", func([]string) (string, error) { return "", &remote.ExitError{Code: 1} })
	task := Sysctl{Deployment: "prod", Settings: render.Sysctls(nil)}
	begins(t, []string{"make directory /etc/sysctl.d", "write /etc/sysctl.d/90-apimctl-prod.conf"}, planned(t, task, m))
	apply(t, planned(t, task, m), m)
	if again, err := task.Plan(context.Background(), m); err != nil || len(again) > 0 {
		t.Errorf("it still lacks %v (%v)", again, err)
	}
}
