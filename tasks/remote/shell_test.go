package remote

import (
	"os/exec"
	"strings"
	"testing"
)

func TestQuote(t *testing.T) {
	every := make([]byte, 0, 255)
	for b := 1; b < 256; b++ {
		every = append(every, byte(b))
	}
	words := []string{"", "a", "a b", "it's", "''", `\`, "-n", "~", "*", "$HOME", "`id`", "a\nb\n", "!x", "=", string(every)}
	out, err := exec.Command("sh", "-c", "printf '%s\\0' "+line(words...)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(words, "\x00") + "\x00"; string(out) != want {
		t.Errorf("%q became %q", want, out)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("it's", "$x")
	f.Fuzz(func(t *testing.T, a, b string) {
		if wordly(a, b) != nil {
			t.Skip()
		}
		out, err := exec.Command("sh", "-c", "printf '%s\\0' "+line(a, b)).Output()
		if err != nil || string(out) != a+"\x00"+b+"\x00" {
			t.Errorf("%q %q became %q, %v", a, b, out, err)
		}
	})
}

func TestAllowed(t *testing.T) {
	for _, yes := range []string{
		"id wso2", "getent passwd wso2", "uname -m", "df -Pk /opt", "ls -1A /opt", "systemctl is-active x", "systemctl show -p A x", "ps -e", "cat /proc/1/comm",
		"tail -c 100 /f", "head -c1 /f", "hostname", "hostname -f", "nproc", "date +%s", "command -v java", "java -version", "/usr/lib/jvm/a/bin/java -version",
		"find /opt -maxdepth 1 -name x", "test -x /f",
	} {
		if err := Allowed(strings.Fields(yes)); err != nil {
			t.Error(err)
		}
	}
	for _, no := range []string{
		"", "rm f", "sh -c x", "systemctl stop x", "systemctl", "cat /etc/shadow", "cat", "cat /proc/1/environ", "cat /proc/../etc/shadow", "cat -", "tail -f /f", "tail -c 1 -f /f", "head",
		"hostname evil", "hostname -F f", "date -s x", "date 010100002000", "command rm", "java -jar x", "/tmp/xjava -version", "find / -name x", "find / -maxdepth 1 -delete",
		"find / -maxdepth 1 -exec rm x", "/bin/rm x",
	} {
		if err := Allowed(strings.Fields(no)); err == nil {
			t.Errorf("%q is allowed", no)
		}
	}
}

// What the shells say of themselves holds no character that another login shell would take for its own.
func TestWakeIsOneLine(t *testing.T) {
	if w := wake("TOKEN"); strings.ContainsAny(w, "\n\\!'") {
		t.Errorf("wake is %q", w)
	}
}
