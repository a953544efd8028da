package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/pkg/sftp"
)

const (
	sftpRequests = 64       // under way at once: performance.md, "Uploading"
	sftpPacket   = 32 << 10 // bytes of one; what every server takes
	// sftp's writes are concurrent, so a cut may leave holes among the last ones: those are sent again.
	sftpWindow = 2 * sftpRequests * sftpPacket
	statusOdd  = 90 // of verifyScript: the digest is another one
)

// A DiskFullError is a disk that cannot take what is to come, or that has filled.
type DiskFullError struct {
	Path       string // of the directory
	Needs, Has int64  // bytes
}

func (e *DiskFullError) Error() string {
	return fmt.Sprintf("the disk of %s is full: it needs %d MB and has %d MB", e.Path, (e.Needs+999_999)/1_000_000, e.Has/1_000_000)
}

// A DigestError is an upload that came out as something else, twice.
type DigestError struct{ Pack, SHA256 string }

func (e *DigestError) Error() string {
	return fmt.Sprintf("%s has not the SHA-256 %s after two uploads: has the file changed here?", e.Pack, e.SHA256)
}

// $1 the pack, $2 its size, $3 the login user or nothing. Says how much of the part is there.
const prepareScript = `
part=$1.part; umask 077
[ -d "${1%/*}" ] || { echo "there is no directory ${1%/*}" >&2; exit 1; }
if [ -L "$part" ] || [ ! -f "$part" ] || [ "$(wc -c <"$part")" -gt "$2" ]; then rm -rf -- "$part"; : >"$part" || exit; fi
[ -z "$3" ] || chown -- "$3" "$part" || exit
chmod 600 "$part" && wc -c <"$part"`

// $1 the pack, $2 its digest.
const verifyScript = `
part=$1.part
chown -- "$(id -u):$(id -g)" "$part" || exit
sum=$(sha256sum <"$part") || exit
[ "${sum%% *}" = "$2" ] || { rm -f -- "$part"; exit 90; }
sync -- "$part" 2>/dev/null
mv -fT -- "$part" "$1"`

// upload brings the archive to a.Pack. What an earlier run has brought is not brought again.
func (s *SSH) upload(ctx context.Context, a Archive) error {
	had, err := s.Sum(ctx, a.Pack)
	if err != nil || had.SHA256 == a.SHA256 {
		return err
	}
	for range 2 {
		if err := s.send(ctx, a); err != nil {
			return err
		}
		var exit *ExitError
		err := s.script(ctx, verifyScript, nil, a.Pack, a.SHA256)
		if !errors.As(err, &exit) || exit.Code != statusOdd {
			return err
		}
	}
	return &DigestError{a.Pack, a.SHA256}
}

// send brings what a.Pack's part lacks.
func (s *SSH) send(ctx context.Context, a Archive) error {
	login := ""
	if s.link.hop.become {
		login = s.link.hop.user
	}
	out, err := s.do(ctx, "L "+line("sh", "-c", prepareScript, "sh", a.Pack, strconv.FormatInt(a.Size, 10), login), nil)
	if err != nil {
		return err
	}
	there, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	if err != nil {
		return fmt.Errorf("wc answers %q", out)
	}
	if err := s.room(ctx, path.Dir(a.Pack), a.Size-there); err != nil {
		return err
	}
	f, err := os.Open(a.Local)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if there < a.Size {
		err = s.sendFrom(ctx, a, f, max(0, there-sftpWindow))
	}
	if err == nil || ctx.Err() != nil {
		return err
	}
	if full := s.filled(ctx, path.Dir(a.Pack)); full != nil {
		return full
	}
	return err
}

// sendFrom sends the file from an offset on, by sftp, or where that cannot write the part by a shell of its own.
func (s *SSH) sendFrom(ctx context.Context, a Archive, f *os.File, from int64) error {
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err
	}
	r := &meter{ctx: ctx, r: f, p: Progress{What: "upload", Done: from, Total: a.Size}}
	to, end := s.sftp(ctx, a.Pack+".part")
	if to == nil {
		_, err := s.stream(ctx, line("sh", "-c", `dd bs=1 count=0 seek="$2" of="$1" 2>/dev/null && cat >>"$1"`, "sh", a.Pack+".part", strconv.FormatInt(from, 10)), r)
		return err
	}
	defer end()
	stop := context.AfterFunc(ctx, end)
	defer stop()
	_, err := to.Seek(from, io.SeekStart)
	if err == nil {
		_, err = to.ReadFromWithConcurrency(r, sftpRequests)
	}
	if err == nil {
		err = to.Close()
	}
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, sftp.ErrSSHFxConnectionLost) || errors.Is(err, io.EOF):
		return s.link.cause(err)
	}
	return fmt.Errorf("upload: %w", err)
}

// sftp opens a file of the login user's, or is nil where that cannot be.
func (s *SSH) sftp(ctx context.Context, p string) (*sftp.File, func()) {
	if ctx.Err() != nil {
		return nil, nil
	}
	c, err := sftp.NewClient(s.link.client, sftp.UseConcurrentWrites(true), sftp.MaxConcurrentRequestsPerFile(sftpRequests), sftp.MaxPacket(sftpPacket))
	if err != nil {
		return nil, nil
	}
	f, err := c.OpenFile(p, os.O_WRONLY)
	if err != nil {
		_ = c.Close()
		return nil, nil
	}
	return f, func() { _ = c.Close() }
}

// A meter reports what is read through it.
type meter struct {
	ctx context.Context
	r   io.Reader
	p   Progress
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.p.Done += int64(n)
	Report(m.ctx, m.p)
	return n, err
}

// stream runs a command with r as its standard input in a shell of its own: r's size need not be known, nor fit in memory.
func (s *SSH) stream(ctx context.Context, words string, r io.Reader) (string, error) {
	sh, err := s.link.startShell(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = sh.session.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = sh.session.Close() })
	defer stop()
	script := "L " + words + "\n#" + sh.mark
	got := &reply{end: []byte("\n" + sh.mark + " end\n"), done: make(chan struct{})}
	go got.read(sh.out)
	_, sent := io.WriteString(sh.in, header("f", script, nil)+script)
	if sent == nil {
		_, sent = io.Copy(sh.in, r)
	}
	_ = sh.in.Close()
	select {
	case <-got.done:
	case <-s.link.done:
		return "", s.link.cause(nil)
	}
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case got.err != nil:
		return "", s.link.cause(got.err)
	}
	a, _, err := sh.frame(got.said)
	if err == nil {
		err = a.err()
	}
	if err == nil && sent != nil && !errors.Is(sent, io.EOF) {
		err = sent // r's own: the command took a part for the whole
	}
	return string(a.out), err
}

// room is a *DiskFullError where df knows that a directory's disk has not so many bytes left.
func (s *SSH) room(ctx context.Context, dir string, needs int64) error {
	has, known, err := s.free(ctx, dir)
	if err == nil && known && has < needs {
		return &DiskFullError{dir, needs, has}
	}
	return err
}

// filled is a *DiskFullError where a disk has next to nothing left.
func (s *SSH) filled(ctx context.Context, dir string) error { return s.room(ctx, dir, 1<<20) }

// free is how many bytes a directory's disk has left, where df tells.
func (s *SSH) free(ctx context.Context, dir string) (has int64, known bool, err error) {
	out, err := s.Query(ctx, "df", "-Pk", dir)
	if exit := (*ExitError)(nil); errors.As(err, &exit) {
		return 0, false, nil
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	words := strings.Fields(lines[len(lines)-1])
	if err != nil || len(lines) < 2 || len(words) < 4 {
		return 0, false, err
	}
	kib, parseErr := strconv.ParseInt(words[3], 10, 64)
	return kib << 10, parseErr == nil, nil
}
