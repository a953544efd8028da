package remote

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
)

// A layer is what an imagined change put at a path.
type layer struct {
	when  int // what is at the path
	since int // what is below it
	file  File
	sum   *Sum  // instead of file, where only this is known
	hides bool  // nothing of the Reader's is seen below it
	tree  *tree // what is seen instead; nil for nothing
}

// A tree is an unpacked archive.
type tree struct {
	fs    fs.FS // nil if what it holds is not known
	owner string
}

// find is what imagined changes say of the path: one of its own, or one that put a parent there. If none does, it is the Reader's.
func (m *Imagined) find(at string) (layer, bool, error) {
	if l, ok := m.over[at]; ok {
		return l, true, nil
	}
	for _, dir := range above(at) {
		if l, ok := m.over[dir]; ok && l.hides {
			l, err := l.inside(strings.TrimPrefix(at, dir+"/"))
			return l, true, err
		}
	}
	return layer{}, false, nil
}

// inside is what is at name below l.
func (l layer) inside(name string) (layer, error) {
	in := layer{when: l.since}
	switch {
	case l.tree == nil:
		return in, nil
	case l.tree.fs == nil:
		in.sum = &Sum{SHA256: Unknown}
		return in, nil
	}
	var err error
	in.file, err = l.tree.read(name)
	return in, err
}

func (t tree) read(name string) (File, error) {
	info, err := fs.Stat(t.fs, name)
	if errors.Is(err, fs.ErrNotExist) {
		return File{}, nil
	}
	if err != nil {
		return File{}, err
	}
	f := File{Mode: info.Mode() & (fs.ModeDir | fs.ModePerm), Owner: t.owner}
	if !f.IsDir() {
		f.Data, err = fs.ReadFile(t.fs, name)
	}
	return f, err
}

// altered says whether a command altered the path, or one of its parents, after what is there came at when.
func (m *Imagined) altered(at string, when int) bool {
	for _, p := range append(above(at), at) {
		if m.touched[p] > when {
			return true
		}
	}
	return false
}

// look is where a look at p goes: while nothing is imagined, the host follows the links itself.
func (m *Imagined) look(ctx context.Context, p string) (string, error) {
	if len(m.over)+len(m.touched)+len(m.pending) == 0 {
		return path.Clean(p), nil
	}
	return m.follow(ctx, p)
}

// follow settles what was touched, then follows the links among p's parents.
func (m *Imagined) follow(ctx context.Context, p string) (string, error) {
	for len(m.pending) > 0 {
		at, err := m.followLinks(ctx, m.pending[0])
		if err != nil {
			_, _ = m.followLinks(ctx, p) // to note what it lacks too
			return "", err
		}
		m.clock++
		m.touched[at] = m.clock
		m.pending = m.pending[1:]
	}
	return m.followLinks(ctx, p)
}

func (m *Imagined) followLinks(ctx context.Context, p string) (string, error) {
	p = path.Clean(p)
	var errs []error
	for _, dir := range above(p) { // all of them, so that a Batch fetches them in one exchange
		_, err := m.link(ctx, dir)
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return "", err
	}
	return Follow(p, func(dir string) (string, error) { return m.link(ctx, dir) })
}

// link is the target of the link at the path, "" if it is none.
func (m *Imagined) link(ctx context.Context, at string) (string, error) {
	l, ok, err := m.find(at)
	if err != nil {
		return "", err
	}
	if ok {
		return l.file.target(), nil
	}
	if target, ok := m.links[at]; ok || at == "/" {
		return target, nil
	}
	f, err := m.r.File(ctx, at)
	if err == nil {
		m.links[at] = f.target()
	}
	return m.links[at], err
}

func (f File) target() string {
	if !f.IsLink() {
		return ""
	}
	return string(f.Data)
}
