package remotetest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"apimctl/tasks/remote"
)

// Unpack copies a.FS, or the content of a.Local's only top folder where there is none, to dir.
func (m *Memory) Unpack(ctx context.Context, a remote.Archive, dir, owner string) error {
	if err := errors.Join(ctx.Err(), m.mutate()); err != nil {
		return err
	}
	files, done, err := open(a)
	if err != nil {
		return err
	}
	defer done()
	m.mu.Lock()
	defer m.mu.Unlock()
	at, err := m.follow(dir)
	if err != nil || m.files[at].Exists() {
		return err
	}
	pack, err := m.follow(a.Pack)
	if err != nil {
		return err
	}
	if err := m.put(pack, remote.File{Mode: 0o644, Data: []byte(a.SHA256)}); err != nil {
		return fmt.Errorf("%s: %w", a.Pack, err)
	}
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := read(files, name, d)
		f.Owner = owner
		return errors.Join(err, m.put(path.Join(at, name), f))
	})
}

func read(files fs.FS, name string, d fs.DirEntry) (remote.File, error) {
	info, err := d.Info()
	if err != nil || name == "." {
		return remote.Dir(0o755, ""), err
	}
	f := remote.File{Mode: info.Mode() & (fs.ModeDir | fs.ModePerm)}
	if !f.IsDir() {
		f.Data, err = fs.ReadFile(files, name)
	}
	return f, err
}

func open(a remote.Archive) (fs.FS, func(), error) {
	if a.FS != nil {
		return a.FS, func() {}, nil
	}
	z, err := zip.OpenReader(a.Local)
	if err != nil {
		return nil, nil, err
	}
	top, _, _ := strings.Cut(z.File[0].Name, "/")
	files, err := fs.Sub(z, top)
	return files, func() { _ = z.Close() }, err
}
