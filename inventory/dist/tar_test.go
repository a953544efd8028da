package dist

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTar(t *testing.T) {
	long := "wso2am-4.6.0/" + strings.Repeat("deep/", 60) + "file.jar"
	z := open(t, pack(t, slices.Concat(allInOne("wso2am-4.6.0"), []entry{
		{name: long, data: "long", mode: 0o444},
		{name: "wso2am-4.6.0/dos/", data: ""},
		{name: "wso2am-4.6.0/dos/run.sh", data: "sh"},
		{name: "wso2am-4.6.0/dos/read.txt", data: "txt"},
		{name: "wso2am-4.6.0/su", data: "su", mode: fs.ModeSetuid | 0o755},
	})...))
	var first, second bytes.Buffer
	if err := errors.Join(z.Tar(t.Context(), &first), z.Tar(t.Context(), &second)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("two tars differ")
	}
	want := []string{
		"wso2am-4.6.0/ 755 ",
		"wso2am-4.6.0/bin/api-manager.sh 755 #!/bin/sh\n",
		long + " 644 long",
		"wso2am-4.6.0/dos/ 755 ",
		"wso2am-4.6.0/dos/read.txt 644 txt",
		"wso2am-4.6.0/dos/run.sh 755 sh",
		"wso2am-4.6.0/repository/conf/deployment.toml 644 [server]\n",
		"wso2am-4.6.0/su 755 su",
	}
	if had := listTar(t, first.Bytes()); !slices.Equal(had, want) {
		t.Errorf("tar of\n%q, want\n%q", had, want)
	}
}

// TestTarUnpacks gives it to the tar of this machine, as a host would.
func TestTarUnpacks(t *testing.T) {
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip("no tar")
	}
	z, dir := open(t, pack(t, allInOne("wso2am-4.6.0")...)), t.TempDir()
	var out bytes.Buffer
	if err := z.Tar(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("tar", "-xf", "-", "-C", dir)
	cmd.Stdin = &out
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if text, err := exec.Command(filepath.Join(dir, "wso2am-4.6.0/bin/api-manager.sh")).CombinedOutput(); err != nil {
		t.Errorf("the script does not run: %v: %s", err, text)
	}
}

func TestTarStops(t *testing.T) {
	z := open(t, pack(t, slices.Concat(allInOne("wso2am-4.6.0"), []entry{{name: "wso2am-4.6.0/z", data: strings.Repeat("z", 1<<20)}})...))
	ctx, cancel := context.WithCancel(t.Context())
	w := &cancelling{cancel: cancel}
	if err := z.Tar(ctx, w); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	if w.large != 1 {
		t.Errorf("%d blocks of the file written, want it cancelled after the first", w.large)
	}
}

// TestTarOfDamaged fails where the bytes are not those that the zip was made of.
func TestTarOfDamaged(t *testing.T) {
	data := pack(t, append(gateway("wso2am-universal-gw-4.6.0"), entry{name: "wso2am-universal-gw-4.6.0/z", data: "payload payload"})...)
	at := bytes.Index(data, []byte("payload"))
	if at < 0 {
		t.Fatal("the zip does not hold the text as it is")
	}
	data[at] = 'P'
	z := open(t, data)
	if err := z.Tar(t.Context(), io.Discard); !errors.Is(err, zip.ErrChecksum) || !strings.HasPrefix(err.Error(), z.Path+": wso2am-universal-gw-4.6.0/z: ") {
		t.Errorf("%v, want a checksum error in z", err)
	}
}

// A cancelling writer cancels in the midst of the first file that is not small.
type cancelling struct {
	large  int
	cancel func()
}

func (c *cancelling) Write(p []byte) (int, error) {
	if len(p) > 1<<12 {
		c.large++
		c.cancel()
	}
	return len(p), nil
}

func listTar(t *testing.T, data []byte) (out []string) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(data))
	for {
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
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %o %s", head.Name, head.Mode, text))
	}
}
