package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	connectTimeout = 10 * time.Second
	keepaliveEvery = 5 * time.Second
	keepaliveMiss  = 3 // unanswered in a row: the peer is dead
	dialTries      = 3 // of a connection that is reset before it is logged in: sshd's MaxStartups
	bastionSlots   = 5 // attempts at once through one bastion: below sshd's MaxStartups 10:30:100
)

// A Target is a host to connect to. What is not set comes from Config, then from OpenSSH's defaults.
type Target struct {
	Name    string // what ~/.ssh/config knows it as where Address is ""
	Address string
	Port    int // 22
	User    string

	Keys           []string // private key files; none are OpenSSH's: id_ed25519, id_ecdsa, id_rsa
	Passphrase     Secret   // of Keys
	Password       Secret   // for the methods password and keyboard-interactive
	Agent          string   // its socket; "" is SSH_AUTH_SOCK's, "none" is none
	Become         bool     // to be root by sudo; nothing to do for the user root
	BecomePassword Secret   // what sudo asks for; "" expects sudo to ask for nothing

	KnownHosts []string // files; none are ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts
	Bastions   []string // user@host:port, in the order they are passed; they are known by the same files and keys
	Config     string   // ~/.ssh/config or the like; "" is none

	ConnectTimeout time.Duration // of one connection and its log-in; 10 s
	Keepalive      time.Duration // between questions whether the peer lives; 5 s. After three without an answer it is dead.
}

// An UnreachableError is a host that does not answer, or that has stopped to.
type UnreachableError struct {
	Address string // host:port
	Err     error
}

func (e *UnreachableError) Error() string {
	err := e.Err
	if errors.Is(err, io.EOF) {
		err = errGone
	}
	return e.Address + " cannot be reached: " + err.Error()
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// A Dialer connects to hosts, and shares its connections to bastions among them. The zero Dialer is ready.
type Dialer struct {
	mu       sync.Mutex
	bastions map[string]*bastion
}

// A bastion is one shared connection, or one that is being made.
type bastion struct {
	made  chan struct{} // closed once link or err stands
	link  *link
	err   error
	slots chan struct{}
}

// Dial connects to a host by a Dialer of its own, which ends with the connection.
func Dial(ctx context.Context, t Target) (*SSH, error) {
	d := &Dialer{}
	s, err := d.Dial(ctx, t)
	if err != nil {
		_ = d.Close()
		return nil, err
	}
	s.owned = d
	return s, nil
}

// Dial connects, logs in and starts the host's shell. Its error is an *UnreachableError, a *HostKeyError, an *AuthError or a
// *BecomeError where it is one of those.
func (d *Dialer) Dial(ctx context.Context, t Target) (*SSH, error) {
	hops, err := settle(t)
	if err != nil {
		return nil, err
	}
	l, err := d.connect(ctx, hops)
	if err != nil {
		return nil, err
	}
	return openSSH(ctx, l)
}

// Close ends the connections to the bastions, and with them what goes through them.
func (d *Dialer) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, b := range d.bastions {
		go func() { // it may still be in the making
			<-b.made
			if b.link != nil {
				b.link.fail(errClosed)
			}
		}()
	}
	d.bastions = nil
	return nil
}

// connect makes a connection to the last hop through those before.
func (d *Dialer) connect(ctx context.Context, hops []hop) (*link, error) {
	last := hops[len(hops)-1]
	if len(hops) == 1 {
		return retry(ctx, func() (*link, error) { return last.connect(ctx, (&net.Dialer{}).DialContext) })
	}
	b, err := d.bastion(ctx, hops[:len(hops)-1])
	if err != nil {
		return nil, fmt.Errorf("bastion %s: %w", hops[len(hops)-2].addr(), err)
	}
	select {
	case b.slots <- struct{}{}:
		defer func() { <-b.slots }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return retry(ctx, func() (*link, error) { return last.connect(ctx, b.link.client.DialContext) })
}

// bastion is the shared connection to the last of hops. It is made by whoever comes first, and again where it has died.
func (d *Dialer) bastion(ctx context.Context, hops []hop) (*bastion, error) {
	key := chain(hops)
	d.mu.Lock()
	b := d.bastions[key]
	if b == nil || b.dead() {
		b = &bastion{made: make(chan struct{}), slots: make(chan struct{}, bastionSlots)}
		if d.bastions == nil {
			d.bastions = map[string]*bastion{}
		}
		d.bastions[key] = b
		go func() {
			// The first host's end is not that of the others: only the time to connect bounds it.
			b.link, b.err = d.connect(context.WithoutCancel(ctx), hops)
			close(b.made)
		}()
	}
	d.mu.Unlock()
	select {
	case <-b.made:
		return b, b.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// dead says whether it was made and is of no use, or not any more.
func (b *bastion) dead() bool {
	select {
	case <-b.made:
	default:
		return false
	}
	if b.err != nil {
		return true
	}
	select {
	case <-b.link.done:
		return true
	default:
		return false
	}
}

// retry tries again what was reset before it was logged in, as sshd does when too many come at once.
func retry(ctx context.Context, try func() (*link, error)) (l *link, err error) {
	for i := range dialTries {
		if i > 0 {
			select {
			case <-time.After(time.Duration(i)*100*time.Millisecond + rand.N(200*time.Millisecond)):
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		if l, err = try(); err == nil || !reset(err) {
			break
		}
	}
	return l, err
}

func reset(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

type dialFunc func(ctx context.Context, network, addr string) (net.Conn, error)

// connect makes one attempt: the connection, the host's key, the log-in.
func (h hop) connect(ctx context.Context, dial dialFunc) (*link, error) {
	known, err := readKnown(h)
	if err != nil {
		return nil, err
	}
	creds := h.credentials()
	defer creds.close()
	trial, cancel := context.WithTimeoutCause(ctx, h.timeout, fmt.Errorf("no answer within %s", h.timeout))
	defer cancel()
	nc, err := dial(trial, "tcp", h.addr())
	if err != nil {
		return nil, h.failed(ctx, trial, err)
	}
	w := &wire{Conn: nc}
	stop := context.AfterFunc(trial, func() { _ = nc.Close() })
	c, channels, requests, err := ssh.NewClientConn(w, h.addr(), &ssh.ClientConfig{
		User: h.user, Auth: creds.methods, HostKeyCallback: known.check, HostKeyAlgorithms: known.algorithms(),
	})
	if !stop() || err != nil {
		_ = nc.Close()
		if known.passed && reset(err) {
			err = errGone // not to be tried again: the host may count failures
		}
		if err == nil || trial.Err() != nil || !known.passed && known.err == nil || errors.Is(err, errGone) {
			return nil, h.failed(ctx, trial, err)
		}
		if known.err != nil {
			return nil, known.err
		}
		return nil, &AuthError{User: h.user, Address: h.addr(), Tried: creds.tried}
	}
	return newLink(h, ssh.NewClient(c, channels, requests), w), nil
}

// failed is why no connection came about: the caller's end, the time, or the network.
func (h hop) failed(ctx, trial context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if trial.Err() != nil {
		err = context.Cause(trial)
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) && op.Err != nil {
		err = op.Err // its text would name the address again
	}
	if oc := (*ssh.OpenChannelError)(nil); errors.As(err, &oc) {
		err = fmt.Errorf("the bastion says: %s", strings.TrimSpace(oc.Message))
	}
	return &UnreachableError{Address: h.addr(), Err: err}
}
