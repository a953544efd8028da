package remote

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// $1 the directory to be. Clears what a killed run has left, and says whether all is done.
const clearScript = `
new=${1%/*}/.${1##*/}.apimctl-unpacked
rm -rf -- "$new"
[ -e "$1" ] && { echo done; exit; }
[ -d "${1%/*}" ] || { echo "there is no directory ${1%/*}" >&2; exit 1; }`

// $1 the directory to be, $2 the pack; on standard input what must be executable, which jar forgets and unzip does not find in every zip. A JDK is looked for where the
// distributions put it too: Java need not be on root's PATH. What unzip calls damaged is not for jar, which compares no checksum.
const unzipScript = `
new=${1%/*}/.${1##*/}.apimctl-unpacked
fresh() { rm -rf -- "$new" && mkdir -m 700 -- "$new" && cd "$new"; }
try() { fresh || exit; "$@" >&2; r=$?; }
modes() { while IFS= read -r f; do chmod 755 "./$f" || exit; done; exit 0; }
if command -v unzip >/dev/null 2>&1; then try unzip -q "$2"; case $r in 0 | 1) modes ;; 2 | 3) exit 1 ;; esac; fi
if command -v jar >/dev/null 2>&1; then try jar xf "$2"; [ "$r" -eq 0 ] && modes; fi
for home in '' /usr/lib/jvm/*/bin/ /opt/*/bin/ /usr/java/*/bin/; do
	if [ -x "${home}jar" ]; then try "${home}jar" xf "$2"; [ "$r" -eq 0 ] && modes; fi
	command -v "${home}java" >/dev/null 2>&1 || continue
	"${home}java" --list-modules 2>/dev/null | grep -q '^jdk.jartool' || continue
	try "${home}java" -m jdk.jartool/sun.tools.jar.Main xf "$2"; [ "$r" -eq 0 ] && modes
done
exit 1`

// $1 the directory to be; a tar on standard input.
const untarScript = `
new=${1%/*}/.${1##*/}.apimctl-unpacked
rm -rf -- "$new" && mkdir -m 700 -- "$new" && tar xf - -C "$new"`

// $1 the directory to be, $2 its owner.
const settleScript = `
new=${1%/*}/.${1##*/}.apimctl-unpacked
set -- "$1" "$2" "$new"/*
[ $# -eq 3 ] && [ -d "$3" ] || { echo 'the archive has not one top folder' >&2; exit 1; }
[ -z "$2" ] || chown -hR -- "$2" "$3" || exit
chmod 755 "$3" && { sync -f "$3" 2>/dev/null || sync; } && mv -T -- "$3" "$1" && rm -rf -- "$new"`

// Unpack uploads the archive where it is not there, and unpacks it with what the host has: unzip, jar, a JRE's jdk.jartool, else a tar
// that is made here. Its errors are a *DiskFullError and a *DigestError where it is one of those.
func (s *SSH) Unpack(ctx context.Context, a Archive, dir, owner string) error {
	if err := errors.Join(absolute(a.Pack), absolute(dir), wordly(a.Pack, dir, owner)); err != nil {
		return err
	}
	dir = path.Clean(dir)
	out, err := s.do(ctx, "L "+line("sh", "-c", clearScript, "sh", dir), nil)
	if err != nil || strings.TrimSpace(out) == "done" {
		return err
	}
	if err := s.roomFor(ctx, a, path.Dir(dir)); err != nil {
		return err
	}
	if err := s.upload(ctx, a); err != nil {
		return err
	}
	Report(ctx, Progress{What: "unpack", Total: a.Needs})
	err = s.unzip(ctx, a, dir)
	if err == nil {
		err = s.script(ctx, settleScript, nil, dir, owner)
	}
	if err != nil {
		return s.failedUnpack(ctx, dir, err)
	}
	Report(ctx, Progress{What: "unpack", Done: a.Needs, Total: a.Needs})
	return nil
}

// roomFor is a *DiskFullError where what is not uploaded yet and what is unpacked do not fit.
func (s *SSH) roomFor(ctx context.Context, a Archive, parent string) error {
	found, err := s.Fetch(ctx, []Look{
		{Kind: "query", Argv: []string{"stat", "-c", "%s %d", a.Pack}},
		{Kind: "query", Argv: []string{"stat", "-c", "%s %d", a.Pack + ".part"}},
		{Kind: "query", Argv: []string{"stat", "-c", "%s %d", path.Dir(a.Pack)}},
		{Kind: "query", Argv: []string{"stat", "-c", "%s %d", parent}},
	})
	if err != nil {
		return err
	}
	var size, disk [4]int64
	for i, f := range found {
		_, _ = fmt.Sscan(f.Out, &size[i], &disk[i])
	}
	needs := a.Needs
	if disk[2] == disk[3] && size[0] != a.Size {
		needs += max(0, a.Size-size[1])
	}
	return s.room(ctx, parent, needs)
}

// failedUnpack says why, and takes away what there is of it.
func (s *SSH) failedUnpack(ctx context.Context, dir string, err error) error {
	if ctx.Err() != nil {
		return err // the next run clears
	}
	if full := s.filled(ctx, path.Dir(dir)); full != nil {
		err = full
	}
	_, _ = s.do(ctx, "L "+line("sh", "-c", clearScript, "sh", dir), nil)
	return err
}

func (s *SSH) unzip(ctx context.Context, a Archive, dir string) error {
	z, err := zip.OpenReader(a.Local)
	if err != nil {
		return fmt.Errorf("%s: %w", a.Local, err)
	}
	defer func() { _ = z.Close() }()
	var exit *ExitError
	if err := s.script(ctx, unzipScript, []byte(executables(z.File)), dir, a.Pack); !errors.As(err, &exit) {
		return err
	}
	return s.untar(ctx, a, z.File, dir) // nothing there unpacks a zip, or not this one
}

func (s *SSH) untar(ctx context.Context, a Archive, files []*zip.File, dir string) error {
	r, w := io.Pipe()
	made := make(chan error, 1)
	go func() {
		err := writeTar(w, files)
		w.CloseWithError(err)
		made <- err
	}()
	_, err := s.stream(ctx, line("sh", "-c", untarScript, "sh", dir), &meter{ctx: ctx, r: r, p: Progress{What: "unpack", Total: a.Needs}})
	_ = r.Close()
	if bad := <-made; bad != nil && !errors.Is(bad, io.ErrClosedPipe) {
		return fmt.Errorf("%s: %w", a.Local, bad) // the host's tar knows only that it ended too soon
	}
	return err
}

// executables are the zip's files that may be run, one a line.
func executables(files []*zip.File) string {
	var b strings.Builder
	for _, f := range files {
		if runs(f) {
			b.WriteString(f.Name + "\n")
		}
	}
	return b.String()
}

// runs says whether a file must be executable. A zip that was made where files have no modes does not tell, so there it is every script.
func runs(f *zip.File) bool {
	const unix, macOS = 3, 19
	if creator := f.CreatorVersion >> 8; creator != unix && creator != macOS || f.ExternalAttrs>>16 == 0 {
		return strings.HasSuffix(f.Name, ".sh")
	}
	return f.Mode().IsRegular() && f.Mode()&0o111 != 0
}

// writeTar makes a tar of a zip's content, without holding more than a buffer of it. GNU's format is what busybox reads long names from too.
func writeTar(w io.Writer, files []*zip.File) error {
	t := tar.NewWriter(w)
	for _, f := range files {
		if err := writeTarFile(t, f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return t.Close()
}

func writeTarFile(t *tar.Writer, f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	h := &tar.Header{Name: f.Name, Mode: 0o644, Size: int64(f.UncompressedSize64), ModTime: f.Modified.Truncate(time.Second), Typeflag: tar.TypeReg, Format: tar.FormatGNU}
	switch m := f.Mode(); {
	case m.IsDir():
		h.Typeflag, h.Mode, h.Size = tar.TypeDir, 0o755, 0
		return t.WriteHeader(h)
	case !m.IsRegular():
		target, err := io.ReadAll(io.LimitReader(r, 4096))
		if err != nil {
			return err
		}
		h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, string(target), 0
		return t.WriteHeader(h)
	case runs(f):
		h.Mode = 0o755
	}
	if err := t.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(t, r)
	return err
}

// script runs one of the constant scripts in a process group of its own.
func (s *SSH) script(ctx context.Context, script string, stdin []byte, args ...string) error {
	_, err := s.do(ctx, "names=\nL R '' "+line(append([]string{"sh", "-c", script, "sh"}, args...)...), stdin)
	return err
}
