package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// behind is a target that is reached through bastions, all of which know one key.
func behind(t *testing.T, host *remotetest.Server, bastions ...*remotetest.Server) remote.Target {
	t.Helper()
	x := target(t, host)
	lines := host.Line + "\n"
	for _, b := range bastions {
		x.Bastions = append(x.Bastions, "jump@"+b.Addr)
		x.Keys = append(x.Keys, write(t, "key", b.ClientPEM))
		lines += b.Line + "\n"
	}
	x.KnownHosts = []string{write(t, "known", []byte(lines))}
	return x
}

func TestBastions(t *testing.T) {
	host, one, two := remotetest.Serve(t, remotetest.Options{}), remotetest.Serve(t, remotetest.Options{User: "jump"}), remotetest.Serve(t, remotetest.Options{User: "jump"})
	x := behind(t, host, one, two)
	d := &remote.Dialer{}
	defer func() { _ = d.Close() }()
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			h, err := d.Dial(t.Context(), x)
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = h.Close() }()
			if out, err := h.Query(t.Context(), "uname"); out != "Linux\n" {
				t.Errorf("uname: %q, %v", out, err)
			}
		})
	}
	wg.Wait()
	if a, b := one.Seen(), two.Seen(); a.Connections != 1 || b.Connections != 1 || b.Forwards != 12 {
		t.Errorf("bastions saw %+v, %+v", a, b)
	}
	if s := host.Seen(); s.Startups > 5 || s.Sessions != 12 {
		t.Errorf("the host saw %+v", s)
	}

	two.Cut()
	eventually(t, func() bool {
		h, err := d.Dial(t.Context(), x)
		if err == nil {
			_ = h.Close()
		}
		return err == nil && two.Seen().Connections == 2
	})
}

// eventually waits until something is so.
func eventually(t *testing.T, so func() bool) {
	t.Helper()
	for range 500 {
		if so() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("it never is so")
}

func TestBastionKeysAreStrict(t *testing.T) {
	host, bastion := remotetest.Serve(t, remotetest.Options{}), remotetest.Serve(t, remotetest.Options{})
	x := behind(t, host, bastion)
	x.KnownHosts = []string{write(t, "known", []byte(bastion.Line+"\n"))}
	_, err := remote.Dial(t.Context(), x)
	var e *remote.HostKeyError
	want := fmt.Sprintf("ssh ssh://jump@%s ssh-keyscan -p %d 127.0.0.1 >> %s", bastion.Addr, host.Port, x.KnownHosts[0])
	if !errors.As(err, &e) || e.Mend != want {
		t.Errorf("error is %+v, want %s", err, want)
	}
	x.KnownHosts = []string{write(t, "known", []byte(host.Line+"\n"))}
	_, err = remote.Dial(t.Context(), x)
	if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), "bastion "+bastion.Addr+": ") {
		t.Errorf("error is %v", err)
	}
	if n := host.Seen().Connections; n != 1 {
		t.Errorf("the host saw %d connections", n)
	}
}

func TestConfig(t *testing.T) {
	host, bastion := remotetest.Serve(t, remotetest.Options{User: "deploy"}), remotetest.Serve(t, remotetest.Options{User: "jump"})
	x := behind(t, host, bastion)
	conf := fmt.Sprintf(`
Host gw-*
	HostName 127.0.0.1
	Port %d
	User deploy
	IdentityFile %s
	ProxyJump edge
Host edge
	HostName 127.0.0.1
	Port %d
	User jump
	IdentityFile %s
Host *
	UserKnownHostsFile %s
`, host.Port, x.Keys[0], bastion.Port, x.Keys[1], x.KnownHosts[0])
	c := remote.Target{Name: "gw-1", Agent: "none", Config: write(t, "config", []byte(conf))}
	h := dial(t, c)
	if out, err := h.Query(t.Context(), "uname"); out != "Linux\n" || bastion.Seen().Forwards != 1 {
		t.Errorf("uname: %q, %v", out, err)
	}
	c.User = "other" // what is set wins
	var refused *remote.AuthError
	if _, err := remote.Dial(t.Context(), c); !errors.As(err, &refused) || refused.User != "other" {
		t.Errorf("error is %v", err)
	}
	c.Config = write(t, "config", []byte("Host gw-1\n\tPort many\n"))
	if _, err := remote.Dial(t.Context(), c); err == nil || !strings.Contains(err.Error(), `"many"`) {
		t.Errorf("error is %v", err)
	}
}

func TestUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	s := remotetest.Serve(t, remotetest.Options{})
	x := target(t, s)
	x.Port, x.ConnectTimeout = l.Addr().(*net.TCPAddr).Port, 100*time.Millisecond
	var gone *remote.UnreachableError
	if _, err := remote.Dial(t.Context(), x); !errors.As(err, &gone) || !strings.HasSuffix(err.Error(), "no answer within 100ms") {
		t.Errorf("silent: %v", err)
	}
	_ = l.Close()
	if _, err := remote.Dial(t.Context(), x); !errors.As(err, &gone) || strings.Count(err.Error(), "127.0.0.1") != 1 {
		t.Errorf("refused: %v", err)
	}
	y := behind(t, s, s)
	y.Port = x.Port
	if _, err := remote.Dial(t.Context(), y); !errors.As(err, &gone) {
		t.Errorf("refused behind a bastion: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := remote.Dial(ctx, target(t, s)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestResetsAreTriedAgain(t *testing.T) {
	s, _ := serve(t, remotetest.Options{RefuseFirst: 2})
	if n := s.Seen().Connections; n != 3 {
		t.Errorf("%d connections", n)
	}
	s = remotetest.Serve(t, remotetest.Options{RefuseFirst: 3})
	var gone *remote.UnreachableError
	if _, err := remote.Dial(t.Context(), target(t, s)); !errors.As(err, &gone) {
		t.Errorf("error is %v", err)
	}
}

func TestKeepalive(t *testing.T) {
	s := remotetest.Serve(t, remotetest.Options{})
	x := target(t, s)
	x.Keepalive = 100 * time.Millisecond
	h := dial(t, x)
	if err := h.Run(t.Context(), remote.Cmd{Argv: []string{"sleep", "0.5"}}); err != nil {
		t.Errorf("a slow command on a host that lives: %v", err)
	}
	defer s.Stall()()
	var gone *remote.UnreachableError
	if _, err := h.Query(t.Context(), "uname"); !errors.As(err, &gone) {
		t.Errorf("stalled: %v", err)
	}
	if _, err := h.Query(t.Context(), "uname"); !errors.As(err, &gone) {
		t.Errorf("again: %v", err)
	}
	if _, err := h.Dial(t.Context(), "tcp", s.Addr); !errors.As(err, &gone) {
		t.Errorf("dial: %v", err)
	}
}

func TestCut(t *testing.T) {
	s, h := serve(t, remotetest.Options{})
	time.AfterFunc(50*time.Millisecond, s.Cut)
	var gone *remote.UnreachableError
	if err := h.Run(t.Context(), remote.Cmd{Argv: []string{"sleep", "60"}}); !errors.As(err, &gone) {
		t.Errorf("error is %v", err)
	}
}

func TestDialFromHost(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = io.Copy(c, c)
		_ = c.Close()
	}()
	c, err := h.Dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4)
	if _, err := c.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("nothing came, and the error is %v", err)
	}
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "ping" {
		t.Errorf("read %q, %v", buf, err)
	}
	_ = c.SetWriteDeadline(time.Now().Add(-time.Second))
	if _, err := c.Write([]byte("late")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("late: %v", err)
	}
	_ = l.Close()
	var op *net.OpError
	if _, err := h.Dial(t.Context(), "tcp", l.Addr().String()); !errors.As(err, &op) {
		t.Errorf("a port that is closed: %v", err)
	}
}
