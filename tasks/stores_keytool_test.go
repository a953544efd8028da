package tasks

import (
	"bytes"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/testdata/refdata"
)

// really runs a script that is planned, with the keytool of this machine.
func really(t *testing.T, r plan.Run) error {
	t.Helper()
	keytool, err := exec.LookPath("keytool")
	if err != nil {
		t.Skip("there is no keytool")
	}
	argv := append([]string{}, r.Argv...)
	for i, a := range argv {
		if strings.HasSuffix(a, "/bin/keytool") {
			argv[i] = keytool
		}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = os.Environ()
	for name, value := range r.Env {
		cmd.Env = append(cmd.Env, name+"="+value.Reveal())
	}
	if r.Input != nil {
		input, err := r.Input.Open(t.Context())
		if err != nil {
			return err
		}
		cmd.Stdin = strings.NewReader(input.Reveal())
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s: %s", r, out)
	}
	return err
}

// Real truststores, one PKCS12 and one JKS under the same name, lose the vendor's certificate and nothing else.
func TestRealTruststores(t *testing.T) {
	for _, version := range []string{"4.5.0", "4.6.0"} {
		t.Run(version, func(t *testing.T) {
			data, err := os.ReadFile(refdata.Path(t, "keystores", "client-truststore-"+version+".jks"))
			if err != nil {
				t.Fatal(err)
			}
			had, err := keystore.Read(data, storePassword)
			if err != nil {
				t.Fatal(err)
			}
			vendor, _ := had.Find("wso2carbon")
			dir := t.TempDir()
			s := truststore()
			s.Store, s.State = filepath.Join(dir, "client-truststore.jks"), dir
			s.Password, s.Opens, s.Without = "planted-new", []remote.Secret{storePassword}, [][]byte{vendor.Raw[0]}
			s.Wants = []Trusted{{Alias: "apimctl-ca", DER: certificate("ca")}, {Alias: "gateway_certificate_alias", DER: certificate("signing")}}
			if err := os.WriteFile(s.Store, data, 0o644); err != nil {
				t.Fatal(err)
			}
			m := host(t)
			m.Set(s.Store, remote.File{Mode: 0o644, Owner: owner, Data: data})
			for range 2 { // doing it twice is doing it once
				for _, c := range planned(t, s, m) {
					switch c := c.(type) {
					case plan.Put:
						err = os.WriteFile(c.Path, c.Want.Data, 0o600)
					case plan.Run:
						err = really(t, c)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			}
			if data, err = os.ReadFile(s.Store); err != nil {
				t.Fatal(err)
			}
			now, err := keystore.Read(data, "planted-new")
			if err != nil || now.Format != had.Format || len(now.Entries) != len(had.Entries) { // one gone, one come
				t.Fatalf("%s with %d entries, not %s with %d: %v", now.Format, len(now.Entries), had.Format, len(had.Entries), err)
			}
			for _, e := range had.Entries {
				if kept, ok := now.Find(e.Alias); e.Alias != "wso2carbon" && e.Alias != "gateway_certificate_alias" && (!ok || !bytes.Equal(kept.Raw[0], e.Raw[0])) {
					t.Errorf("%s is lost", e.Alias)
				}
			}
			if lacks, leaves := s.lacking(now), s.leaving(now); lacks != nil || leaves != nil {
				t.Errorf("it lacks %v and holds %v", lacks, leaves)
			}
		})
	}
}

// A store of either type is made by keytool, with its key and chain, under the password wanted, and for its owner alone.
func TestRealKeystores(t *testing.T) {
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []keystore.Format{keystore.JKS, keystore.PKCS12} {
		t.Run(string(kind), func(t *testing.T) {
			dir := t.TempDir()
			s := signing()
			s.Store, s.State, s.Owner, s.Type = filepath.Join(dir, "wso2carbon.jks"), dir, me.Uid+":"+me.Gid, string(kind)
			if err := really(t, s.makes(java)); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(s.Store)
			if err != nil {
				t.Fatal(err)
			}
			now, err := keystore.Read(data, s.Password.Reveal())
			if err != nil || now.Format != kind || !s.right(now) {
				t.Errorf("it is %s with %d entries: %v", now.Format, len(now.Entries), err)
			}
			if _, err := keystore.ReadKeys(data, s.Password.Reveal()); err != nil {
				t.Errorf("its key: %v", err)
			}
			left, err := os.ReadDir(dir)
			if info, _ := os.Stat(s.Store); err != nil || len(left) != 2 || info.Mode().Perm() != 0o600 { // the store and its note
				t.Errorf("left are %v, %v", left, err)
			}
		})
	}
}
