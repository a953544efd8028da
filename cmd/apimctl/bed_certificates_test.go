package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apimctl/playbooks"
)

// A vaultBed is the test bed with certificates of its own. APIMCTL_BED is the folder that up.sh wrote for it.
type vaultBed struct {
	dir, binary, inventory string
	vars                   []string
	project                string
	nodes                  map[string]string // with their roles
}

const (
	bedPassphrase = "BED_PASSPHRASE=planted-passphrase"
	bedStoreWord  = "planted-store-word"
)

func openVaultBed(t *testing.T) *vaultBed {
	t.Helper()
	dir := bedDir(t)
	b := &vaultBed{dir: dir, binary: filepath.Join(t.TempDir(), "apimctl"), inventory: filepath.Join(dir, "test-certificates.yaml"), nodes: bedNodes}
	env, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		t.Fatal(err)
	}
	b.vars = append(strings.Fields(string(env)), "PATH="+os.Getenv("PATH"), "HOME="+dir, "BED_STORE_WORD="+bedStoreWord)
	for _, v := range b.vars {
		if name, ok := strings.CutPrefix(v, "BED_PROJECT="); ok {
			b.project = name
		}
	}
	had, err := os.ReadFile(filepath.Join(dir, "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(had) + `
gate: {every: 300ms, for: 120s, in_a_row: 2}
keystores: {primary: {password: "${env:BED_STORE_WORD}"}, truststore: {password: "${env:BED_STORE_WORD}"}}
certificates: {mode: generate, passphrase: "${env:BED_PASSPHRASE}"}
`
	if err := os.WriteFile(b.inventory, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", b.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Cleanup(func() {
		b.bare(t)
		_ = os.Remove(b.inventory)
		_ = os.RemoveAll(filepath.Join(dir, "pki"))
	})
	return b
}

// wants runs the command and holds it to an exit status. No password may show.
func (b *vaultBed) wants(t *testing.T, status int, more []string, args ...string) string {
	t.Helper()
	cmd := exec.Command(b.binary, append(args, "-i", b.inventory)...)
	cmd.Env = append(slices.Clone(b.vars), more...)
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, _ := cmd.Output()
	if had := cmd.ProcessState.ExitCode(); had != status {
		t.Fatalf("apimctl %q: exit status %d, not %d\n%s%s", args, had, status, out, errOut.String())
	}
	if said := string(out) + errOut.String(); strings.Contains(said, "planted-") {
		t.Errorf("apimctl %q shows a password", args)
	}
	return string(out)
}

func (b *vaultBed) on(t *testing.T, host, script string) string {
	t.Helper()
	out, err := exec.Command("docker", "exec", "-e", "STORE="+bedStoreWord, b.project+"-"+host, "sh", "-c", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %s: %v\n%s", host, script, err, out)
	}
	return string(out)
}

var bedNodes = map[string]string{"aio-1": "all-in-one", "aio-2": "all-in-one", "gw-1": "gateway", "gw-2": "gateway"}

// bare takes everything of apimctl's off the nodes: a bed is left as it is found.
func (b *vaultBed) bare(t *testing.T) {
	t.Helper()
	for host := range bedNodes {
		b.on(t, host, `for u in wso2-all-in-one wso2-gateway; do systemctl disable --now $u >/dev/null 2>&1; rm -f /etc/systemd/system/$u.service; done
systemctl daemon-reload; systemctl reset-failed; rm -rf /opt/wso2 /var/lib/apimctl
sed '/^# apimctl .* begin$/,/^# apimctl .* end$/d' /etc/hosts >/var/tmp/hosts && cat /var/tmp/hosts >/etc/hosts && rm /var/tmp/hosts`)
	}
}

// TestBedCertificates takes bare machines to gateways that verify all-in-ones by name, and replaces their keys.
func TestBedCertificates(t *testing.T) {
	b := openVaultBed(t)
	b.bare(t)
	b.wants(t, exitOK, []string{bedPassphrase}, "apply", "--yes")
	if out := b.wants(t, exitOK, nil, "plan"); !strings.Contains(out, "nothing to do") {
		t.Errorf("a second plan says %s", out)
	}
	b.served(t)
	b.listed(t)
	b.kept(t)
	before := b.status(t)
	b.wants(t, exitOK, []string{bedPassphrase}, "certs", "rotate", "--yes", "--host", "gw-1")
	b.renewed(t, before, []string{"gw-1"}, false)
}

func (b *vaultBed) status(t *testing.T) []playbooks.Seen {
	t.Helper()
	var seen []playbooks.Seen
	if err := json.Unmarshal([]byte(b.wants(t, exitOK, nil, "certs", "status", "--output", "json")), &seen); err != nil {
		t.Fatal(err)
	}
	return seen
}

// served has openssl verify every TLS port of every node by the CA and the node's name.
func (b *vaultBed) served(t *testing.T) {
	t.Helper()
	ports := map[string][]string{"all-in-one": {"9443", "8243", "9711"}, "gateway": {"9443", "8243", "8099"}}
	for host, role := range b.nodes {
		b.shows(t, host, host, ports[role]...)
		if args := b.on(t, host, `tr '\0' '\n' </proc/$(tr -cd 0-9 </opt/wso2/`+role+`/wso2carbon.pid)/cmdline`); !strings.HasSuffix(strings.TrimSpace(args), "-Dhttpclient.hostnameVerifier=Strict") {
			t.Errorf("%s runs with %s", host, args)
		}
	}
}

// shows has openssl verify ports of a host by the CA and a name.
func (b *vaultBed) shows(t *testing.T, host, name string, ports ...string) {
	t.Helper()
	ca := filepath.Join(b.dir, "pki", "ca.pem")
	for _, port := range ports {
		at := b.address(t, host) + ":" + port
		cmd := exec.Command("openssl", "s_client", "-connect", at, "-servername", name, "-CAfile", ca, "-verify_return_error", "-verify_hostname", name)
		cmd.Stdin = strings.NewReader("")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "Verify return code: 0 (ok)") {
			t.Errorf("%s: port %s: %v\n%s", host, port, err, out)
		}
	}
}

func (b *vaultBed) address(t *testing.T, host string) string {
	t.Helper()
	name := "BED_" + strings.ToUpper(strings.ReplaceAll(host, "-", "_")) + "="
	for _, v := range b.vars {
		if address, ok := strings.CutPrefix(v, name); ok {
			return address
		}
	}
	t.Fatalf("the bed has no %s", name)
	return ""
}

// listed holds certs status to what keytool lists on the node.
func (b *vaultBed) listed(t *testing.T) {
	t.Helper()
	for _, s := range b.status(t) {
		if s.Alias == "" {
			continue
		}
		script := `cd /opt/wso2/` + bedNodes[s.Host] + `/repository/resources/security && keytool -list -keystore ` + s.Where + ` -storepass:env STORE -alias ` + s.Alias
		if out := b.on(t, s.Host, script); !strings.Contains(out, s.Fingerprint) || !strings.Contains(out, s.Kind) {
			t.Errorf("%s: %s: %s is %s, and keytool says %s", s.Host, s.Where, s.Alias, s.Fingerprint, out)
		}
	}
}

// kept wants private keys to be the service's alone, and no trace of one beside their stores.
func (b *vaultBed) kept(t *testing.T) {
	t.Helper()
	for host, role := range b.nodes {
		dir := "/opt/wso2/" + role + "/repository/resources/security"
		if had := b.on(t, host, `cd `+dir+` && stat -c '%n %a %U' tls.jks wso2carbon.jks`); had != "tls.jks 600 wso2carbon\nwso2carbon.jks 600 wso2carbon\n" {
			t.Errorf("%s: %s", host, had)
		}
		if had := b.on(t, host, `find /var/lib/apimctl /tmp `+dir+` -name '*.p12' -o -name '*.apimctl' -o -name '*.note.log'`); had != "" {
			t.Errorf("%s: left behind: %s", host, had)
		}
	}
}
