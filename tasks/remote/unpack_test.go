package remote_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// zipped is the files of a zip that holds these, each with the mode it has; without one it is from a system that has none.
func zipped(t *testing.T, names []string, modes map[string]fs.FileMode) []*zip.File {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range names {
		h := &zip.FileHeader{Name: name, Method: zip.Deflate}
		if m, ok := modes[name]; ok {
			h.SetMode(m)
		}
		f, err := w.CreateHeader(h)
		if err == nil && !strings.HasSuffix(name, "/") {
			_, err = f.Write(make([]byte, 1<<20))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r.File
}

func TestTar(t *testing.T) {
	long := "top/" + strings.Repeat("deep/", 60) + "file.jar"
	files := zipped(t, []string{"top/", "top/run", long, "top/su", "top/dos/", "top/dos/run.sh", "top/dos/read.txt"}, map[string]fs.FileMode{
		"top/": fs.ModeDir | 0o700, "top/run": 0o700, long: 0o444, "top/su": fs.ModeSetuid | 0o755,
	})
	var out bytes.Buffer
	if err := remote.WriteTar(&out, files); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"top/ 755 0", "top/run 755 1048576", long + " 644 1048576", "top/su 755 1048576",
		"top/dos/ 755 0", "top/dos/run.sh 755 1048576", "top/dos/read.txt 644 1048576",
	}
	if had := listTar(t, &out); !slices.Equal(had, want) {
		t.Errorf("tar of\n%q, want\n%q", had, want)
	}
}

func listTar(t *testing.T, in io.Reader) (out []string) {
	t.Helper()
	for r := tar.NewReader(in); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if head.Format == tar.FormatPAX {
			t.Errorf("%s has a PAX header, which busybox skips", head.Name)
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %o %d", head.Name, head.Mode, n))
	}
}

// TestTarStops ends with the command that reads it, in the midst of a file.
func TestTarStops(t *testing.T) {
	w := &closing{}
	if err := remote.WriteTar(w, zipped(t, []string{"top/a", "top/b"}, nil)); !errors.Is(err, io.ErrClosedPipe) || !strings.HasPrefix(err.Error(), "top/a: ") {
		t.Errorf("%v, want that the pipe is closed in top/a", err)
	}
	if w.large != 1 {
		t.Errorf("%d blocks of the file written, want it ended with the first", w.large)
	}
}

// A closing writer takes no block of a file that is not small.
type closing struct{ large int }

func (c *closing) Write(p []byte) (int, error) {
	if len(p) > 1<<12 {
		c.large++
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// TestUnpackWithoutModes takes a zip in which no file is executable: its scripts run all the same.
func TestUnpackWithoutModes(t *testing.T) {
	for name, path := range map[string]string{"unzip": "", "jar or java": shadows(t, "unzip"), "tar": shadows(t, "unzip", "jar", "java")} {
		t.Run(name, func(t *testing.T) {
			_, h := serve(t, remotetest.Options{Path: path})
			base := t.TempDir()
			a := altered(t, archive(t, base, 10, "top-1.0"), func(data []byte) {
				const record, creator, attributes = "PK\x01\x02", 5, 38
				for at := range data {
					if bytes.HasPrefix(data[at:], []byte(record)) {
						data[at+creator] = 0
						clear(data[at+attributes : at+attributes+4])
					}
				}
			})
			if err := h.Unpack(t.Context(), a, base+"/product", ""); err != nil {
				t.Fatal(err)
			}
			unpacked(t, base)
		})
	}
}

// TestUnpackDamaged fails where the bytes are not those that the zip was made of, whatever unpacks it, and leaves nothing of it.
func TestUnpackDamaged(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	base := t.TempDir()
	a := altered(t, archive(t, base, 10, "top-1.0"), func(data []byte) {
		copy(data[bytes.Index(data, []byte("text\n")):], "TEXT\n")
	})
	err := h.Unpack(t.Context(), a, base+"/product", "")
	if !errors.Is(err, zip.ErrChecksum) || !strings.Contains(err.Error(), "top-1.0/conf/text: ") {
		t.Errorf("%v, want a checksum error in conf/text", err)
	}
	listed(t, base, ".zip")
}

// altered is the archive with other bytes, and their digest.
func altered(t *testing.T, a remote.Archive, alter func([]byte)) remote.Archive {
	t.Helper()
	data, err := os.ReadFile(a.Local)
	if err != nil {
		t.Fatal(err)
	}
	alter(data)
	sum := sha256.Sum256(data)
	a.Local, a.SHA256 = write(t, "altered.zip", data), hex.EncodeToString(sum[:])
	return a
}
