// Package remotetest is hosts for tests: one in memory, and an SSH server in process.
package remotetest

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// Options say how a Server behaves. The zero Options are a server that lets everybody in who has ClientKey.
type Options struct {
	User        string          // who may log in; "" is anybody. Whoever logs in is the test's own user.
	Keys        []ssh.PublicKey // besides the server's ClientKey
	NoClientKey bool            // ClientKey is not accepted
	Password    string          // accepted by the method password where it is not ""
	Answer      string          // accepted by the method keyboard-interactive where it is not ""
	HostKey     ssh.Signer      // nil makes one; may be a certificate's

	Noise string   // what the login shell says on both streams before it runs a command
	Path  string   // a directory that goes before PATH
	Env   []string // further environment, NAME=VALUE
	Sudo  *Sudo    // a sudo goes before PATH

	NoSFTP      bool  // the subsystem sftp is refused
	RefuseFirst int   // so many connections are closed at once
	MaxStartups int   // more than so many that are not logged in yet are closed at once; 0 is no bound
	CutAfter    int64 // the first connection that received more than so many bytes is cut; 0 is none
}

// A Server is an SSH server in this process. It runs commands by the machine's own sh as the test's user, has sftp and
// direct-tcpip forwarding, and counts.
type Server struct {
	Addr      string     // host:port
	Host      string     // 127.0.0.1
	Port      int        // of Addr
	Line      string     // its line of known_hosts, without an end of line
	ClientKey ssh.Signer // a key that it accepts
	ClientPEM []byte     // the same, as an OpenSSH private key without a passphrase

	options  Options
	config   *ssh.ServerConfig
	listener net.Listener
	env      []string
	wait     sync.WaitGroup
	ctx      context.Context // ends with the server
	end      context.CancelFunc

	mu      sync.Mutex
	conns   map[*conn]bool
	stalled chan struct{} // not nil while it does not answer
	starts  int           // connections that are not logged in
	seen    Seen
	cut     atomic.Bool
}

// Seen is what a Server saw. Bytes are those after authentication, as they went over the wire.
type Seen struct {
	Connections int // accepted
	Sessions    int // logged in
	Channels    int // opened by clients, of any kind
	Exchanges   int // times that a client wrote to a session after it had heard something, or at all
	Forwards    int // direct-tcpip among the channels
	Startups    int // the most connections at once that were not logged in yet
	Received    int64
	Sent        int64
}

// Serve starts a server that ends with the test.
func Serve(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{options: o, conns: map[*conn]bool{}}
	s.ClientKey, s.ClientPEM = newKey(t)
	if s.options.HostKey == nil {
		s.options.HostKey, _ = newKey(t)
	}
	s.config = s.serverConfig()
	s.ctx, s.end = context.WithCancel(context.Background())
	s.env = environment(t, o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener, s.Addr = l, l.Addr().String()
	host, port, _ := net.SplitHostPort(s.Addr)
	s.Host = host
	s.Port, _ = strconv.Atoi(port)
	s.Line = knownhosts.Line([]string{knownhosts.Normalize(s.Addr)}, s.options.HostKey.PublicKey())
	s.wait.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

// Seen is what it saw up to now.
func (s *Server) Seen() Seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen
}

// Cut closes every connection abruptly; new ones are taken.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.Conn.Close()
	}
}

// Stall has the server answer nothing any more, as a host whose cable was pulled, until the returned function is called.
func (s *Server) Stall() (resume func()) {
	gate := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = gate
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stalled = nil
		close(gate)
	})
}

func (s *Server) close() {
	_ = s.listener.Close()
	s.end()
	s.mu.Lock()
	if s.stalled != nil {
		close(s.stalled)
		s.stalled = nil
	}
	s.mu.Unlock()
	s.Cut()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			return
		}
		c := &conn{Conn: nc, server: s}
		if !s.admit(c) {
			_ = nc.Close()
			continue
		}
		s.wait.Go(func() { s.serve(c) })
	}
}

// admit says whether a new connection may begin.
func (s *Server) admit(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen.Connections++
	if s.seen.Connections <= s.options.RefuseFirst || s.options.MaxStartups > 0 && s.starts >= s.options.MaxStartups {
		return false
	}
	s.starts++
	s.seen.Startups = max(s.seen.Startups, s.starts)
	s.conns[c] = true
	return true
}

func (s *Server) serve(c *conn) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, c)
	}()
	config := *s.config
	begun := sync.OnceFunc(func() { // before the client hears of its log-in, and begins another
		s.mu.Lock()
		defer s.mu.Unlock()
		s.starts--
	})
	config.AuthLogCallback = func(_ ssh.ConnMetadata, _ string, err error) {
		if err == nil {
			begun()
		}
	}
	_, channels, requests, err := ssh.NewServerConn(c, &config)
	begun()
	if err != nil {
		return
	}
	c.counting.Store(true)
	s.mu.Lock()
	s.seen.Sessions++
	s.mu.Unlock()
	s.wait.Go(func() { ssh.DiscardRequests(requests) })
	for ch := range channels {
		s.wait.Go(func() { s.open(ch) })
	}
}

var errDenied = errors.New("denied")

func (s *Server) serverConfig() *ssh.ServerConfig {
	o := s.options
	known := func(c ssh.ConnMetadata) bool { return o.User == "" || o.User == c.User() }
	cfg := &ssh.ServerConfig{
		PublicKeyCallback: func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if known(c) && s.accepts(key) {
				return &ssh.Permissions{}, nil
			}
			return nil, errDenied
		},
	}
	if o.Password != "" {
		cfg.PasswordCallback = func(c ssh.ConnMetadata, p []byte) (*ssh.Permissions, error) {
			if known(c) && string(p) == o.Password {
				return &ssh.Permissions{}, nil
			}
			return nil, errDenied
		}
	}
	if o.Answer != "" {
		cfg.KeyboardInteractiveCallback = func(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			a, err := ask("", "", []string{"Password: "}, []bool{false})
			if err == nil && known(c) && len(a) == 1 && a[0] == o.Answer {
				return &ssh.Permissions{}, nil
			}
			return nil, errDenied
		}
	}
	cfg.AddHostKey(o.HostKey)
	return cfg
}

func (s *Server) accepts(key ssh.PublicKey) bool {
	keys := s.options.Keys
	if !s.options.NoClientKey {
		keys = append([]ssh.PublicKey{s.ClientKey.PublicKey()}, keys...)
	}
	for _, k := range keys {
		if string(k.Marshal()) == string(key.Marshal()) {
			return true
		}
	}
	return false
}

func newKey(t testing.TB) (ssh.Signer, []byte) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer, keyPEM(t, key, "")
}
