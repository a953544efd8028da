package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const maxFile = 16 << 20 // bytes that File reads

// An SSH is a host reached by SSH: one connection, and one long-lived shell. It is for many goroutines; the shell serves one at a time.
// Its errors are *UnreachableError once the connection has ended.
type SSH struct {
	link  *link
	shell *shell
	owned *Dialer // ends with it; nil where it is shared
}

// Traffic is what a connection has cost since the log-in.
type Traffic struct {
	Exchanges      int   // questions to the long-lived shell; an upload is not among them
	Sent, Received int64 // bytes, of SSH's own packets
}

func openSSH(ctx context.Context, l *link) (*SSH, error) {
	sh, err := l.startShell(ctx)
	if err != nil {
		l.fail(err)
		return nil, err
	}
	return &SSH{link: l, shell: sh}, nil
}

// Close ends the connection.
func (s *SSH) Close() error {
	s.link.fail(errClosed)
	if s.owned != nil {
		return s.owned.Close()
	}
	return nil
}

var errClosed = errors.New("the connection is closed")

// Traffic is what the connection has cost up to now.
func (s *SSH) Traffic() Traffic {
	w := s.link.wire
	return Traffic{int(s.shell.talks.Load()), w.sent.Load() - w.sentBase, w.received.Load() - w.receivedBase}
}

// File reads what is at the path.
func (s *SSH) File(ctx context.Context, path string) (File, error) {
	f, err := s.look(ctx, Look{Kind: "file", Path: path})
	return f.File, err
}

// Sum reads mode, owner, size and digest.
func (s *SSH) Sum(ctx context.Context, path string) (Sum, error) {
	f, err := s.look(ctx, Look{Kind: "sum", Path: path})
	return f.Sum, err
}

// Query runs a command that only reads.
func (s *SSH) Query(ctx context.Context, argv ...string) (string, error) {
	f, err := s.look(ctx, Look{Kind: "query", Argv: argv})
	return f.Out, err
}

func (s *SSH) look(ctx context.Context, l Look) (Found, error) {
	found, err := s.Fetch(ctx, []Look{l})
	if err != nil {
		return Found{}, err
	}
	return found[0], found[0].Err
}

// Fetch does all looks in one exchange. Where files change or cannot be read meanwhile, it may take another.
func (s *SSH) Fetch(ctx context.Context, looks []Look) ([]Found, error) {
	found := make([]Found, len(looks))
	var sums, each []int // indexes of looks
	script := strings.Builder{}
	script.WriteString("LC_ALL=C; export LC_ALL\n")
	for i, l := range looks {
		words, err := l.words()
		switch {
		case err != nil:
			found[i].Err = err
		case l.Kind == "sum" && len(sums) < sumsAtOnce:
			sums = append(sums, i)
		default:
			each = append(each, i)
			script.WriteString("L " + words + "\n")
		}
	}
	if len(sums) > 0 {
		script.WriteString("L A " + line(paths(looks, sums)...))
	}
	said, err := s.shell.talk(ctx, script.String(), nil)
	if err != nil {
		return nil, err
	}
	for _, i := range each {
		var a answer
		if a, said, err = s.shell.frame(said); err != nil {
			return nil, err
		}
		found[i] = looks[i].found(a)
	}
	if len(sums) == 0 {
		return found, nil
	}
	all, _, err := s.shell.frame(said)
	if err != nil {
		return nil, err
	}
	return found, s.sums(ctx, looks, sums, all, found)
}

// words are what the shell is asked for a look.
func (l Look) words() (string, error) {
	if err := wordly(append([]string{l.Path}, l.Argv...)...); err != nil {
		return "", err
	}
	switch l.Kind {
	case "file", "sum":
		if err := absolute(l.Path); err != nil {
			return "", err
		}
		return map[string]string{"file": "F ", "sum": "S "}[l.Kind] + quote(l.Path), nil
	case "query":
		if err := Allowed(l.Argv); err != nil {
			return "", err
		}
		return line(l.Argv...), nil
	}
	return "", fmt.Errorf("no such look: %q", l.Kind)
}

func absolute(p string) error {
	if !path.IsAbs(p) {
		return fmt.Errorf("%q is no absolute path", p)
	}
	return nil
}

// answer is one framed answer.
type answer struct {
	out    []byte
	status int
	errs   string
}

// frame takes the next answer off what was said.
func (s *shell) frame(said []byte) (answer, []byte, error) {
	out, rest, ok := bytes.Cut(said, []byte("\n"+s.mark+" "))
	status, rest, ok2 := bytes.Cut(rest, []byte("\n"))
	errs, rest, ok3 := bytes.Cut(rest, []byte("\n"+s.mark+"\n"))
	code, err := strconv.Atoi(string(status))
	if !ok || !ok2 || !ok3 || err != nil {
		return answer{}, nil, fmt.Errorf("the host's shell does not do as a POSIX one: %s", s.errs.said())
	}
	return answer{out, code, strings.TrimSpace(string(errs))}, rest, nil
}

func (a answer) err() error {
	if a.status == 0 {
		return nil
	}
	return &ExitError{Code: a.status, Stderr: a.errs}
}

func (l Look) found(a answer) Found {
	if l.Kind == "query" {
		return Found{Out: string(a.out), Err: a.err()}
	}
	if a.status != 0 {
		return Found{Err: fmt.Errorf("%s: %s", l.Path, a.errs)}
	}
	head, body, ok := bytes.Cut(a.out, []byte("\n"))
	if string(head) == "-" {
		return Found{}
	}
	sum, err := parseStat(string(head))
	if err != nil || !ok {
		return Found{Err: fmt.Errorf("%s: stat answers %q", l.Path, head)}
	}
	if l.Kind == "file" {
		if len(body) > maxFile {
			return Found{Err: fmt.Errorf("%s: it is larger than %d MiB", l.Path, maxFile>>20)}
		}
		f := File{Mode: sum.Mode, Owner: sum.Owner}
		if sum.Mode.IsRegular() || f.IsLink() {
			f.Data = append([]byte{}, body...)
		}
		return Found{File: f, Sum: f.Sum()}
	}
	return Found{Sum: sum.with(body)}
}

// with is a stat's Sum with what follows it: what sha256sum says of a file, where a link points.
func (s Sum) with(body []byte) Sum {
	switch {
	case s.Mode.IsRegular():
		digest, _, _ := strings.Cut(string(body), " ")
		s.SHA256 = strings.TrimPrefix(digest, `\`) // of an odd name
	case s.Mode&fs.ModeSymlink != 0:
		digest := sha256.Sum256(body)
		s.Size, s.SHA256 = int64(len(body)), hex.EncodeToString(digest[:])
	default:
		s.Size = 0
	}
	return s
}
