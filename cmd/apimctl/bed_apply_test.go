package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"apimctl/playbooks"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

const mark = `touch /var/tmp/bed-mark; sleep 0.02`

// touched lists what was written since mark. What sshd, sudo and a running node note of themselves does not count.
const touched = `find / -xdev -newer /var/tmp/bed-mark ! -path '/var/log*' ! -path /tmp ! -path '/var/lib/systemd*' ! -path '/run*' \
	! -path '/opt/wso2/releases/*/repository/logs/*' ! -path '/var/lib/private*' ! -path /var/lib/sudo ! -path '/var/lib/sudo/*' ! -path '/tmp/hsperfdata_*' \
	! -path /home/deploy ! -path /home/deploy/.sudo_as_admin_successful`

// unchanged wants that no file of any node was written since mark.
func (b *bed) unchanged(t *testing.T) {
	t.Helper()
	for node, files := range b.onNodes(t, touched, "") {
		if files != "" {
			t.Errorf("%s: these were written:\n%s", node, files)
		}
	}
}

func bedFirst(t *testing.T, b *bed) {
	b.wipe(t)
	inv, saved := b.inventory(t, "first"), filepath.Join(t.TempDir(), "first.plan")
	b.onNodes(t, mark, "")
	r := b.wants(t, exitChanges, "plan", "-i", inv, "--out", saved)
	b.unchanged(t)
	for _, want := range []string{
		"(0600 wso2carbon:wso2)", `+ server.hostname = "gw.am.wso2.com"`, `+ apim.key_manager.service_url = "https://api.am.wso2.com:9443/services/"`,
		"start wso2-gateway (it is not started yet)", " on 4 hosts",
	} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the plan does not show %q", want)
		}
	}
	b.savedPlan(t, saved)

	stop := b.sampleArguments(t)
	done := b.wants(t, exitOK, "apply", saved, "-i", inv, "--output", "json")
	stop()
	b.didWhatWasPlanned(t, saved, done.out)
}

// savedPlan wants a file that shows no password and that nobody else reads.
func (b *bed) savedPlan(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	info, err2 := os.Stat(path)
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	b.showsNoSecret(t, "the saved plan", string(data))
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the saved plan has mode %v", info.Mode())
	}
}

// didWhatWasPlanned wants the events of an apply to be the changes of a plan: each once, each done, none besides.
func (b *bed) didWhatWasPlanned(t *testing.T, saved, events string) {
	t.Helper()
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	had := map[string]int{}
	for l := range strings.Lines(events) {
		var e playbooks.Event
		if err := json.Unmarshal([]byte(l), &e); err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		if e.Kind == playbooks.ChangeDone {
			had[e.Host+": "+e.Task+": "+e.Change]++
		}
	}
	was, err := plan.Load(data)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{}
	for _, g := range plan.Group(was.Plan) {
		for _, c := range g.Changes {
			if c.String() == "make directory "+playbooks.State {
				continue // the lock was there first, and has made it
			}
			for _, h := range g.Hosts {
				want[h+": "+g.Task+": "+c.String()]++
			}
		}
	}
	if len(want) < 40 || !maps.Equal(had, want) {
		t.Errorf("done was\n%v\nplanned was\n%v", had, want)
	}
}

// sampleArguments looks at the arguments of every process of every node, until the function that it returns is called. That wants to
// have seen what apimctl runs, and no password.
func (b *bed) sampleArguments(t *testing.T) func() {
	t.Helper()
	const loop = `rm -f /var/tmp/bed-stop; while [ ! -e /var/tmp/bed-stop ]; do cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n'; sleep 0.5; done`
	seen := make([]bytes.Buffer, len(b.nodes))
	cmds := make([]*exec.Cmd, len(b.nodes))
	for i, n := range b.nodes {
		cmds[i] = b.exec(n, loop, "")
		cmds[i].Stdout = &seen[i]
		if err := cmds[i].Start(); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		t.Helper()
		b.onNodes(t, "touch /var/tmp/bed-stop", "")
		for i, n := range b.nodes {
			if err := cmds[i].Wait(); err != nil {
				t.Error(err)
			}
			text := seen[i].String()
			if !strings.Contains(text, "-Dcarbon.home=") || !strings.Contains(text, "sudo\n") {
				t.Errorf("%s: the samples show neither sudo nor a JVM: they are none", n)
			}
			b.showsNoSecret(t, n+": an argument list", text)
		}
	}
}

func bedSecond(t *testing.T, b *bed) {
	inv, saved := b.inventory(t, "second"), filepath.Join(t.TempDir(), "second.plan")
	before := b.processes(t)
	b.onNodes(t, mark, "")
	r := b.wants(t, exitOK, "apply", "-i", inv, "--yes")
	if want := "nothing to do: 4 hosts are as the inventory says\n"; r.out != want {
		t.Errorf("it says %q, not %q", r.out, want)
	}
	b.unchanged(t)
	if now := b.processes(t); !maps.Equal(now, before) {
		t.Errorf("processes were %v, and are %v", before, now)
	}
	b.healthy(t, inv)
	b.wants(t, exitOK, "plan", "-i", inv, "--out", saved)
	b.config["gw-2"] = "moved"
	if r := b.wants(t, exitError, "apply", saved, "-i", b.inventory(t, "moved")); !strings.Contains(r.err, errMoved.Error()) {
		t.Errorf("a plan that the world has left behind: %s", r.err)
	}
	b.config["gw-2"] = "first"
}

// healthy wants every node to run and to be well, by the command's own account.
func (b *bed) healthy(t *testing.T, inv string) {
	t.Helper()
	var found []nodeStatus
	if err := json.Unmarshal([]byte(b.wants(t, exitOK, "status", "-i", inv, "--output", "json").out), &found); err != nil {
		t.Fatal(err)
	}
	if len(found) != len(b.nodes) {
		t.Errorf("status names %d nodes", len(found))
	}
	for _, f := range found {
		if f.State != "running" || f.Health != "healthy" || f.Version != "4.6.0" || f.Release == "" {
			t.Errorf("status of %s: %+v", f.Host, f)
		}
	}
}

// bedSecrets looks for the planted passwords in every file of every node.
func bedSecrets(t *testing.T, b *bed) {
	const find = `grep -rlaFf - /etc /home /mnt /opt /root /srv /tmp /usr/local /var --exclude-dir=proc 2>/dev/null | while read -r f; do stat -c '%a %U %n' "$f"; done`
	for node, files := range b.onNodes(t, find, strings.Join(b.secrets, "\n")+"\n") {
		holds := 0
		for l := range strings.Lines(files) {
			if l = strings.TrimSpace(l); generated(l) {
				continue
			}
			holds++
			if !strings.HasPrefix(l, "600 wso2carbon ") || !strings.HasSuffix(l, "/repository/conf/deployment.toml") {
				t.Errorf("%s: a password is in %s", node, l)
			}
		}
		if holds == 0 {
			t.Errorf("%s: no file holds a password: this looks in the wrong place", node)
		}
	}
}

// generated are the files that the product writes itself when it starts, with what deployment.toml says, under its own umask
// (product-facts.md §6): no tool can keep it from that, and none of them is apimctl's.
func generated(line string) bool {
	for _, name := range []string{
		"/repository/conf/user-mgt.xml", "/repository/conf/api-manager.xml", "/repository/conf/datasources/master-datasources.xml",
		"/repository/conf/tomcat/catalina-server.xml", "/repository/conf/carbon.xml", "/repository/conf/axis2/axis2.xml",
		"/repository/conf/identity/identity.xml", "/repository/resources/conf/.metadata/references.properties",
	} {
		if strings.HasSuffix(line, name) {
			return true
		}
	}
	return false
}

// bedContract holds two real machines to what every Conn does: one whose sudo asks nothing, one whose sudo wants a password.
func bedContract(t *testing.T, b *bed) {
	target := remote.Target{
		User: "deploy", Agent: "none", Config: "none", Keys: []string{b.dir + "/id_ed25519"}, KnownHosts: []string{b.dir + "/known_hosts"}, Become: true,
	}
	for name, at := range map[string]string{"aio-1": "BED_AIO_1", "gw-2": "BED_GW_2"} {
		t.Run(name, func(t *testing.T) {
			target.Name, target.Address = name, b.vars[at]
			target.BecomePassword = ""
			if name == "gw-2" {
				target.BecomePassword = remote.Secret(b.vars["BED_SUDO_PASSWORD"])
			}
			dialer := &remote.Dialer{}
			h, err := dialer.Dial(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			n := 0
			remotetest.Contract(t, func(t *testing.T) (remote.Conn, string) {
				n++
				dir := fmt.Sprintf("/var/tmp/contract-%d", n)
				for _, f := range []remote.File{{}, remote.Dir(0o755, "root:root")} {
					if err := h.Put(t.Context(), dir, f); err != nil {
						t.Fatal(err)
					}
				}
				return h, dir
			}, remotetest.Terms{Absent: []string{"/nowhere/bin/java", "-version"}})
			b.on(t, name, "rm -rf /var/tmp/contract-*")
		})
	}
}

func bedOneNode(t *testing.T, b *bed) {
	before := b.processes(t)
	b.config["gw-2"] = "second"
	r := b.wants(t, exitOK, "apply", "-i", b.inventory(t, "one"), "--yes")
	if strings.Contains(r.out, "  aio-") || strings.Contains(r.out, "  gw-1") {
		t.Errorf("others than gw-2 are named:\n%s", r.out)
	}
	for node, now := range b.processes(t) {
		if changed := now != before[node]; changed != (node == "gw-2") {
			t.Errorf("%s: its process was %q, and is %q", node, before[node], now)
		}
	}
}
