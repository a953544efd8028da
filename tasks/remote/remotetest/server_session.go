package remotetest

import (
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

// A Sudo is how a server's sudo behaves. It runs the command as the test's user.
type Sudo struct {
	Password string // what it asks for; "" is nothing
	Refuse   string // what it says when it lets nobody; "" lets everybody
}

// NewKey is a fresh key and its OpenSSH PEM, under the passphrase where it is not "".
func NewKey(t testing.TB, passphrase string) (ssh.Signer, []byte) {
	t.Helper()
	signer, plain := newKey(t)
	if passphrase == "" {
		return signer, plain
	}
	key, err := ssh.ParseRawPrivateKey(plain)
	if err != nil {
		t.Fatal(err)
	}
	return signer, keyPEM(t, key, passphrase)
}

func keyPEM(t testing.TB, key any, passphrase string) []byte {
	t.Helper()
	var block *pem.Block
	var err error
	if passphrase == "" {
		block, err = ssh.MarshalPrivateKey(key, "")
	} else {
		block, err = ssh.MarshalPrivateKeyWithPassphrase(key, "", []byte(passphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

const sudoScript = `#!/bin/sh
# Stands in for sudo: -n, -S, -p PROMPT, -u USER; runs the command as who it is.
dir=${0%/*}; n=; p='Password: '
while :; do
	case $1 in
	-n) n=1 ;;
	-p) p=$2; shift ;;
	-u) shift ;;
	--) shift; break ;;
	-*) ;;
	*) break ;;
	esac
	shift
done
if [ -s "$dir/refuse" ]; then cat "$dir/refuse" >&2; exit 1; fi
[ -s "$dir/password" ] || exec "$@"
if [ "$n" ]; then echo 'sudo: a password is required' >&2; exit 1; fi
want=$(cat "$dir/password")
for try in 1 2 3; do
	printf '%s' "$p" >&2
	IFS= read -r had || { echo 'sudo: no password was provided' >&2; exit 1; }
	[ "$had" = "$want" ] && exec "$@"
	echo 'Sorry, try again.' >&2
done
echo 'sudo: 3 incorrect password attempts' >&2
exit 1
`

// environment is what commands run with.
func environment(t testing.TB, o Options) []string {
	t.Helper()
	path := os.Getenv("PATH")
	if o.Sudo != nil {
		dir := t.TempDir()
		for name, data := range map[string]string{"sudo": sudoScript, "password": o.Sudo.Password, "refuse": o.Sudo.Refuse} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		path = dir + ":" + path
	}
	if o.Path != "" {
		path = o.Path + ":" + path
	}
	return append([]string{"PATH=" + path, "HOME=" + os.Getenv("HOME"), "SHELL=/bin/sh"}, o.Env...)
}

func (s *Server) open(nc ssh.NewChannel) {
	s.mu.Lock()
	s.seen.Channels++
	s.mu.Unlock()
	switch nc.ChannelType() {
	case "session":
		ch, requests, err := nc.Accept()
		if err == nil {
			s.session(ch, requests)
		}
	case "direct-tcpip":
		s.forward(nc)
	default:
		_ = nc.Reject(ssh.UnknownChannelType, nc.ChannelType())
	}
}

func (s *Server) session(ch ssh.Channel, requests <-chan *ssh.Request) {
	defer func() { _ = ch.Close() }()
	for r := range requests {
		var arg struct{ Text string }
		switch r.Type {
		case "exec":
			_ = ssh.Unmarshal(r.Payload, &arg)
			_ = r.Reply(true, nil)
			s.wait.Go(func() { ssh.DiscardRequests(requests) })
			s.exec(ch, arg.Text)
			return
		case "subsystem":
			_ = ssh.Unmarshal(r.Payload, &arg)
			ok := arg.Text == "sftp" && !s.options.NoSFTP
			_ = r.Reply(ok, nil)
			if ok {
				s.wait.Go(func() { ssh.DiscardRequests(requests) })
				serveSFTP(ch)
				return
			}
		default:
			_ = r.Reply(false, nil)
		}
	}
}

func serveSFTP(ch ssh.Channel) {
	server, err := sftp.NewServer(ch)
	if err != nil {
		return
	}
	_ = server.Serve()
	_ = server.Close()
}

// exec runs a command line as sshd does: by the user's shell, whose own words come first.
func (s *Server) exec(ch ssh.Channel, line string) {
	_, _ = io.WriteString(ch, s.options.Noise)
	_, _ = io.WriteString(ch.Stderr(), s.options.Noise)
	cmd := exec.CommandContext(s.ctx, "/bin/sh", "-c", line)
	cmd.Env = s.env
	cmd.WaitDelay = 100 * time.Millisecond // a daemon may keep the streams
	turn := &turns{ch: ch, server: s}
	cmd.Stdout, cmd.Stderr = turn, ch.Stderr()
	in, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	if err := cmd.Start(); err != nil {
		return
	}
	s.wait.Go(func() {
		_, _ = io.Copy(in, turn)
		_ = in.Close()
	})
	err = cmd.Wait()
	status := struct{ Code uint32 }{}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		status.Code = uint32(exit.ExitCode())
	}
	_, _ = ch.SendRequest("exit-status", false, ssh.Marshal(status))
}

// turns counts how often the client speaks after it was spoken to.
type turns struct {
	ch     ssh.Channel
	server *Server
	heard  atomic.Bool
}

func (t *turns) Read(p []byte) (int, error) {
	n, err := t.ch.Read(p)
	if n > 0 && !t.heard.Swap(true) {
		t.server.mu.Lock()
		t.server.seen.Exchanges++
		t.server.mu.Unlock()
	}
	return n, err
}

func (t *turns) Write(p []byte) (int, error) {
	t.heard.Store(false)
	return t.ch.Write(p)
}

func (s *Server) forward(nc ssh.NewChannel) {
	var to struct {
		Host     string
		Port     uint32
		FromHost string
		FromPort uint32
	}
	if err := ssh.Unmarshal(nc.ExtraData(), &to); err != nil {
		_ = nc.Reject(ssh.Prohibited, "malformed")
		return
	}
	out, err := net.Dial("tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		_ = nc.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer func() { _ = out.Close() }()
	ch, requests, err := nc.Accept()
	if err != nil {
		return
	}
	defer func() { _ = ch.Close() }()
	s.mu.Lock()
	s.seen.Forwards++
	s.mu.Unlock()
	s.wait.Go(func() { ssh.DiscardRequests(requests) })
	s.wait.Go(func() {
		_, _ = io.Copy(out, ch)
		_ = out.(*net.TCPConn).CloseWrite()
	})
	_, _ = io.Copy(ch, out)
	_ = ch.CloseWrite()
}

// A conn counts, and stops where its server stalls.
type conn struct {
	net.Conn
	server   *Server
	counting atomic.Bool
	received atomic.Int64
}

func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.gate()
	if c.counting.Load() {
		c.server.mu.Lock()
		c.server.seen.Received += int64(n)
		c.server.mu.Unlock()
	}
	cut := c.server.options.CutAfter
	if cut > 0 && c.received.Add(int64(n)) > cut && !c.server.cut.Swap(true) {
		_ = c.Conn.Close()
	}
	return n, err
}

func (c *conn) Write(p []byte) (int, error) {
	c.gate()
	n, err := c.Conn.Write(p)
	if c.counting.Load() {
		c.server.mu.Lock()
		c.server.seen.Sent += int64(n)
		c.server.mu.Unlock()
	}
	return n, err
}

// gate waits while the server stalls.
func (c *conn) gate() {
	c.server.mu.Lock()
	stalled := c.server.stalled
	c.server.mu.Unlock()
	if stalled != nil {
		<-stalled
	}
}
