package remotetest

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"apimctl/tasks/remote"
)

// code is the exit status that err is, 0 for none and -1 for an error that is no exit status.
func code(err error) int {
	var exit *remote.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.Code
	}
	return -1
}

func queries(t *testing.T, g ground) {
	out, err := g.Query(t.Context(), "uname", "-s")
	if strings.TrimSpace(out) != "Linux" || err != nil {
		t.Errorf("uname -s: %q, %v", out, err)
	}
	out, err = g.Query(t.Context(), "id", "-u", "no-such'user")
	if code(err) != 1 || out != "" {
		t.Errorf("id of nobody: %q, %v", out, err)
	}
	if g.Absent != nil {
		if out, err := g.Query(t.Context(), g.Absent...); code(err) != 127 || out != "" {
			t.Errorf("%q: %q, %v", g.Absent, out, err)
		}
	}
}

func listings(t *testing.T, g ground) {
	out, err := g.Query(t.Context(), "ls", "/")
	if names := strings.Fields(out); !slices.Contains(names, "etc") || !slices.Contains(names, "proc") || err != nil {
		t.Errorf("ls /: %q, %v", out, err)
	}
	out, err = g.Query(t.Context(), "ls", g.base+"/absent")
	if code(err) != 2 || out != "" {
		t.Errorf("ls of nothing: %q, %v", out, err)
	}
	out, err = g.Query(t.Context(), "cat", "/proc/1/comm", "/proc/absent", "/proc/1/comm")
	if code(err) != 1 || strings.Count(out, "\n") != 2 {
		t.Errorf("cat of three, of which one is not there: %q, %v", out, err)
	}
}

func forbidden(t *testing.T, g ground) {
	g.put(t, "f", g.plain("x"))
	for _, argv := range [][]string{{"rm", "-f", g.base + "/f"}, {"sh", "-c", "rm -f " + g.base + "/f"}, {"tee", g.base + "/f"}} {
		if _, err := g.Query(t.Context(), argv...); err == nil || code(err) >= 0 {
			t.Errorf("%q: %v", argv, err)
		}
	}
	g.holds(t, "f", g.plain("x"))
}

func commands(t *testing.T, g ground) {
	if g.Noted {
		if err := g.Run(t.Context(), remote.Cmd{Argv: []string{"false"}}); err != nil {
			t.Errorf("a noted command: %v", err)
		}
		return
	}
	for name, want := range map[string]int{"true": 0, "false": 1, "no-such-command": 127} {
		if err := g.Run(t.Context(), remote.Cmd{Argv: []string{name}}); code(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := g.Run(ctx, remote.Cmd{Argv: []string{"true"}}); err == nil {
		t.Error("it ran after it was cancelled")
	}
}

func commandInput(t *testing.T, g ground) {
	if g.Noted {
		t.Skip("commands are only noted")
	}
	run := func(cmd remote.Cmd) {
		t.Helper()
		if err := g.Run(t.Context(), cmd); err != nil {
			t.Errorf("%q: %v", cmd.Argv, err)
		}
	}
	input := "it's\n$HOME\n"
	run(remote.Cmd{Argv: []string{"tee", g.base + "/in"}, Stdin: remote.Secret(input)})
	if f := g.file(t, "in"); string(f.Data) != input {
		t.Errorf("it read %q", f.Data)
	}
	odd := "a b'c\"$HOME`id`\\"
	run(remote.Cmd{Argv: []string{"mkdir", g.base + "/" + odd}})
	if !g.file(t, odd).IsDir() {
		t.Errorf("%s is not made", odd)
	}
	run(remote.Cmd{Argv: []string{"printenv", "APIMCTL_TEST"}, Env: map[string]remote.Secret{"APIMCTL_TEST": "it's"}})
	if err := g.Run(t.Context(), remote.Cmd{Argv: []string{"printenv", "APIMCTL_TEST"}}); code(err) != 1 {
		t.Errorf("the environment stayed: %v", err)
	}
}

var packed = fstest.MapFS{
	"bin/run.sh":             {Data: []byte("#!/bin/sh\n"), Mode: 0o755},
	"conf/deep/a.toml":       {Data: []byte("a = 1\n"), Mode: 0o644},
	"readme with a space.md": {Data: bytes.Repeat([]byte("text\n"), 10_000), Mode: 0o644},
}

// archive is a zip in a temporary folder, with the same content as its FS.
func archive(t *testing.T, base string) remote.Archive {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(packed)) {
		h := &zip.FileHeader{Name: "product-1.0/" + name, Method: zip.Deflate}
		h.SetMode(packed[name].Mode)
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write(packed[name].Data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(buf.Bytes())
	digest := hex.EncodeToString(sum[:])
	local := filepath.Join(t.TempDir(), "product.zip")
	if err := os.WriteFile(local, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return remote.Archive{Local: local, SHA256: digest, Size: int64(buf.Len()), Needs: 100_000, Pack: base + "/packs/" + digest + ".zip", FS: packed}
}

func unpack(t *testing.T, g ground) {
	a := archive(t, g.base)
	g.put(t, "packs", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "home", remote.Link("product"))
	if err := g.Unpack(t.Context(), a, g.base+"/product", g.Owners[1]); err != nil {
		t.Fatal(err)
	}
	if s, err := g.Sum(t.Context(), a.Pack); err != nil || !s.Exists() {
		t.Errorf("pack: %+v, %v", s, err)
	}
	for name, f := range packed {
		g.unpacked(t, "product/"+name, f)
		g.unpacked(t, "home/"+name, f)
	}
	if f := g.file(t, "product/conf/deep"); !f.IsDir() || f.Owner != g.Owners[1] {
		t.Errorf("a directory of it is %v of %s", f.Mode, f.Owner)
	}
	g.holds(t, "product/absent", remote.File{})

	g.put(t, "product/conf/deep/a.toml", g.plain("changed"))
	g.put(t, "product/conf/deep/b.toml", g.plain("added"))
	g.put(t, "product/bin", remote.File{})
	if err := g.Unpack(t.Context(), a, g.base+"/product", g.Owners[1]); err != nil {
		t.Fatal(err)
	}
	g.holds(t, "product/conf/deep/a.toml", g.plain("changed"))
	g.holds(t, "home/conf/deep/b.toml", g.plain("added"))
	g.holds(t, "product/bin/run.sh", remote.File{})
}

func (g ground) unpacked(t *testing.T, name string, want *fstest.MapFile) {
	t.Helper()
	f := g.file(t, name)
	// An archive's modes come under the umask; what counts is who may run it.
	if !bytes.Equal(f.Data, want.Data) || f.Owner != g.Owners[1] || f.Mode&(fs.ModeType|0o100) != want.Mode&0o100 {
		t.Errorf("%s is %v of %s, %d bytes", name, f.Mode, f.Owner, len(f.Data))
	}
}

func unpackBeside(t *testing.T, g ground) {
	a := archive(t, g.base)
	g.put(t, "packs", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "product", remote.Dir(0o755, g.Owners[0]))
	if err := g.Unpack(t.Context(), a, g.base+"/product", g.Owners[1]); err != nil {
		t.Fatal(err)
	}
	g.holds(t, "product", remote.Dir(0o755, g.Owners[0]))
	g.holds(t, "product/bin/run.sh", remote.File{})
	if err := g.Unpack(t.Context(), a, g.base+"/no/parent", g.Owners[1]); err == nil {
		t.Error("unpacked below a directory that is missing")
	}
	g.holds(t, "no/parent", remote.File{})
}
