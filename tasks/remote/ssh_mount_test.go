package remote_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// mount mounts until the test's end, where the machine allows it.
func mount(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.Command("mount", args...).CombinedOutput(); err != nil {
		t.Skipf("no mounting here: %s", out)
	}
	t.Cleanup(func() { _ = exec.Command("umount", args[len(args)-1]).Run() })
}

// A file that is a mount point, as /etc/hosts in a container, cannot be renamed over.
func TestPutOverMountPoint(t *testing.T) {
	_, h := serve(t, remotetest.Options{})
	dir, back := t.TempDir(), write(t, "back", []byte("old"))
	file := filepath.Join(dir, "ho'sts")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	mount(t, "--bind", back, file)
	want := remote.File{Mode: 0o640, Data: []byte("new\n")}
	if err := h.Put(t.Context(), file, want); err != nil {
		t.Fatal(err)
	}
	if f, err := h.File(t.Context(), file); err != nil || !f.Equal(want) {
		t.Errorf("file is %+v, %v", f, err)
	}
	if b, _ := os.ReadFile(back); string(b) != "new\n" {
		t.Errorf("behind it stands %q", b)
	}
	listed(t, dir, "ho'sts")
}

// filling is a host with a directory of 1 MiB, whose df does not know at first.
func filling(t *testing.T) (h *remote.SSH, dir string) {
	t.Helper()
	bin, dir := t.TempDir(), t.TempDir()
	mount(t, "-t", "tmpfs", "-o", "size=1m", "none", dir)
	script := `#!/bin/sh
echo >>"$0.count"
[ "$(wc -l <"$0.count")" -gt 2 ] && PATH=/usr/bin:/bin && exec df "$@"
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'; echo '/dev/x 9000000 0 9000000 0% /'
`
	if err := os.WriteFile(bin+"/df", []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	_, h = serve(t, remotetest.Options{Path: bin})
	return h, dir
}

func TestDiskFills(t *testing.T) {
	for name, size := range map[string]int{"while uploading": 3 << 20, "while unpacking": 600 << 10} {
		t.Run(name, func(t *testing.T) {
			h, dir := filling(t)
			var full *remote.DiskFullError
			err := h.Unpack(t.Context(), archive(t, dir, size, "top"), dir+"/product", "")
			if !errors.As(err, &full) || full.Path != dir {
				t.Errorf("error is %v", err)
			}
			if _, err := os.Stat(dir + "/product"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("a part is taken for the whole: %v", err)
			}
		})
	}
}

func TestPutOnFullDisk(t *testing.T) {
	h, dir := filling(t)
	had := remote.File{Mode: 0o600, Data: []byte("x")}
	if err := h.Put(t.Context(), dir+"/f", had); err != nil {
		t.Fatal(err)
	}
	var exit *remote.ExitError
	if err := h.Put(t.Context(), dir+"/f", remote.File{Mode: 0o600, Data: bytes.Repeat([]byte("y"), 2<<20)}); !errors.As(err, &exit) {
		t.Errorf("error is %v", err)
	}
	if f, err := h.File(t.Context(), dir+"/f"); err != nil || !f.Equal(had) {
		t.Errorf("file is %q, %v", f.Data[:1], err)
	}
	listed(t, dir, "f")
}
