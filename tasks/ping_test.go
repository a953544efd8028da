package tasks

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The class is what its source says. Another javac than the one that it was made with may write other bytes.
func TestPingClassIsOfItsSource(t *testing.T) {
	out, err := exec.Command("javac", "-version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "javac 17.") {
		t.Skipf("it was made with javac 17; here is %q, %v", out, err)
	}
	dir := t.TempDir()
	if out, err := exec.Command("javac", "--release", "11", "-g:none", "-d", dir, "ping/JdbcPing.java").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	had, err := os.ReadFile(filepath.Join(dir, "JdbcPing.class"))
	if err != nil || string(had) != pingClass {
		t.Errorf("ping/JdbcPing.class is not what its source makes (%v): javac --release 11 -g:none ping/JdbcPing.java", err)
	}
}
