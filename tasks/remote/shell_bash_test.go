package remote_test

import (
	"os"
	"os/exec"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// Where sh is bash, in a locale whose characters are not bytes, with a time-out of its own, all is the same.
func TestBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(bash, bin+"/sh"); err != nil {
		t.Fatal(err)
	}
	_, h := serve(t, remotetest.Options{Path: bin, Env: []string{"TMOUT=1", "LC_ALL=C.UTF-8"}})
	file := t.TempDir() + "/ä\xff"
	want := remote.File{Mode: 0o600, Data: []byte("\x00\xff\nä\n\n")}
	if err := h.Put(t.Context(), file, want); err != nil {
		t.Fatal(err)
	}
	if err := h.Run(t.Context(), remote.Cmd{Argv: []string{"sleep", "1.2"}}); err != nil {
		t.Error(err)
	}
	err = h.Run(t.Context(), remote.Cmd{
		Argv: []string{"sh", "-c", `[ "$BASH_VERSION" ] && [ "$P$(cat)" = "ä' ö" ]`}, Env: map[string]remote.Secret{"P": "ä'"}, Stdin: " ö\n",
	})
	if err != nil {
		t.Error(err)
	}
	if f, err := h.File(t.Context(), file); err != nil || !f.Equal(want) {
		t.Errorf("file is %+v, %v", f, err)
	}
}
