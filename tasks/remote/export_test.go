package remote

import (
	"archive/zip"
	"context"
	"errors"
	"io"
)

// Untar unpacks as where a host has nothing for a zip, which a test's machine has.
func (s *SSH) Untar(ctx context.Context, a Archive, dir, owner string) error {
	z, err := zip.OpenReader(a.Local)
	if err != nil {
		return err
	}
	err = s.untar(ctx, a, z.File, dir)
	if err == nil {
		err = s.script(ctx, settleScript, nil, dir, owner)
	}
	return errors.Join(err, z.Close())
}

// WriteTar is what Untar sends.
func WriteTar(w io.Writer, files []*zip.File) error { return writeTar(w, files) }
