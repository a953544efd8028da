package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestBedCipher takes an all-in-one and a gateway to secrets that only their own keys decrypt: with the keystores that the distribution
// ships, then with keys of the deployment's own, then after the signing key is replaced.
func TestBedCipher(t *testing.T) {
	b := openCipherBed(t)
	b.bare(t)
	b.wants(t, exitOK, nil, "apply", "--yes")
	b.enciphered(t, "shipped keystores")

	b.adds(t, `keystores: {primary: {password: "${env:BED_STORE_WORD}"}, truststore: {password: "${env:BED_STORE_WORD}"}}
certificates: {mode: generate, passphrase: "${env:BED_PASSPHRASE}"}
`)
	b.wants(t, exitOK, []string{bedPassphrase}, "apply", "--yes")
	b.enciphered(t, "keystores of its own")
	before := b.on(t, "gw-1", "cat /opt/wso2/gateway/repository/conf/deployment.toml")
	b.wants(t, exitOK, []string{bedPassphrase}, "certs", "rotate-signing", "--i-understand")
	b.enciphered(t, "another signing key")
	if b.on(t, "gw-1", "cat /opt/wso2/gateway/repository/conf/deployment.toml") == before {
		t.Error("with another signing key nothing is encrypted anew")
	}
}

var otherNodes = regexp.MustCompile(`(?m)^      (aio|gw)-2: .*\n`)

// openCipherBed is the test bed with two nodes, which keep their secrets encrypted.
func openCipherBed(t *testing.T) *vaultBed {
	t.Helper()
	b := openVaultBed(t)
	text, err := os.ReadFile(filepath.Join(b.dir, "inventory.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	text = append(otherNodes.ReplaceAll(text, nil), "\ngate: {every: 300ms, for: 120s, in_a_row: 2}\nsecrets: {on_nodes: cipher}\n"...)
	if err := os.WriteFile(b.inventory, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

// adds puts more at the end of the inventory.
func (b *vaultBed) adds(t *testing.T, more string) {
	t.Helper()
	text, err := os.ReadFile(b.inventory)
	if err == nil {
		err = os.WriteFile(b.inventory, append(text, more...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// enciphered wants a second plan to be empty, and every password to be in no file of a home but the one that opens the keystore.
func (b *vaultBed) enciphered(t *testing.T, with string) {
	t.Helper()
	if out := b.wants(t, exitOK, nil, "plan"); !strings.Contains(out, "nothing to do") {
		t.Errorf("with %s a second plan says %s", with, out)
	}
	for _, v := range b.vars {
		name, word, _ := strings.Cut(v, "=")
		if !strings.HasPrefix(name, "BED_") || !strings.HasSuffix(name, "PASSWORD") && name != "BED_STORE_WORD" || len(word) < 6 {
			continue
		}
		for host, role := range map[string]string{"aio-1": "all-in-one", "gw-1": "gateway"} {
			cmd := exec.Command("docker", "exec", "-i", b.project+"-"+host, "grep", "-rlF", "-f", "-", "/opt/wso2/"+role+"/", "/etc/systemd/system", "/var/lib/apimctl")
			cmd.Stdin = strings.NewReader(word + "\n")
			found, _ := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code > 1 {
				t.Errorf("%s: grep ends with %d", host, code)
			}
			for file := range strings.FieldsSeq(string(found)) {
				if name != "BED_STORE_WORD" || filepath.Base(file) != "password-persist" {
					t.Errorf("with %s %s is in %s of %s", with, name, file, host)
				}
			}
		}
	}
	if out := b.on(t, "gw-1", "stat -c '%a %U' /opt/wso2/gateway/password-persist; grep -c '^[a-z_]* = \"[A-Za-z0-9+/=]\\{300,\\}\"$' /opt/wso2/gateway/repository/conf/deployment.toml"); !strings.HasPrefix(out, "400 wso2carbon\n") || strings.HasSuffix(out, "\n0\n") {
		t.Errorf("with %s the gateway has %s", with, out)
	}
}
