package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	killGrace  = 5 * time.Second // between asking a cancelled command to end and killing it, and before the connection is given up
	replyBound = 256 << 20       // bytes of one reply: more is taken for a host out of its mind
)

// A BecomeError is a sudo that did not give root.
type BecomeError struct {
	User  string
	Words string // what sudo said
}

func (e *BecomeError) Error() string {
	if e.Words == "" {
		return "sudo gives " + e.User + " no root"
	}
	return "sudo gives " + e.User + " no root: " + e.Words
}

// A shell is a long-lived sh on a host, as root where the hop becomes that.
type shell struct {
	link    *link
	session *ssh.Session
	in      io.WriteCloser
	out     io.Reader
	errs    *words
	mark    string        // frames replies; no one else on the host knows it
	turn    chan struct{} // holds one while nobody talks
	talks   atomic.Int64
}

// startShell starts a shell on a connection, past whatever the login shell says first.
func (l *link) startShell(ctx context.Context) (*shell, error) {
	sess, err := l.client.NewSession()
	if err != nil {
		return nil, l.cause(err)
	}
	s := &shell{link: l, session: sess, mark: rand.Text(), turn: make(chan struct{}, 1), errs: &words{token: rand.Text(), more: make(chan struct{}, 1)}}
	sess.Stderr = s.errs
	s.in, err = sess.StdinPipe()
	if err == nil {
		s.out, err = sess.StdoutPipe()
	}
	token := rand.Text()
	if err == nil {
		err = sess.Start(s.command(token))
	}
	if err != nil {
		return nil, l.cause(err)
	}
	if err := s.await(ctx, token); err != nil {
		_ = sess.Close()
		return nil, err
	}
	body := "m=" + s.mark + "\n" + serve
	if _, err := fmt.Fprintf(s.in, "%s%d\n%s", token, len(body), body); err != nil {
		return nil, l.cause(err)
	}
	s.turn <- struct{}{}
	return s, nil
}

// command is what starts the shell. It says a token on standard error before sudo can speak, so that noise is told from words.
func (s *shell) command(token string) string {
	boot := "sh -c " + forceQuote(wake(token))
	if !s.link.hop.become {
		return boot
	}
	sudo := `exec sudo -n sh -c "$0"`
	if s.link.hop.sudo != "" {
		sudo = `exec sudo -S -p ` + s.errs.prompt() + ` sh -c "$0"`
	}
	return "sh -c " + forceQuote("echo "+s.errs.token+" >&2; "+sudo) + " " + forceQuote(wake(token))
}

// forceQuote quotes what holds no quote.
func forceQuote(s string) string { return "'" + s + "'" }

// await waits for the token on standard output; sudo gets its password when it asks, and once.
func (s *shell) await(ctx context.Context, token string) error {
	ready := make(chan error, 1)
	go func() { ready <- skipTo(s.out, token) }()
	answered := false
	for {
		select {
		case err := <-ready:
			if err == nil {
				return nil
			}
			return s.refused(err)
		case <-s.errs.more:
			switch asked := s.errs.asked(); {
			case asked > 1:
				return s.becomeError() // not again: a third wrong one may lock the account
			case asked == 1 && !answered:
				answered = true
				if _, err := io.WriteString(s.in, s.link.hop.sudo.Reveal()+"\n"); err != nil {
					return s.refused(err)
				}
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.link.done:
			return s.link.cause(nil)
		}
	}
}

// refused is why no shell came about.
func (s *shell) refused(err error) error {
	ended := make(chan struct{})
	go func() { // so that all was said
		_ = s.session.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-s.link.done:
		return s.link.cause(err)
	case <-time.After(time.Second):
	}
	if s.link.hop.become {
		return s.becomeError()
	}
	return fmt.Errorf("no shell starts: %s", s.errs.said())
}

func (s *shell) becomeError() error {
	return &BecomeError{User: s.link.hop.user, Words: mask(s.errs.said(), s.link.hop.sudo)}
}

// skipTo reads through the line that is the token.
func skipTo(r io.Reader, token string) error {
	var seen []byte
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(r, b); err != nil {
			return err
		}
		seen = append(seen, b[0])
		if b[0] == '\n' && bytes.HasSuffix(seen, []byte(token+"\n")) {
			return nil
		}
	}
}

// talk runs a script with standard input and returns what it said. One at a time: who comes meanwhile waits.
func (s *shell) talk(ctx context.Context, script string, data []byte) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case <-s.turn:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-s.link.done:
		return nil, s.link.cause(nil)
	}
	s.talks.Add(1)
	script += "\n#" + s.mark
	r := &reply{end: []byte("\n" + s.mark + " end\n"), pid: []byte(s.mark + " pid "), done: make(chan struct{})}
	go func() {
		if _, err := s.in.Write(append([]byte(header("x", script, data)+script), data...)); err != nil {
			_ = s.session.Close()
		}
	}()
	go r.read(s.out)
	select {
	case <-r.done:
	case <-s.link.done:
		return nil, s.link.cause(nil)
	case <-ctx.Done():
		return nil, s.stop(ctx, r)
	}
	if r.err != nil {
		err := s.link.cause(r.err)
		s.link.fail(r.err)
		return nil, err
	}
	s.turn <- struct{}{}
	return r.said, nil
}

// stop ends a command whose caller does not wait any more. Where that does not help, the connection is given up.
func (s *shell) stop(ctx context.Context, r *reply) error {
	for _, signal := range []string{"TERM", "KILL"} {
		if pid := r.process.Load(); pid != nil {
			go func() { _, _ = fmt.Fprintf(s.in, "k %s %s\n", signal, *pid) }()
		}
		select {
		case <-r.done:
			if r.err == nil {
				s.turn <- struct{}{}
			}
			return context.Cause(ctx)
		case <-s.link.done:
			return context.Cause(ctx)
		case <-time.After(killGrace):
		}
	}
	s.link.fail(errors.New("it has stopped to answer: a command that was cancelled does not end"))
	return context.Cause(ctx)
}
