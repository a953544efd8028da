package remote_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func TestHostKey(t *testing.T) {
	s := remotetest.Serve(t, remotetest.Options{})
	other, _ := remotetest.NewKey(t, "")
	host := knownhosts.Normalize(s.Addr)
	key := strings.TrimPrefix(s.Line, host+" ")
	tests := map[string]struct {
		known string
		want  remote.HostKeyError // of Host "" lets in
		mend  string              // FILE is the file
	}{
		"known":      {known: s.Line},
		"hashed":     {known: knownhosts.HashHostname(host) + " " + key},
		"any port":   {known: "127.0.0.* " + key},
		"unknown":    {known: "other.example " + key, want: remote.HostKeyError{Host: host}, mend: fmt.Sprintf("ssh-keyscan -p %d 127.0.0.1 >> FILE", s.Port)},
		"changed":    {known: "# a line\n" + knownhosts.Line([]string{host}, other.PublicKey()), want: remote.HostKeyError{Host: host, Changed: true, Line: 2}, mend: "ssh-keygen -R '" + host + "' -f FILE"},
		"revoked":    {known: s.Line + "\n@revoked " + host + " " + key, want: remote.HostKeyError{Host: host, Revoked: true, Line: 2}},
		"other type": {known: knownhosts.Line([]string{host}, ecdsaKey(t)), want: remote.HostKeyError{Host: host, Changed: true, Line: 1}, mend: "ssh-keygen -R '" + host + "' -f FILE"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x := target(t, s)
			file := write(t, "known", []byte(tt.known+"\n"))
			x.KnownHosts = []string{file}
			h, err := remote.Dial(t.Context(), x)
			var e *remote.HostKeyError
			if tt.want.Host == "" {
				if err != nil {
					t.Fatal(err)
				}
				_ = h.Close()
				return
			}
			if !errors.As(err, &e) {
				t.Fatalf("error is %v", err)
			}
			tt.want.File, tt.want.Mend = file, strings.ReplaceAll(tt.mend, "FILE", file)
			tt.want.Fingerprint = e.Fingerprint
			if *e != tt.want || !strings.HasPrefix(e.Fingerprint, "SHA256:") {
				t.Errorf("error is %+v, want %+v", *e, tt.want)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		x := target(t, s)
		x.KnownHosts = []string{"/nowhere/known hosts"}
		_, err := remote.Dial(t.Context(), x)
		var e *remote.HostKeyError
		if !errors.As(err, &e) || !strings.HasSuffix(e.Mend, " >> '/nowhere/known hosts'") {
			t.Errorf("error is %+v", err)
		}
	})
}

func ecdsaKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestHostCertificate(t *testing.T) {
	ca, _ := remotetest.NewKey(t, "")
	key, _ := remotetest.NewKey(t, "")
	cert := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity}
	if err := cert.SignCert(rand.Reader, ca); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := remotetest.Serve(t, remotetest.Options{HostKey: signer})
	x := target(t, s)
	x.KnownHosts = []string{write(t, "ca", []byte("@cert-authority * "+string(ssh.MarshalAuthorizedKey(ca.PublicKey()))))}
	dial(t, x)

	x.KnownHosts = []string{write(t, "ca", []byte("@cert-authority * "+string(ssh.MarshalAuthorizedKey(key.PublicKey()))))}
	var e *remote.HostKeyError
	if _, err := remote.Dial(t.Context(), x); !errors.As(err, &e) {
		t.Errorf("signed by another authority: %v", err)
	}
}
