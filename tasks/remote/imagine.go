package remote

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path"
)

// An Imagined host is one as it will be: a Conn that reads from a Reader and keeps what it is told to change to itself.
// It is for one goroutine at a time.
type Imagined struct {
	r       Reader
	clock   int               // counts changes, so that it is known which came later
	over    map[string]layer  // by path without links among its parents
	touched map[string]int    // when a command altered the path and what is below it
	pending []string          // touched, their links not yet followed
	links   map[string]string // what the Reader's directories are links to, "" for none
}

// Imagine is the host that r reads, before any imagined change.
//
// As on a host, links among a path's parents are followed, real ones and imagined ones. While nothing is imagined, a look is a look at r
// and no more; afterwards the parents of a path are looked at too, each once, to know which are links.
// What is put with no owner where nothing was is owned by "root:root".
func Imagine(r Reader) *Imagined {
	return &Imagined{r: r, over: map[string]layer{}, touched: map[string]int{}, links: map[string]string{}}
}

// File is what will be at the path. It is ErrUnknown if a command will have altered it or one of its parents.
func (m *Imagined) File(ctx context.Context, p string) (File, error) {
	at, err := m.look(ctx, p)
	if err != nil {
		_, _ = m.r.File(ctx, p) // most likely no parent is a link: a Batch notes it with them
		return File{}, err
	}
	l, ok, err := m.find(at)
	switch {
	case err != nil:
		return File{}, err
	case l.sum != nil || m.altered(at, l.when):
		return File{}, fmt.Errorf("%s: %w", p, ErrUnknown)
	case ok:
		l.file.Data = bytes.Clone(l.file.Data)
		return l.file, nil
	}
	return m.r.File(ctx, at)
}

// Sum is what will be at the path. If a command will have altered it, SHA256 is Unknown, and mode, owner and size are those that it had.
func (m *Imagined) Sum(ctx context.Context, p string) (Sum, error) {
	at, err := m.look(ctx, p)
	if err != nil {
		_, _ = m.r.Sum(ctx, p)
		return Sum{}, err
	}
	return m.sum(ctx, at)
}

func (m *Imagined) sum(ctx context.Context, at string) (s Sum, err error) {
	l, ok, err := m.find(at)
	switch {
	case err != nil:
		return Sum{}, err
	case l.sum != nil:
		s = *l.sum
	case ok:
		s = l.file.Sum()
	default:
		s, err = m.r.Sum(ctx, at)
	}
	if m.altered(at, l.when) {
		s.SHA256 = Unknown
	}
	return s, err
}

// Query asks the Reader: commands know nothing of what is imagined.
func (m *Imagined) Query(ctx context.Context, argv ...string) (string, error) {
	return m.r.Query(ctx, argv...)
}

// Dial connects from the Reader's host.
func (m *Imagined) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return m.r.Dial(ctx, network, addr)
}

// Put imagines f at the path. After that the path is known, even if a command altered it before.
func (m *Imagined) Put(ctx context.Context, p string, f File) error {
	at, had, err := m.place(ctx, p, f.Exists())
	if err != nil {
		return err
	}
	if had.IsDir() && f.Exists() && !f.IsDir() {
		return fmt.Errorf("%s: is a directory", p)
	}
	f.Secret = false // as a host gives it back
	if f.Exists() {
		f.Owner = cmp.Or(f.Owner, had.Owner, "root:root")
	}
	m.lay(at, layer{file: f, hides: !had.IsDir() || !f.IsDir()})
	return nil
}

// Unpack imagines a's content at dir, and a itself at a.Pack. Without a.FS what is below dir is not known.
func (m *Imagined) Unpack(ctx context.Context, a Archive, dir, owner string) error {
	at, had, err := m.place(ctx, dir, true)
	pack, _, packErr := m.place(ctx, a.Pack, true)
	if err = errors.Join(err, packErr); err != nil || had.Exists() {
		return err
	}
	m.lay(pack, layer{sum: &Sum{Mode: 0o644, Owner: "root:root", Size: a.Size, SHA256: a.SHA256}, hides: true})
	m.lay(at, layer{file: Dir(0o755, owner), hides: true, tree: &tree{a.FS, owner}})
	return nil
}

// Run does nothing: what a command will do is not known. Touch says what it alters.
func (m *Imagined) Run(context.Context, Cmd) error { return nil }

// Touch marks the paths, and what is below them, as altered by a command: from here on their content is not known.
func (m *Imagined) Touch(paths ...string) {
	// Following their links can lack a look, and this cannot fail: the next look or change does it, before any link differs.
	m.pending = append(m.pending, paths...)
}

// place is where a change of p goes, and what is there. The parent must be there if needed.
func (m *Imagined) place(ctx context.Context, p string, parent bool) (at string, had Sum, err error) {
	if at, err = m.follow(ctx, p); err != nil {
		_, _ = m.r.Sum(ctx, p) // to note it too
		return "", Sum{}, err
	}
	if parent {
		up, err := m.sum(ctx, path.Dir(at))
		if err != nil {
			return "", Sum{}, err
		}
		if !up.IsDir() && up.SHA256 != Unknown {
			return "", Sum{}, fmt.Errorf("%s: its parent is no directory", p)
		}
	}
	had, err = m.sum(ctx, at)
	return at, had, err
}

func (m *Imagined) lay(at string, l layer) {
	if had, ok := m.over[at]; ok && !l.hides {
		l.hides, l.tree, l.since = had.hides, had.tree, had.since // it stays the directory that it was
	} else {
		maps.DeleteFunc(m.over, func(p string, _ layer) bool { return l.hides && below(p, at) })
		l.since = m.clock + 1
	}
	m.clock++
	l.when = m.clock
	m.over[at] = l
}
