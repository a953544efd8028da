package remote_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// archive is a zip with a script, a text and so many bytes that do not compress; under each of the top folders.
func archive(t *testing.T, base string, size int, tops ...string) remote.Archive {
	t.Helper()
	noise := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, top := range tops {
		for name, data := range map[string][]byte{"bin/it's run.sh": []byte("#!/bin/sh\n"), "conf/text": []byte("text\n"), "noise": noise} {
			h := &zip.FileHeader{Name: top + "/" + name}
			h.SetMode(0o644)
			if strings.HasSuffix(name, ".sh") {
				h.SetMode(0o755)
			}
			w, err := z.CreateHeader(h)
			if err == nil {
				_, err = w.Write(data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(buf.Bytes())
	digest := hex.EncodeToString(sum[:])
	return remote.Archive{
		Local: write(t, "a.zip", buf.Bytes()), SHA256: digest, Size: int64(buf.Len()), Needs: int64(size),
		Pack: base + "/" + digest + ".zip",
	}
}

// unpacked wants the archive's content in base/product, and nothing beside it but the pack.
func unpacked(t *testing.T, base string) {
	t.Helper()
	for name, want := range map[string]fs.FileMode{"bin/it's run.sh": 0o755, "conf/text": 0o644, "bin": fs.ModeDir | 0o755, "": fs.ModeDir | 0o755} {
		if s, err := os.Stat(base + "/product/" + name); err != nil || s.Mode() != want {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
	if b, err := os.ReadFile(base + "/product/conf/text"); string(b) != "text\n" {
		t.Errorf("text: %q, %v", b, err)
	}
	listed(t, base, ".zip", "product")
}

// listed wants so many names in a directory, which end as told.
func listed(t *testing.T, base string, ends ...string) {
	t.Helper()
	entries, err := os.ReadDir(base)
	if err != nil {
		t.Fatal(err)
	}
	ok := len(entries) == len(ends)
	for i := range min(len(entries), len(ends)) {
		ok = ok && strings.HasSuffix(entries[i].Name(), ends[i])
	}
	if !ok {
		t.Errorf("there are %v, want %v", entries, ends)
	}
}

// shadows is a directory of commands that fail.
func shadows(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, n := range names {
		if err := os.WriteFile(filepath.Join(dir, n), []byte("#!/bin/sh\nexit 9\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestUnpackWays(t *testing.T) {
	asRoot(t)
	for name, o := range map[string]remotetest.Options{
		"as it comes":     {},
		"without unzip":   {Path: shadows(t, "unzip")},
		"without jar":     {Path: shadows(t, "unzip", "jar")},
		"Java not found":  {Path: shadows(t, "unzip", "jar", "java")},
		"without sftp":    {NoSFTP: true, Sudo: &remotetest.Sudo{Password: "x"}},
		"login user's":    {Sudo: &remotetest.Sudo{}},
		"a noisy .bashrc": {Noise: "Welcome!\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := remotetest.Serve(t, o)
			x := target(t, s)
			x.User, x.Become, x.BecomePassword = "daemon", o.Sudo != nil, "x"
			h, base := dial(t, x), t.TempDir()
			a := archive(t, base, 100_000, "top-1.0")
			for _, left := range []string{".product.apimctl-unpacked", ".product.apimctl-unpacked/half"} {
				if err := os.Mkdir(base+"/"+left, 0o700); err != nil {
					t.Fatal(err)
				}
			}
			var done []remote.Progress
			ctx := remote.WithProgress(t.Context(), func(p remote.Progress) { done = append(done, p) })
			if err := h.Unpack(ctx, a, base+"/product", "daemon:daemon"); err != nil {
				t.Fatal(err)
			}
			unpacked(t, base)
			if f, err := h.Sum(t.Context(), base+"/product/conf/text"); f.Owner != "daemon:daemon" || err != nil {
				t.Errorf("text is %+v, %v", f, err)
			}
			if f, err := h.Sum(t.Context(), a.Pack); f.Owner != "root:root" || f.Mode != 0o600 || err != nil {
				t.Errorf("the pack is %+v, %v", f, err)
			}
			if !slices.Contains(done, remote.Progress{What: "upload", Done: a.Size, Total: a.Size}) || done[len(done)-1] != (remote.Progress{What: "unpack", Done: a.Needs, Total: a.Needs}) {
				t.Errorf("progress is %v", done)
			}
		})
	}
}

func TestUntar(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	base := t.TempDir()
	a := archive(t, base, 3<<20, "top-1.0")
	if err := os.WriteFile(a.Pack, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := h.Untar(t.Context(), a, base+"/product", ""); err != nil {
		t.Fatal(err)
	}
	unpacked(t, base)
}

func TestTwoTopFolders(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	base := t.TempDir()
	a := archive(t, base, 10, "one", "two")
	if err := h.Unpack(t.Context(), a, base+"/product", ""); err == nil || !strings.Contains(err.Error(), "top folder") {
		t.Errorf("error is %v", err)
	}
	listed(t, base, ".zip")
}

func TestUploadResumes(t *testing.T) {
	for name, noSFTP := range map[string]bool{"sftp": false, "cat": true} {
		t.Run(name, func(t *testing.T) {
			s := remotetest.Serve(t, remotetest.Options{CutAfter: 12 << 20, NoSFTP: noSFTP})
			base := t.TempDir()
			a := archive(t, base, 16<<20, "top")
			var gone *remote.UnreachableError
			if err := dial(t, target(t, s)).Unpack(t.Context(), a, base+"/product", ""); !errors.As(err, &gone) {
				t.Fatalf("error is %v", err)
			}
			listed(t, base, ".zip.part")
			h := dial(t, target(t, s))
			if err := h.Unpack(t.Context(), a, base+"/product", ""); err != nil {
				t.Fatal(err)
			}
			unpacked(t, base)
			if n := h.Traffic().Sent; n > 12<<20 {
				t.Errorf("%d bytes were sent again", n)
			}
		})
	}
}

func TestUploadStartsOver(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	base := t.TempDir()
	a := archive(t, base, 100_000, "top")
	if err := os.WriteFile(a.Pack+".part", make([]byte, a.Size), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(a.Pack+".part", a.Size-1); err != nil {
		t.Fatal(err)
	}
	if err := h.Unpack(t.Context(), a, base+"/product", ""); err != nil {
		t.Fatal(err)
	}
	unpacked(t, base)

	base = t.TempDir()
	a.SHA256 = strings.Repeat("0", 64)
	a.Pack = base + "/x.zip"
	var other *remote.DigestError
	if err := h.Unpack(t.Context(), a, base+"/product", ""); !errors.As(err, &other) {
		t.Errorf("error is %v", err)
	}
	listed(t, base)
}

func TestDiskFull(t *testing.T) {
	df := t.TempDir()
	script := "#!/bin/sh\necho 'Filesystem 1024-blocks Used Available Capacity Mounted on'\necho '/dev/x 1000 900 100 90% /'\n"
	if err := os.WriteFile(df+"/df", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	s, h := serve(t, remotetest.Options{Path: df})
	base := t.TempDir()
	a := archive(t, base, 100_000, "top")
	var full *remote.DiskFullError
	if err := h.Unpack(t.Context(), a, base+"/product", ""); !errors.As(err, &full) || *full != (remote.DiskFullError{Path: base, Needs: a.Size + a.Needs, Has: 100 << 10}) {
		t.Errorf("error is %v", err)
	}
	if n := s.Seen().Received; n > 50_000 {
		t.Errorf("%d bytes were sent all the same", n)
	}
	listed(t, base)
}
