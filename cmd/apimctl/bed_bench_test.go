package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A bed is the machines, and the command as a user has it.
type bed struct {
	dir     string // of its inventory and keys
	binary  string
	vars    map[string]string // of the file env
	secrets []string          // nothing may show one
	nodes   []string
	config  map[string]string // a setting of each node's own: changing it is a change of its deployment.toml
	edits   []string          // old, new, ...: of the inventory, for good
}

// bedDir is the folder that up.sh wrote for the test bed. Without one the test is skipped.
func bedDir(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("APIMCTL_BED")
	if dir == "" {
		t.Skip("APIMCTL_BED names no test bed")
	}
	return filepath.Clean(dir) // messages name files so, and golden files are held to them
}

func openBed(t *testing.T) *bed {
	t.Helper()
	dir := bedDir(t)
	b := &bed{
		dir: dir, binary: filepath.Join(t.TempDir(), "apimctl"), vars: map[string]string{}, config: map[string]string{},
	}
	text, err := os.ReadFile(dir + "/env")
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), "=")
		b.vars[name] = value
		host := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, "BED_"), "_", "-"))
		switch {
		case strings.HasSuffix(name, "_PASSWORD"):
			b.secrets = append(b.secrets, value)
		case strings.HasPrefix(host, "aio-"), strings.HasPrefix(host, "gw-"):
			b.nodes = append(b.nodes, host)
		}
	}
	if len(b.secrets) != 4 {
		t.Fatalf("%s/env has %d passwords, not 4", dir, len(b.secrets))
	}
	for _, n := range b.nodes {
		b.config[n] = "first"
	}
	if out, err := exec.Command("go", "build", "-o", b.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return b
}

// inventory writes the bed's inventory, with edits (old, new, ...), and is its path.
func (b *bed) inventory(t *testing.T, name string, edits ...string) string {
	t.Helper()
	data, err := os.ReadFile(b.dir + "/inventory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"\ninstall:", "\ngate: {every: 300ms, for: 60s, in_a_row: 2}\ninstall:"}
	for _, n := range b.nodes {
		all = append(all, n+": {", fmt.Sprintf(`%s: {config: {apim.cors.allow_origins: "https://%s.example.com"}, `, n, b.config[n]))
	}
	text := string(data)
	for pair := range slices.Chunk(slices.Concat(all, b.edits, edits), 2) {
		if !strings.Contains(text, pair[0]) {
			t.Fatalf("the inventory does not say %q", pair[0])
		}
		text = strings.Replace(text, pair[0], pair[1], 1)
	}
	path := b.dir + "/test-" + name + ".yaml"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(path) })
	return path
}

// repack copies a distribution to beside the bed's inventory, with one file more.
func (b *bed) repack(t *testing.T, product, name string, data io.Reader) {
	t.Helper()
	r, err := zip.OpenReader(b.dir + "/../dist/" + product + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	f, err := os.Create(b.dir + "/" + product + ".zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(f.Name()) })
	w := zip.NewWriter(f)
	for _, e := range r.File {
		if err := w.Copy(e); err != nil {
			t.Fatal(err)
		}
	}
	h := &zip.FileHeader{Name: product + "/" + name, Method: zip.Store}
	h.SetMode(0o644)
	more, err := w.CreateHeader(h)
	if err == nil {
		_, err = io.Copy(more, data)
	}
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// A result is what a run of the command came to.
type result struct {
	status   int
	out, err string
}

// command is the command with the bed's environment; more (NAME=VALUE) comes after that.
func (b *bed) command(more []string, args ...string) *exec.Cmd {
	cmd := exec.Command(b.binary, args...)
	cmd.Dir = b.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir}
	for name, value := range b.vars {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, more...)
	return cmd
}

// run runs the command to its end. Whatever it is, it shows no password.
func (b *bed) run(t *testing.T, args ...string) result {
	t.Helper()
	return b.runWith(t, nil, args...)
}

func (b *bed) runWith(t *testing.T, env []string, args ...string) result {
	t.Helper()
	var out, errOut bytes.Buffer
	cmd := b.command(env, args...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := result{cmd.ProcessState.ExitCode(), out.String(), errOut.String()}
	b.showsNoSecret(t, fmt.Sprintf("apimctl %q", args), r.out+r.err)
	return r
}

// wants is a run that ends with a status.
func (b *bed) wants(t *testing.T, status int, args ...string) result {
	t.Helper()
	r := b.run(t, args...)
	if r.status != status {
		t.Fatalf("apimctl %q: exit status %d, not %d\n%s%s", args, r.status, status, r.out, r.err)
	}
	return r
}

func (b *bed) showsNoSecret(t *testing.T, what, text string) {
	t.Helper()
	for _, s := range b.secrets {
		if strings.Contains(text, s) {
			t.Errorf("%s shows a password", what)
		}
	}
}

func (b *bed) exec(host, script, input string) *exec.Cmd {
	cmd := exec.Command("docker", "exec", "-i", b.vars["BED_PROJECT"]+"-"+host, "sh", "-c", script)
	cmd.Stdin = strings.NewReader(input)
	return cmd
}

// on runs a script on a host as root, past apimctl, and is what it says.
func (b *bed) on(t *testing.T, host, script string) string {
	t.Helper()
	out, err := b.exec(host, script, "").CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", host, script, err, out)
	}
	return string(out)
}

// onNodes runs a script on every node, side by side, and is what each says.
func (b *bed) onNodes(t *testing.T, script, input string) map[string]string {
	t.Helper()
	said := make([]string, len(b.nodes))
	errs := make([]error, len(b.nodes))
	var wg sync.WaitGroup
	for i, n := range b.nodes {
		wg.Go(func() {
			out, err := b.exec(n, script, input).CombinedOutput()
			if said[i] = string(out); err != nil {
				errs[i] = fmt.Errorf("%s: %s: %w\n%s", n, script, err, out)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for i, n := range b.nodes {
		all[n] = said[i]
	}
	return all
}

// wipe makes the nodes bare again: the tests may run on a bed that was used.
func (b *bed) wipe(t *testing.T) {
	t.Helper()
	b.onNodes(t, `
for u in wso2-all-in-one wso2-gateway; do systemctl disable --now $u >/dev/null 2>&1; rm -f /etc/systemd/system/$u.service; done
systemctl daemon-reload; systemctl reset-failed
pkill -KILL -u wso2carbon # where there is no systemd
rm -rf /opt/wso2 /mnt/small/* /var/lib/apimctl /var/tmp/contract-*
! getent passwd wso2carbon >/dev/null || userdel wso2carbon
! getent group wso2 >/dev/null || groupdel wso2
sed '/^# apimctl .* begin$/,/^# apimctl .* end$/d' /etc/hosts >/var/tmp/hosts && cat /var/tmp/hosts >/etc/hosts && rm /var/tmp/hosts`, "")
}

// processes tells each node's JVM from every other: its number and when it started; "none" where none runs.
func (b *bed) processes(t *testing.T) map[string]string {
	t.Helper()
	return b.onNodes(t, `
pid=$(cat /opt/wso2/all-in-one/wso2carbon.pid /opt/wso2/gateway/wso2carbon.pid 2>/dev/null | tr -cd 0-9)
[ -n "$pid" ] && cut -d' ' -f1,22 "/proc/$pid/stat" 2>/dev/null || echo none`, "")
}
