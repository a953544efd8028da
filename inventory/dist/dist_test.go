package dist

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		content               []entry
		top, product, version string
	}{
		"all-in-one":   {allInOne("wso2am-4.6.0"), "wso2am-4.6.0", AllInOne, "4.6.0"},
		"updated":      {allInOne("wso2am-4.6.0.12"), "wso2am-4.6.0.12", AllInOne, "4.6.0"},
		"gateway":      {gateway("wso2am-universal-gw-4.5.0"), "wso2am-universal-gw-4.5.0", Gateway, "4.5.0"},
		"version.txt":  {append(allInOne("wso2am-prod"), entry{name: "wso2am-prod/bin/version.txt", data: "WSO2 API Manager v4.6.0\n"}), "wso2am-prod", AllInOne, "4.6.0"},
		"no dir entry": {allInOne("wso2am-4.7.0")[1:], "wso2am-4.7.0", AllInOne, "4.7.0"},
	} {
		t.Run(name, func(t *testing.T) {
			data := pack(t, c.content...)
			z := open(t, data)
			if z.Top != c.top || z.Product != c.product || z.Version != c.version {
				t.Errorf("%s in %s/, version %s, want %s in %s/, version %s", z.Product, z.Top, z.Version, c.product, c.top, c.version)
			}
			sum := sha256.Sum256(data)
			if z.SHA256 != hex.EncodeToString(sum[:]) || z.Size != int64(len(data)) {
				t.Errorf("%d bytes of %s, want %d of %x", z.Size, z.SHA256, len(data), sum)
			}
		})
	}
}

// TestProduct takes the longest name that fits, whatever the order they are tried in.
func TestProduct(t *testing.T) {
	for range 64 {
		for folder, want := range map[string]string{"wso2am-universal-gw-4.6.0": Gateway, "wso2am-tm-4.6.0": "wso2am-tm", "wso2am-4.6.0": AllInOne, "wso2is-7.0.0": ""} {
			if had := product(folder); had != want {
				t.Fatalf("%s is %q, want %q", folder, had, want)
			}
		}
	}
}

func TestContent(t *testing.T) {
	z := open(t, pack(t, allInOne("wso2am-4.6.0")...))
	toml, err := z.Shipped()
	if err != nil || string(toml) != "[server]\n" {
		t.Errorf("shipped %q, %v", toml, err)
	}
	if _, err := fs.Stat(z.FS(), "bin/api-manager.sh"); err != nil {
		t.Error(err)
	}
	if had, want := z.Unpacked(), int64(len("[server]\n")+len("#!/bin/sh\n")); had != want {
		t.Errorf("unpacked %d bytes, want %d", had, want)
	}
	bare := open(t, pack(t, entry{name: "wso2am-4.6.0/bin/api-manager.sh"}))
	if _, err := bare.Shipped(); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), bare.Path+": ") {
		t.Errorf("%v, want one that there is none in %s", err, bare.Path)
	}
}

func TestCheck(t *testing.T) {
	z := open(t, pack(t, gateway("wso2am-universal-gw-4.6.0")...))
	if err := z.Check(Gateway, "4.6.0"); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ product, version, want string }{
		{AllInOne, "4.6.0", "found the universal gateway (wso2am-universal-gw) 4.6.0; expected the all-in-one (wso2am) 4.6.0"},
		{Gateway, "4.5.0", "found the universal gateway (wso2am-universal-gw) 4.6.0; expected the universal gateway (wso2am-universal-gw) 4.5.0"},
	} {
		wantError(t, z.Check(c.product, c.version), ErrProduct, z.Path, c.want)
	}
}

func TestRefused(t *testing.T) {
	whole := pack(t, allInOne("wso2am-4.6.0")...)
	with := func(more ...entry) []byte { return pack(t, append(allInOne("wso2am-4.6.0"), more...)...) }
	for name, c := range map[string]struct {
		data []byte
		kind error
		want string
	}{
		"empty file":      {nil, ErrArchive, "the file is empty"},
		"a web page":      {[]byte("<!DOCTYPE html><html>Sign in</html>"), ErrArchive, "found text/html; charset=utf-8; expected the zip"},
		"gzip":            {[]byte("\x1f\x8b\x08\x00\x00\x00"), ErrArchive, "found application/x-gzip; expected the zip"},
		"cut short":       {whole[:len(whole)-30], ErrArchive, fmt.Sprintf("cut short or damaged at %d bytes", len(whole)-30)},
		"cut in half":     {whole[:len(whole)/2], ErrArchive, "cut short or damaged"},
		"nothing":         {pack(t), ErrProduct, "the zip is empty; expected wso2am-VERSION/"},
		"something":       {pack(t, entry{name: "kafka/bin/start.sh"}), ErrProduct, "found kafka/; expected wso2am-VERSION/"},
		"a prefix":        {pack(t, entry{name: "wso2amber/bin/api-manager.sh"}), ErrProduct, "found wso2amber/; expected"},
		"control plane":   {pack(t, entry{name: "wso2am-acp-4.6.0/bin/api-cp.sh"}), ErrProduct, "found the API control plane (wso2am-acp) in wso2am-acp-4.6.0/; expected"},
		"traffic manager": {pack(t, entry{name: "wso2am-tm-4.6.0/bin/api-manager.sh"}), ErrProduct, "found the traffic manager (wso2am-tm) in wso2am-tm-4.6.0/; expected"},
		"no script":       {pack(t, entry{name: "wso2am-4.6.0/bin/gateway.sh"}), ErrProduct, "found wso2am-4.6.0/ without bin/api-manager.sh; expected"},
		"other's script":  {pack(t, entry{name: "wso2am-universal-gw-4.6.0/bin/api-manager.sh"}), ErrProduct, "found wso2am-universal-gw-4.6.0/ without bin/gateway.sh"},
		"no version":      {pack(t, allInOne("wso2am-prod")...), ErrProduct, "found no version in the name wso2am-prod/ nor in bin/version.txt"},
		"climbing":        {with(entry{name: "wso2am-4.6.0/../../etc/passwd"}), ErrUnsafe, `entry "wso2am-4.6.0/../../etc/passwd"`},
		"absolute":        {with(entry{name: "/etc/passwd"}), ErrUnsafe, `entry "/etc/passwd"`},
		"backslash":       {with(entry{name: `wso2am-4.6.0\..\x`}), ErrUnsafe, `entry "wso2am-4.6.0\\..\\x"`},
		"two folders":     {with(entry{name: "__MACOSX/x"}), ErrUnsafe, "folders __MACOSX, wso2am-4.6.0 at the top; expected one"},
		"a file on top":   {with(entry{name: "README"}), ErrUnsafe, "file README at the top; expected one folder"},
		"twice":           {with(entry{name: "wso2am-4.6.0/bin/api-manager.sh"}), ErrUnsafe, "wso2am-4.6.0/bin/api-manager.sh is in it twice"},
		"a link":          {with(entry{name: "wso2am-4.6.0/l", data: "/etc", mode: fs.ModeSymlink | 0o777}), ErrUnsafe, "wso2am-4.6.0/l is a symbolic link"},
		"a link as dir":   {with(entry{name: "wso2am-4.6.0/l/", mode: fs.ModeSymlink | 0o777}), ErrUnsafe, "wso2am-4.6.0/l is a symbolic link"},
		"a pipe":          {with(entry{name: "wso2am-4.6.0/p", mode: fs.ModeNamedPipe | 0o644}), ErrUnsafe, "wso2am-4.6.0/p is a special file"},
	} {
		t.Run(name, func(t *testing.T) {
			path := save(t, c.data)
			z, err := Open(path)
			if z != nil {
				t.Error("opened")
			}
			wantError(t, err, c.kind, path, c.want)
		})
	}
}

func TestNoFile(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	_, err := Open(dir)
	wantError(t, err, ErrArchive, dir, "not a file; expected the zip")
	if _, err := Open(filepath.Join(dir, "none.zip")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it does not exist", err)
	}
}

// wantError fails unless the error is of a kind, begins with the path, names it once, and says what was found.
func wantError(t *testing.T, had, kind error, path, want string) {
	t.Helper()
	if !errors.Is(had, kind) {
		t.Fatalf("%v, want %v", had, kind)
	}
	text := had.Error()
	if !strings.HasPrefix(text, path+": ") || strings.Count(text, path) != 1 || !strings.Contains(text, want) {
		t.Errorf("%s, want %s", text, want)
	}
}

type entry struct {
	name, data string
	mode       fs.FileMode // 0: as a system without modes writes it
}

func allInOne(top string) []entry {
	return []entry{
		{name: top + "/", mode: fs.ModeDir | 0o755},
		{name: top + "/repository/conf/deployment.toml", data: "[server]\n", mode: 0o644},
		{name: top + "/bin/api-manager.sh", data: "#!/bin/sh\n", mode: 0o755},
	}
}

func gateway(top string) []entry {
	return []entry{{name: top + "/bin/gateway.sh", data: "#!/bin/sh\n", mode: 0o755}}
}

func pack(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		head := &zip.FileHeader{Name: e.name, Method: zip.Store}
		if len(e.data) > 64 {
			head.Method = zip.Deflate
		}
		if e.mode != 0 {
			head.SetMode(e.mode)
		}
		f, err := w.CreateHeader(head)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func save(t *testing.T, data []byte) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	path := filepath.Join(t.TempDir(), "given.zip")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func open(t *testing.T, data []byte) *Zip {
	t.Helper()
	z, err := Open(save(t, data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = z.Close() })
	return z
}
