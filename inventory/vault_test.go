package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"apimctl/inventory/sealed"
)

func TestSplit(t *testing.T) {
	for command, want := range map[string]string{
		"pass show apim/db":            `["pass" "show" "apim/db"]`,
		"  op  read 'op://a b/c' ":     `["op" "read" "op://a b/c"]`,
		`sh -c "echo 'a' | head -1"`:   `["sh" "-c" "echo 'a' | head -1"]`,
		`a b"c d"e ''`:                 `["a" "bc de" ""]`,
		`a\ b $HOME *`:                 `["a\\" "b" "$HOME" "*"]`,
		"":                             "names no command",
		"  ":                           "names no command",
		"'' a":                         "names no command",
		"pass 'show":                   "has a quote that does not end",
		"\u00e9t\u00e9 \tx\ny":         `["été" "x" "y"]`,
		`"it's" 'say "x"'`:             `["it's" "say \"x\""]`,
		"env A=b 'sh' -c 'exit \"1\"'": `["env" "A=b" "sh" "-c" "exit \"1\""]`,
	} {
		argv, err := split(command)
		had := fmt.Sprintf("%q", argv)
		if err != nil {
			had = err.Error()
		}
		if had != want {
			t.Errorf("%q is %s, not %s", command, had, want)
		}
	}
}

// An identity file that others may read is warned of, whether values or private keys are encrypted for it.
func TestOpenIdentity(t *testing.T) {
	dir := folder(t)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "id.txt")
	if err := os.WriteFile(key, []byte(id.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := sealed.Identities([]byte(id.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	file, err := k.Seal("hunter2")
	if err != nil {
		t.Fatal(err)
	}
	text := smallest + fmt.Sprintf("secrets: {identity: id.txt}\ncertificates: {mode: generate, identity: id.txt}\nadmin: {password: !age %q}\n", file)
	for mode, want := range map[os.FileMode]int{0o600: 0, 0o400: 0, 0o640: 2, 0o644: 2} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		had := Problems(parse(t, dir, text).Warnings()).Error()
		if n := strings.Count(had, fmt.Sprintf("is open to others than its owner (mode %04o); chmod 600 %s", mode, key)); n != want {
			t.Errorf("%04o: it is said %d times, not %d:\n%s", mode, n, want, had)
		}
	}
}

// A value is decrypted wherever text, a number or a truth may stand, and is shown nowhere.
func TestSealedValues(t *testing.T) {
	dir := folder(t)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	k, err := sealed.Identities([]byte(id.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	block := func(plain string) string {
		file, err := k.Seal(plain)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("!age %q", file)
	}
	text := strings.Replace(smallest, "{address: 10.0.0.2}", "{address: 10.0.0.2, ssh: {port: "+block("2200")+", become: "+block("true")+
		"}, config: {a.b: "+block("hidden")+"}}", 1) + "admin: {password: " + block("hunter2") + "}\nuser_store: " + block("${env:SECRET}") + "\n"
	src := Source{Env: func(name string) (string, bool) {
		if name == "APIMCTL_IDENTITY" {
			return id.String(), true
		}
		return "", false
	}}
	inv, err := src.Parse(filepath.Join(dir, "inventory.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	gw := inv.Hosts[1]
	if gw.SSH.Port != 2200 || !gw.SSH.Become || inv.UserStore != "${env:SECRET}" || inv.Admin.Password.Reveal() != "hunter2" {
		t.Errorf("had %+v", gw.SSH)
	}
	if s := gw.Config[0].Settings[0]; s.Value != "hidden" || !s.Secret {
		t.Errorf("the setting is %v", s)
	}
	wrong := strings.Replace(text, "{address: 10.0.0.1}", "{address: "+block("not an address")+"}", 1) + "gate: !age {}\n"
	_, err = src.Parse(filepath.Join(dir, "inventory.yaml"), []byte(wrong))
	var problems Problems
	if !errors.As(err, &problems) || strings.Contains(err.Error(), "not an address") || !strings.Contains(err.Error(), `"${!age}" is no address`) ||
		!strings.Contains(err.Error(), "!age marks text, not a mapping or a list") {
		t.Errorf("had %v", err)
	}
}

// Commands are run where that is allowed, in the inventory's folder, and nowhere else.
func TestCommands(t *testing.T) {
	dir := folder(t)
	text := smallest + "admin: {password: \"${cmd:show it}\"}\n"
	src := Source{Env: os.LookupEnv}
	if _, err := src.Parse(filepath.Join(dir, "inventory.yaml"), []byte(text)); err == nil || !strings.Contains(err.Error(), "${cmd:show it} is not run here") {
		t.Errorf("without leave: %v", err)
	}
	src.Run = func(in string, argv []string) (string, error) {
		if in != dir || fmt.Sprint(argv) != "[show it]" {
			t.Errorf("run is %q in %s", argv, in)
		}
		return "printed\r\n", nil
	}
	inv, err := src.Parse(filepath.Join(dir, "inventory.yaml"), []byte(text))
	if err != nil || inv.Admin.Password.Reveal() != "printed" || len(inv.Warnings()) == 0 {
		t.Errorf("had %v", err)
	}
}
