package dist

import (
	"archive/tar"
	"archive/zip"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Tar writes the content as a tar, for a host with nothing that unpacks a zip: the same folder, sorted by name, with the
// modes of the zip. GNU's format is what busybox reads long names from too. It stops at the next read once ctx is done.
func (z *Zip) Tar(ctx context.Context, w io.Writer) error {
	files := slices.SortedFunc(slices.Values(z.r.File), func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	out := tar.NewWriter(w)
	buffer := make([]byte, 64<<10)
	for _, f := range files {
		if err := copyFile(ctx, out, f, buffer); err != nil {
			return fmt.Errorf("%s: %s: %w", z.Path, f.Name, err)
		}
	}
	return out.Close()
}

func copyFile(ctx context.Context, out *tar.Writer, f *zip.File, buffer []byte) error {
	head := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.Name, Size: int64(f.UncompressedSize64), Mode: int64(mode(f)),
		ModTime: f.Modified.Truncate(time.Second), Format: tar.FormatGNU,
	}
	if f.Modified.IsZero() {
		head.ModTime = time.Unix(0, 0)
	}
	if f.Mode().IsDir() {
		head.Typeflag, head.Size = tar.TypeDir, 0
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := out.WriteHeader(head); err != nil {
		return err
	}
	if head.Typeflag == tar.TypeDir {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.CopyBuffer(out, cancelled{ctx, in}, buffer)
	return err
}

// mode is what the zip says of a file's rights; where it was made on a system without them, scripts run and the
// rest does not. The owner may always read and write: an upgrade must be able to remove it.
func mode(f *zip.File) fs.FileMode {
	const unix, macOS = 3, 19
	creator := f.CreatorVersion >> 8
	kept := (creator == unix || creator == macOS) && f.ExternalAttrs>>16 != 0
	switch perm := f.Mode().Perm(); {
	case f.Mode().IsDir() && kept:
		return perm | 0o700
	case kept:
		return perm | 0o600
	case f.Mode().IsDir(), strings.HasSuffix(f.Name, ".sh"):
		return 0o755
	}
	return 0o644
}

// A cancelled reader fails once its context is done.
type cancelled struct {
	ctx context.Context
	io.Reader
}

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(p)
}
