package tasks

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	jks "github.com/pavlo-v-chernykh/keystore-go/v4"

	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func setStore(m *remotetest.Memory, path string, ks jks.KeyStore, password string) {
	var b bytes.Buffer
	if err := ks.Store(&b, []byte(password)); err != nil {
		panic(err)
	}
	m.Set(path, remote.File{Mode: 0o600, Owner: owner, Data: b.Bytes()})
}

// edited does what editScript does, in Go.
func edited(m *remotetest.Memory, args []string, env map[string]remote.Secret) error {
	store, bundle, note := args[0], args[1], args[2]
	if string(m.At(note).Data) == noted(m.At(store).Sum().SHA256, env["WANTED"].Reveal()) {
		return nil
	}
	ks := jks.New()
	if err := ks.Load(bytes.NewReader(m.At(store).Data), []byte(env["WAS"].Reveal())); err != nil {
		return err
	}
	for _, alias := range args[4:] {
		if !ks.IsTrustedCertificateEntry(alias) {
			return errors.New(alias + " is not there")
		}
		ks.DeleteEntry(alias)
	}
	if bundle != "" {
		s, err := keystore.Read(m.At(bundle).Data, env["BUNDLE"].Reveal())
		if err != nil {
			return err
		}
		for _, e := range s.Entries {
			if err := ks.SetTrustedCertificateEntry(e.Alias, trustedEntry(e.Raw[0])); err != nil {
				return err
			}
		}
	}
	setStore(m, store, ks, env["STORE"].Reveal())
	m.Set(note, noteFile(noted(m.At(store).Sum().SHA256, env["WANTED"].Reveal())))
	return nil
}

func trustedEntry(der []byte) jks.TrustedCertificateEntry {
	return jks.TrustedCertificateEntry{CreationTime: time.Now(), Certificate: jks.Certificate{Type: "X509", Content: der}}
}

// made does what keystoreScript does, in Go.
func made(m *remotetest.Memory, args []string, cmd remote.Cmd) error {
	data, err := base64.StdEncoding.DecodeString(cmd.Stdin.Reveal())
	if err != nil {
		return err
	}
	keys, err := keystore.ReadKeys(data, cmd.Env["STORE"].Reveal())
	if err != nil {
		return err
	}
	ks := jks.New()
	for _, k := range keys {
		putKey(ks, k.Alias, k.PrivateKey, k.Raw, cmd.Env["STORE"].Reveal())
	}
	setStore(m, args[0], ks, cmd.Env["STORE"].Reveal())
	m.Set(args[3], noteFile(noted(m.At(args[0]).Sum().SHA256, cmd.Env["WANTED"].Reveal())))
	return nil
}

func putKey(ks jks.KeyStore, alias string, key []byte, chain [][]byte, password string) {
	e := jks.PrivateKeyEntry{CreationTime: time.Now(), PrivateKey: key}
	for _, der := range chain {
		e.CertificateChain = append(e.CertificateChain, jks.Certificate{Type: "X509", Content: der})
	}
	if err := ks.SetPrivateKeyEntry(alias, e, []byte(password)); err != nil {
		panic(err)
	}
}

func privateKey(context.Context) (keystore.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return der, err
}

func signing() Keystore {
	return Keystore{
		Store: home + "/repository/resources/security/wso2carbon.jks", Type: "JKS", Password: "planted-store", Owner: owner, Alias: "wso2carbon",
		Chain: [][]byte{certificate("signing")}, Key: privateKey, Keeps: &Keeps{Known: [][]byte{certificate("vendor")}, Opens: []remote.Secret{storePassword}},
		Java: Java{Min: 11, Max: 21}, State: "/var/lib/apimctl",
	}
}

// withKey is a primary store with the key of a certificate, and one that is trusted, as distributions ship it.
func withKey(name string) func(*testing.T, *remotetest.Memory) {
	return func(t *testing.T, m *remotetest.Memory) {
		installed(t, m)
		key, err := privateKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ks := jks.New()
		putKey(ks, "wso2carbon", key, [][]byte{certificate(name)}, storePassword)
		if err := ks.SetTrustedCertificateEntry("some-ca", trustedEntry(certificate("some-ca"))); err != nil {
			t.Fatal(err)
		}
		setStore(m, signing().Store, ks, storePassword)
	}
}

// A key that data depend on stays, unless that was asked for.
func TestSigningKeyStays(t *testing.T) {
	m := host(t)
	withKey("another")(t, m)
	s := signing()
	_, err := s.Plan(t.Context(), m)
	var refused *SigningKeyError
	if !errors.As(err, &refused) || refused.Had != keystore.Fingerprint(certificate("another")) {
		t.Fatalf("the error is %v", err)
	}
	s.Keeps.Allow = true
	apply(t, planned(t, s, m), m)
	if again := planned(t, signing(), m); len(again) > 0 {
		t.Errorf("after it was allowed the host lacks %v", again)
	}
	s.Keeps = nil
	s.Chain = [][]byte{certificate("a third")}
	begins(t, []string{"make wso2carbon.jks"}, planned(t, s, m)) // of a TLS key
}

// A key is asked for when a store is made, and at no other time.
func TestKeyIsOpenedLate(t *testing.T) {
	m := host(t)
	withKey("vendor")(t, m)
	locked := errors.New("locked")
	s := signing()
	s.Key = func(context.Context) (keystore.PrivateKey, error) { return nil, locked }
	lacks := planned(t, s, m)
	apply(t, lacks, remote.Imagine(m))
	if err := lacks[0].Apply(t.Context(), m); !errors.Is(err, locked) {
		t.Errorf("a locked key is %v", err)
	}
	apply(t, planned(t, signing(), m), m)
	if again := planned(t, s, m); len(again) > 0 {
		t.Errorf("without the key the host lacks %v", again)
	}
	m.Set(s.note(), remote.File{})
	begins(t, []string{"write " + s.note()}, planned(t, s, m)) // found right by its content
	m.Set(s.Store, remote.File{Mode: 0o644, Owner: owner, Data: m.At(s.Store).Data})
	begins(t, []string{"let only " + owner + " read", "write "}, planned(t, s, m))
}

// What the distribution trusts of its own goes, what others brought stays, and the password is changed.
func TestTruststoreIsEdited(t *testing.T) {
	m := host(t)
	withTruststore(t, m)
	m.Set(home+"/repository/conf/deployment.toml", remote.File{Mode: 0o600, Owner: owner, Data: []byte("[truststore]\npassword = \"" + storePassword + "\"\n")})
	s := truststore()
	s.Password, s.Opens, s.Conf = "planted-new", []remote.Secret{"planted-wrong"}, home+"/repository/conf/deployment.toml"
	s.Without, s.Drops = [][]byte{certificate("other")}, "apimctl-"
	s.Wants = append(s.Wants, Trusted{Alias: "apimctl-ca", DER: certificate("ca")})
	lacks := planned(t, s, m)
	if want := "import into client-truststore.jks: db-ca, idp, apimctl-ca; remove from client-truststore.jks: other; change the password of client-truststore.jks"; lacks[1].String() != want {
		t.Errorf("it will %s", lacks[1])
	}
	apply(t, lacks, m)
	apply(t, lacks, m)
	if again := planned(t, s, m); len(again) > 0 {
		t.Errorf("the host lacks %v", again)
	}
	s.Wants = s.Wants[:2]
	begins(t, []string{"remove from client-truststore.jks: apimctl-ca"}, planned(t, s, m))
	if data, err := plan.Marshal(plan.Plan{Plays: []plan.Play{{Batches: []plan.Batch{{Lanes: []plan.Lane{{Steps: []plan.Step{{Changes: lacks}}}}}}}}}); err != nil || strings.Contains(string(data), "planted") {
		t.Errorf("the saved plan is %s, %v", data, err)
	}
}

// withOpensslStore is a truststore that lacks what Java knows a trusted certificate by.
func withOpensslStore(t *testing.T, m *remotetest.Memory) {
	installed(t, m)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate("ca")}), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("openssl", "pkcs12", "-export", "-nokeys", "-in", ca, "-passout", "env:STORE")
	cmd.Env = append(os.Environ(), "STORE="+storePassword)
	data, err := cmd.Output()
	if err != nil {
		t.Skip("there is no openssl: ", err)
	}
	m.Set(truststore().Store, remote.File{Mode: 0o644, Owner: owner, Data: data})
}
