package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A trouble is something wrong with a host or the inventory, and how it is mended. What a user sees of it is a golden file.
type trouble struct {
	name          string
	command       string   // that meets it; "" is apply
	then          string   // a command that mends it, which is shown too
	status        int      // of the command that meets it
	changes       []string // nodes that change, so that apply has something to do there
	edits, env    []string // of the inventory, as bed.inventory takes them, and of the environment
	breaks, mends map[string]string
	keeps         bool // the edits stay once it is mended
}

const (
	crash = `printf 'start.seconds=40\ncrash.after=5\ncrash.status=3\n' >/opt/wso2/gateway/repository/conf/standin.properties`
	never = `printf 'start.seconds=0.2\nnever.healthy=true\n' >/opt/wso2/gateway/repository/conf/standin.properties`
	hang  = `printf 'start.seconds=0.2\nhang.on.stop=true\n' >/opt/wso2/gateway/repository/conf/standin.properties
systemctl stop wso2-gateway && log=/opt/wso2/gateway/repository/logs/wso2carbon.log && : >$log && systemctl start wso2-gateway
until grep -q 'WSO2 Carbon started' $log; do sleep 0.3; done
` + quick  // of the next start
	later   = `printf 'start.seconds=0.2\ncrash.after=20\ncrash.status=3\n' >/opt/wso2/gateway/repository/conf/standin.properties`
	lies    = `printf 'start.seconds=0.2\nfalse.200=true\nnever.healthy=true\n' >/opt/wso2/gateway/repository/conf/standin.properties`
	partly  = `printf 'start.seconds=0.2\nundeployed=PizzaShackAPI\n' >/opt/wso2/gateway/repository/conf/standin.properties`
	quick   = `echo start.seconds=0.2 >/opt/wso2/gateway/repository/conf/standin.properties`
	java    = `cd /usr/lib/jvm/java-17-openjdk-amd64 && `
	mariadb = `systemctl start mariadb && until mariadb -e 'SELECT 1' >/dev/null 2>&1; do sleep 0.3; done`
)

func (b *bed) troubles(t *testing.T) []trouble {
	unknown, changed := b.knownHosts(t)
	return []trouble{
		{name: "node-dies", status: exitGate, changes: []string{"gw-1", "gw-2"}, breaks: map[string]string{"gw-1": crash}, mends: map[string]string{"gw-1": quick}},
		{name: "node-dies-later", status: exitGate, changes: []string{"gw-1", "gw-2"}, edits: []string{"in_a_row: 2", "in_a_row: 2, settle: 25s"}, breaks: map[string]string{"gw-1": later}, mends: map[string]string{"gw-1": quick + " && systemctl stop wso2-gateway"}},
		{name: "node-hangs", command: "restart --limit gw-2", then: "restart --force --limit gw-2", status: exitError, edits: []string{"in_a_row: 2", "in_a_row: 2, stop: 10s"}, breaks: map[string]string{"gw-2": hang}},
		{name: "node-hangs-apply", then: "stop --force --limit gw-2", status: exitError, changes: []string{"gw-1", "gw-2"}, edits: []string{"in_a_row: 2", "in_a_row: 2, stop: 10s"}, breaks: map[string]string{"gw-2": hang}},
		{name: "never-healthy", status: exitGate, changes: []string{"gw-2"}, breaks: map[string]string{"gw-2": never}, mends: map[string]string{"gw-2": quick}},
		{name: "false-200", status: exitGate, changes: []string{"gw-1", "gw-2"}, breaks: map[string]string{"gw-1": lies}, mends: map[string]string{"gw-1": quick}},
		{name: "api-not-deployed", status: exitGate, changes: []string{"gw-2"}, breaks: map[string]string{"gw-2": partly}, mends: map[string]string{"gw-2": quick}},
		{name: "database-down", status: exitError, changes: []string{"aio-1", "gw-1"}, breaks: map[string]string{"db": `systemctl stop mariadb`}, mends: map[string]string{"db": mariadb}},
		{name: "database-password", status: exitError, env: []string{"BED_APIM_DB_PASSWORD=not-this-planted-one"}},
		{name: "host-key-unknown", status: exitUnreachable, edits: []string{b.dir + "/known_hosts", unknown}},
		{name: "host-key-changed", status: exitUnreachable, edits: []string{b.dir + "/known_hosts", changed}},
		{name: "sudo-password", status: exitUnreachable, edits: []string{`{become_password: "${env:BED_SUDO_PASSWORD}"}`, `{}`}},
		{name: "java-missing", status: exitError, breaks: map[string]string{"gw-2": `mv /usr/lib/jvm /usr/lib/jvm.away`}, mends: map[string]string{"gw-2": `mv /usr/lib/jvm.away /usr/lib/jvm`}},
		{
			name: "java-too-old", status: exitError, mends: map[string]string{"gw-2": java + `mv release.away release`},
			breaks: map[string]string{"gw-2": java + `mv release release.away && echo 'JAVA_VERSION="1.8.0_402"' >release`},
		},
		{name: "not-a-distribution", status: exitUsage, edits: []string{"gateway: ../dist/wso2am-universal-gw-4.6.0.zip", "gateway: mariadb-java-client.jar"}},
		{name: "wrong-distribution", status: exitUsage, edits: []string{"all-in-one: ../dist/wso2am-4.6.0.zip", "all-in-one: ../dist/wso2am-universal-gw-4.6.0.zip"}},
		{
			name: "disk-full", status: exitError, edits: []string{"gw-2: {", "gw-2: {install: {dir: /mnt/small/wso2}, "}, keeps: true,
			breaks: map[string]string{"gw-2": `head -c 7M /dev/zero >/mnt/small/filler`}, mends: map[string]string{"gw-2": `rm /mnt/small/filler`},
		},
	}
}

// knownHosts are two files: one without gw-2, one with another machine's keys for it.
func (b *bed) knownHosts(t *testing.T) (unknown, changed string) {
	t.Helper()
	data, err := os.ReadFile(b.dir + "/known_hosts")
	if err != nil {
		t.Fatal(err)
	}
	var without, with strings.Builder
	for l := range strings.Lines(string(data)) {
		if !strings.HasPrefix(l, b.vars["BED_GW_2"]+" ") {
			without.WriteString(l)
		}
		if key, ok := strings.CutPrefix(l, b.vars["BED_AIO_1"]+" "); ok {
			with.WriteString(b.vars["BED_GW_2"] + " " + key)
		}
	}
	unknown, changed = b.dir+"/test-unknown", b.dir+"/test-changed"
	for path, text := range map[string]string{unknown: without.String(), changed: without.String() + with.String()} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Remove(path) })
	}
	return unknown, changed
}

func bedTroubles(t *testing.T, b *bed) {
	b.secrets = append(b.secrets, "not-this-planted-one")
	b.wants(t, exitOK, "apply", "-i", b.inventory(t, "before"), "--yes")
	for _, x := range b.troubles(t) {
		t.Run(x.name, func(t *testing.T) { b.meets(t, x) })
	}
}

// meets has a command meet a trouble, holds what it says to the golden file, mends what was wrong, and applies again.
func (b *bed) meets(t *testing.T, x trouble) {
	for _, n := range x.changes {
		b.config[n] = x.name
	}
	before := b.processes(t)
	short := append([]string{"for: 60s", "for: 15s"}, x.edits...)
	for host, script := range x.breaks {
		b.on(t, host, script)
	}
	inv := b.inventory(t, "trouble", short...)
	said := b.told(t, x.status, x.env, cmp.Or(x.command, "apply"), inv) + b.outcome(t, before)
	for host, script := range x.mends {
		b.on(t, host, script)
	}
	if x.then != "" {
		said += b.told(t, exitOK, x.env, x.then, inv) + b.outcome(t, before)
	}
	b.golden(t, x.name, said)
	if x.keeps {
		b.edits = x.edits
	}
	b.wants(t, exitOK, "apply", "-i", b.inventory(t, "mended"), "--yes")
}

// told is all that a user sees of a command, which is to end with a status.
func (b *bed) told(t *testing.T, status int, env []string, command, inventory string) string {
	t.Helper()
	r := b.runWith(t, env, append(strings.Fields(command), "-i", inventory, "--yes")...)
	if r.status != status {
		t.Errorf("apimctl %s: exit status %d, not %d", command, r.status, status)
	}
	return fmt.Sprintf("$ apimctl %s -i inventory.yaml --yes\n%s-- stderr --\n%s-- exit status %d --\n", command, r.out, r.err, r.status)
}

// outcome says of every node how it is now.
func (b *bed) outcome(t *testing.T, before map[string]string) string {
	t.Helper()
	stamps := b.onNodes(t, `ls /var/lib/apimctl/*.stamp 2>/dev/null || true`, "")
	now := b.processes(t)
	var s strings.Builder
	for _, n := range b.nodes {
		switch {
		case stamps[n] == "":
			fmt.Fprintf(&s, "%s: has no stamp: the next run starts it\n", n)
		case now[n] == before[n]:
			fmt.Fprintf(&s, "%s: runs as before\n", n)
		default:
			fmt.Fprintf(&s, "%s: runs anew\n", n)
		}
	}
	return s.String()
}

// varying is what differs from run to run and from bed to bed.
var varying = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`(?m)^warning.*\n`), ""},
	{regexp.MustCompile(`(?m)^.*: still waiting after .*\n`), ""},
	{regexp.MustCompile(`(?m)^\s+(at |\.\.\. \d+ more).*\n`), ""},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?(\+\d{4})?`), "TIME"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:FINGERPRINT"},
	{regexp.MustCompile(`\b[0-9a-f]{64}\b`), "DIGEST"},
	{regexp.MustCompile(`(-4\.6\.0-)[0-9a-f]{8}\b`), "${1}DIGEST"},
	{regexp.MustCompile(`process \d+`), "process N"},
	{regexp.MustCompile(`conn=\d+`), "conn=N"},
	{regexp.MustCompile(`\b\d+ MB\b`), "N MB"},
	{regexp.MustCompile(`\b10\.90\.\d+\.`), "10.90.0."},
}

// golden holds a transcript to testdata/bed/NAME.golden. UPDATE_GOLDEN=1 writes that.
func (b *bed) golden(t *testing.T, name, had string) {
	t.Helper()
	had = strings.NewReplacer(b.dir, "BED", filepath.Dir(b.dir), "BED/..").Replace(had)
	for _, v := range varying {
		had = v.is.ReplaceAllString(had, v.as)
	}
	path := "testdata/bed/" + name + ".golden"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll("testdata/bed", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(had), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if had != string(want) {
		t.Errorf("it says\n%s\nand not, as %s\n%s", had, path, want)
	}
}
