package remote_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// agentOf serves a key as an agent does, and is its socket.
func agentOf(t *testing.T, pem []byte) string {
	t.Helper()
	key, err := ssh.ParseRawPrivateKey(pem)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "agent") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(ring, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestLogIn(t *testing.T) {
	locked, lockedPEM := remotetest.NewKey(t, "open sesame")
	held, heldPEM := remotetest.NewKey(t, "")
	s := remotetest.Serve(t, remotetest.Options{
		User: "deploy", NoClientKey: true, Keys: []ssh.PublicKey{locked.PublicKey(), held.PublicKey()}, Password: "pass", Answer: "answer",
	})
	lockedFile := write(t, "locked", lockedPEM)
	socket := agentOf(t, heldPEM)
	tests := map[string]struct {
		with  func(*remote.Target)
		tried string // of the error; "" lets in
	}{
		"a key with its passphrase":  {func(x *remote.Target) { x.Keys, x.Passphrase = []string{lockedFile}, "open sesame" }, ""},
		"a key without a passphrase": {func(x *remote.Target) { x.Keys = []string{lockedFile} }, "it wants a passphrase"},
		"a key with another one's":   {func(x *remote.Target) { x.Keys, x.Passphrase = []string{lockedFile}, "hunter2" }, "the passphrase is not its own"},
		"a key that is not there":    {func(x *remote.Target) { x.Keys = []string{"/nowhere/key"} }, "key /nowhere/key (no such file or directory)"},
		"a key that is not accepted": {func(*remote.Target) {}, "tried key "},
		"an agent":                   {func(x *remote.Target) { x.Agent = socket }, ""},
		"an agent that is gone":      {func(x *remote.Target) { x.Agent = "/nowhere/agent" }, "agent (it does not answer)"},
		"a password":                 {func(x *remote.Target) { x.Password = "pass" }, ""},
		"keyboard-interactive":       {func(x *remote.Target) { x.Password = "answer" }, ""},
		"another password":           {func(x *remote.Target) { x.Password = "hunter2" }, "password, keyboard-interactive"},
		"another user":               {func(x *remote.Target) { x.Password, x.User = "pass", "root" }, "does not let root in"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			x := target(t, s)
			tt.with(&x)
			h, err := remote.Dial(t.Context(), x)
			if err == nil {
				defer func() { _ = h.Close() }()
			}
			var refused *remote.AuthError
			switch {
			case tt.tried == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.tried != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), tt.tried)):
				t.Errorf("error is %v", err)
			case err != nil && strings.Contains(err.Error(), "hunter2"):
				t.Errorf("a password shows: %v", err)
			}
		})
	}
}

func TestBecome(t *testing.T) {
	const noise = "motd says [sudo] password for deploy: \n"
	tests := map[string]struct {
		sudo     remotetest.Sudo
		password remote.Secret
		words    string // "" is root
	}{
		"without a password":    {},
		"a password not wanted": {password: "hunter2"},
		"a password":            {sudo: remotetest.Sudo{Password: "it's $HOME"}, password: "it's $HOME"},
		"no password":           {sudo: remotetest.Sudo{Password: "x"}, words: "sudo gives deploy no root: sudo: a password is required"},
		"another password":      {sudo: remotetest.Sudo{Password: "x"}, password: "hunter2", words: "sudo gives deploy no root: Sorry, try again."},
		"not a sudoer":          {sudo: remotetest.Sudo{Refuse: "deploy is not in the sudoers file.\n"}, words: "sudo gives deploy no root: deploy is not in the sudoers file."},
		"not, with a password":  {sudo: remotetest.Sudo{Refuse: "not allowed\n"}, password: "x", words: "sudo gives deploy no root: not allowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := remotetest.Serve(t, remotetest.Options{Sudo: &tt.sudo, Noise: noise})
			x := target(t, s)
			x.Become, x.BecomePassword = true, tt.password
			h, err := remote.Dial(t.Context(), x)
			if tt.words != "" {
				var refused *remote.BecomeError
				if !errors.As(err, &refused) || err.Error() != tt.words {
					t.Errorf("error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Close() }()
			if out, err := h.Query(t.Context(), "uname"); err != nil || out != "Linux\n" {
				t.Errorf("uname: %q, %v", out, err)
			}
		})
	}
}

// What is secret stands in no argument list while a command runs with it.
func TestSecretsAreNotInArguments(t *testing.T) {
	s := remotetest.Serve(t, remotetest.Options{Sudo: &remotetest.Sudo{Password: "planted-sudo"}})
	x := target(t, s)
	x.Become, x.BecomePassword = true, "planted-sudo"
	h := dial(t, x)
	out := t.TempDir() + "/ps"
	err := h.Run(t.Context(), remote.Cmd{
		Argv: []string{"sh", "-c", `for p in /proc/[0-9]*; do tr '\0' ' ' <"$p/cmdline"; done >"$1" 2>/dev/null; :`, "sh", out},
		Env:  map[string]remote.Secret{"P": "planted-env"}, Stdin: "planted-stdin",
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil || !strings.Contains(string(b), out) {
		t.Fatalf("arguments are not seen: %v", err)
	}
	if strings.Contains(string(b), "planted-") {
		t.Error("a secret stands in an argument list")
	}
}
