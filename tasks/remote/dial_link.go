package remote

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

var (
	errNoKeepalive = errors.New("it has stopped to answer")
	errGone        = errors.New("it has ended the connection")
)

// A link is one SSH connection that is logged in.
type link struct {
	hop    hop
	client *ssh.Client
	wire   *wire

	once sync.Once
	done chan struct{} // closed once it is of no use any more
	err  error         // why; stands once done is closed
}

func newLink(h hop, c *ssh.Client, w *wire) *link {
	w.settle()
	l := &link{hop: h, client: c, wire: w, done: make(chan struct{})}
	go l.keepalive(h.keepalive)
	go func() {
		if err := c.Wait(); err != nil && !errors.Is(err, syscall.ECONNRESET) { // a machine that goes down may say either
			l.fail(err)
		}
		l.fail(errGone)
	}()
	return l
}

// fail ends the connection: what waits for it fails with the error.
func (l *link) fail(err error) {
	l.once.Do(func() {
		l.err = err
		close(l.done)
		_ = l.wire.Close() // not the client's: that would say goodbye to a peer that may not listen
	})
}

// cause is what an error on the connection stands for.
func (l *link) cause(err error) error {
	select {
	case <-l.done:
		err = l.err
	case <-time.After(time.Second): // the channel ended before the connection did, or alone
	}
	return &UnreachableError{Address: l.hop.addr(), Err: err}
}

func (l *link) keepalive(every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	answered := make(chan struct{}, 1)
	missed, asking := 0, false
	for {
		select {
		case <-l.done:
			return
		case <-answered:
			missed, asking = 0, false
		case <-tick.C:
			if asking {
				missed++
			}
			if missed >= keepaliveMiss {
				l.fail(errNoKeepalive)
				return
			}
			if !asking {
				asking = true
				go func() {
					if _, _, err := l.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
						answered <- struct{}{}
					}
				}()
			}
		}
	}
}

// A wire is a connection that counts its bytes.
type wire struct {
	net.Conn
	sent, received         atomic.Int64
	sentBase, receivedBase int64 // before the log-in was done
}

func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.received.Add(int64(n))
	return n, err
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	w.sent.Add(int64(n))
	return n, err
}

func (w *wire) settle() { w.sentBase, w.receivedBase = w.sent.Load(), w.received.Load() }

// Dial connects from the host, by direct-tcpip. The connection has deadlines, which SSH's channels lack.
func (s *SSH) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c, err := s.link.client.DialContext(ctx, network, addr)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if oc := (*ssh.OpenChannelError)(nil); errors.As(err, &oc) {
			return nil, &net.OpError{Op: "dial", Net: network, Addr: name(addr), Err: errors.New(oc.Message)}
		}
		return nil, s.link.cause(err)
	}
	return newTimed(c), nil
}

type name string

func (name) Network() string  { return "tcp" }
func (n name) String() string { return string(n) }

// A timed is a channel's connection with deadlines. After one has passed during a read, what comes later is kept for the next.
type timed struct {
	net.Conn
	reads    net.Conn // one end of a pipe that is fed from Conn; the pipe has deadlines
	mu       sync.Mutex
	deadline time.Time // of writes
}

func newTimed(c net.Conn) *timed {
	near, far := net.Pipe()
	t := &timed{Conn: c, reads: near}
	go func() {
		defer func() { _ = far.Close() }()
		buf := make([]byte, 32<<10)
		for {
			n, err := c.Read(buf)
			if n > 0 {
				if _, werr := far.Write(buf[:n]); werr != nil {
					return
				}
			}
			if err != nil {
				return
			}
		}
	}()
	return t
}

func (t *timed) Read(p []byte) (int, error) { return t.reads.Read(p) }

// Write gives up at the deadline; the connection is of no use then, as part may have been sent.
func (t *timed) Write(p []byte) (int, error) {
	t.mu.Lock()
	deadline := t.deadline
	t.mu.Unlock()
	if deadline.IsZero() {
		return t.Conn.Write(p)
	}
	left := time.Until(deadline)
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	var late atomic.Bool
	timer := time.AfterFunc(left, func() {
		late.Store(true)
		_ = t.Conn.Close()
	})
	defer timer.Stop()
	n, err := t.Conn.Write(p)
	if err != nil && late.Load() {
		err = os.ErrDeadlineExceeded
	}
	return n, err
}

func (t *timed) Close() error {
	_ = t.reads.Close()
	return t.Conn.Close()
}

func (t *timed) SetDeadline(at time.Time) error {
	return errors.Join(t.SetReadDeadline(at), t.SetWriteDeadline(at))
}

func (t *timed) SetReadDeadline(at time.Time) error { return t.reads.SetReadDeadline(at) }

func (t *timed) SetWriteDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.deadline = at
	return nil
}
