package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// write makes a file in a folder of the test.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// target reaches a server with its own key, and knows its host key.
func target(t *testing.T, s *remotetest.Server) remote.Target {
	t.Helper()
	return remote.Target{
		Address: s.Host, Port: s.Port, User: "deploy", Agent: "none",
		Keys: []string{write(t, "key", s.ClientPEM)}, KnownHosts: []string{write(t, "known_hosts", []byte(s.Line+"\n"))},
	}
}

func dial(t *testing.T, target remote.Target) *remote.SSH {
	t.Helper()
	h, err := remote.Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// serve is a server, and a connection to it.
func serve(t *testing.T, o remotetest.Options) (*remotetest.Server, *remote.SSH) {
	t.Helper()
	s := remotetest.Serve(t, o)
	return s, dial(t, target(t, s))
}

func asRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("gives files to other users: needs root")
	}
}

func TestContractSSH(t *testing.T) {
	asRoot(t)
	_, h := serve(t, remotetest.Options{Noise: "Welcome!\nstty: standard input\x00 is no 'terminal'\n"})
	remotetest.Contract(t, func(t *testing.T) (remote.Conn, string) { return h, t.TempDir() },
		remotetest.Terms{Absent: []string{"/nowhere/bin/java", "-version"}})
}

func TestFetchIsOneExchange(t *testing.T) {
	server, h := serve(t, remotetest.Options{})
	dir := t.TempDir()
	every := make([]byte, 3<<20)
	for i := range every {
		every[i] = byte(i * i >> 3)
	}
	if err := os.WriteFile(dir+"/big", every, 0o640); err != nil {
		t.Fatal(err)
	}
	looks := []remote.Look{{Kind: "file", Path: dir + "/big"}, {Kind: "file", Path: "relative"}, {Kind: "query", Argv: []string{"rm", "x"}}}
	for i := range 47 {
		looks = append(looks, remote.Look{Kind: "sum", Path: fmt.Sprintf("%s/%d", dir, i)})
	}
	before, seen := h.Traffic(), server.Seen()
	found, err := h.Fetch(t.Context(), looks)
	if err != nil {
		t.Fatal(err)
	}
	after := h.Traffic()
	if n := after.Exchanges - before.Exchanges; n != 1 || len(found) != 50 {
		t.Errorf("%d exchanges, %d found", n, len(found))
	}
	if n := server.Seen().Exchanges - seen.Exchanges; n > 1 {
		t.Errorf("the server was asked %d times", n)
	}
	if !bytes.Equal(found[0].File.Data, every) {
		t.Errorf("the file came back with %d bytes, or others", len(found[0].File.Data))
	}
	if found[1].Err == nil || found[2].Err == nil || found[49].Err != nil {
		t.Errorf("errors are %v, %v, %v", found[1].Err, found[2].Err, found[49].Err)
	}
	if after.Received-before.Received < int64(len(every)) || server.Seen().Sent < int64(len(every)) {
		t.Error("bytes are not counted")
	}
}

func TestLargeAndOdd(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	dir := t.TempDir()
	large := make([]byte, 16<<20)
	if err := h.Put(t.Context(), dir+"/large", remote.File{Mode: 0o600, Data: large}); err != nil {
		t.Fatal(err)
	}
	if f, err := h.File(t.Context(), dir+"/large"); err != nil || !bytes.Equal(f.Data, large) {
		t.Errorf("16 MiB: %d, %v", len(f.Data), err)
	}
	if err := os.WriteFile(dir+"/larger", make([]byte, 16<<20+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.File(t.Context(), dir+"/larger"); err == nil {
		t.Error("more than 16 MiB are read")
	}
	if s, err := h.Sum(t.Context(), dir+"/larger"); err != nil || s.Size != 16<<20+1 {
		t.Errorf("sum: %+v, %v", s, err)
	}
	if left, _ := filepath.Glob(dir + "/.*"); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if err := h.Put(t.Context(), "/", remote.File{}); err == nil {
		t.Error("/ was put")
	}
}

func TestPutClearsLeftovers(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	dir := t.TempDir()
	for _, name := range []string{".f.apimctl-AAAAAA", ".g.apimctl-AAAAAA"} {
		if err := os.WriteFile(dir+"/"+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Put(t.Context(), dir+"/f", remote.File{Mode: 0o600, Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(dir + "/.*"); len(left) != 1 || !strings.Contains(left[0], ".g.") {
		t.Errorf("left: %q", left)
	}
}

func TestRun(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	sh := func(script string, args ...string) remote.Cmd {
		return remote.Cmd{Argv: append([]string{"sh", "-c", script, "sh"}, args...)}
	}
	var exit *remote.ExitError
	cmd := sh(`echo out; echo "err $P" >&2; exit 42`)
	cmd.Env = map[string]remote.Secret{"P": "hunter2"}
	if err := h.Run(t.Context(), cmd); !errors.As(err, &exit) || exit.Code != 42 || exit.Stderr != "out\nerr (secret)" {
		t.Errorf("exit is %v", err)
	}
	if err := h.Run(t.Context(), sh(`kill -9 $$`)); !errors.As(err, &exit) || exit.Code != 137 {
		t.Errorf("a killed command is %v", err)
	}
	if err := h.Run(t.Context(), sh(`sleep 60 & echo it goes on`)); err != nil {
		t.Errorf("a daemon: %v", err)
	}
	if err := h.Run(t.Context(), sh(`yes | head -c 3000000; exit 1`)); !errors.As(err, &exit) || len(exit.Stderr) > 5000 {
		t.Errorf("much output: %d", len(exit.Stderr))
	}
	if err := h.Run(t.Context(), sh(`[ "$1" = "$(printf '\001\177\200\377')" ]`, "\x01\x7f\x80\xff")); err != nil {
		t.Errorf("bytes as an argument: %v", err)
	}
	if err := h.Run(t.Context(), sh(`[ "$#" = 2 ] && [ -z "$1" ]`, "", "x")); err != nil {
		t.Errorf("an empty argument: %v", err)
	}
	for _, bad := range []remote.Cmd{{}, sh("x\x00y"), {Argv: []string{"true"}, User: "a;b"}, {Argv: []string{"true"}, Env: map[string]remote.Secret{"a b": ""}}} {
		if err := h.Run(t.Context(), bad); err == nil || errors.As(err, &exit) {
			t.Errorf("%q: %v", bad.Argv, err)
		}
	}
}

func TestRunAsUser(t *testing.T) {
	asRoot(t)
	_, h := serve(t, remotetest.Options{})
	cmd := remote.Cmd{
		Argv: []string{"sh", "-c", `[ "$(id -un)$P$(cat)$LOGNAME" = 'daemonab"c"daemon' ] && [ "$HOME" != /root ]`},
		Env:  map[string]remote.Secret{"P": "a"}, Stdin: `b"c"`, User: "daemon",
	}
	if err := h.Run(t.Context(), cmd); err != nil {
		t.Error(err)
	}
	cmd.User = "no-such-user"
	if err := h.Run(t.Context(), cmd); err == nil {
		t.Error("it ran as nobody")
	}
}

func TestCancel(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	pid := t.TempDir() + "/pid"
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if b, _ := os.ReadFile(pid); len(b) > 0 {
				cancel()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	err := h.Run(ctx, remote.Cmd{Argv: []string{"sh", "-c", `sleep 1000 & echo $! >"$1"; wait`, "sh", pid}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	b, _ := os.ReadFile(pid)
	lives := func() (string, bool) {
		state, err := h.Query(t.Context(), "cat", "/proc/"+strings.TrimSpace(string(b))+"/status")
		return state, err == nil && !strings.Contains(state, "Z (zombie)")
	}
	state, alive := lives()
	for end := time.Now().Add(20 * time.Second); alive && time.Now().Before(end); state, alive = lives() {
		time.Sleep(10 * time.Millisecond) // it was killed; on a busy machine it has yet to die
	}
	if alive {
		t.Errorf("its child lives: %s", state)
	}
}
