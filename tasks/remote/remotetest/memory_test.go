package remotetest_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func TestMemoryFails(t *testing.T) {
	m, want := remotetest.New(), errors.New("power cut")
	m.FailAt(2, want)
	put := func() error {
		return m.Put(t.Context(), "/etc/f", remote.File{Mode: 0o644, Data: []byte("x")})
	}
	if err := put(); err != nil {
		t.Fatal(err)
	}
	if err := m.Put(t.Context(), "/etc/f", remote.File{}); !errors.Is(err, want) || !m.At("/etc/f").Exists() {
		t.Errorf("%v, %+v", err, m.At("/etc/f"))
	}
	if err := put(); err != nil || m.Counts().Mutations != 3 {
		t.Errorf("%v, %+v", err, m.Counts())
	}
}

func TestMemoryUsers(t *testing.T) {
	m := remotetest.New()
	for _, argv := range [][]string{{"groupadd", "--system", "wso2"}, {"useradd", "--system", "-g", "wso2", "-d", "/opt/wso2", "wso2"}} {
		if err := m.Run(t.Context(), remote.Cmd{Argv: argv}); err != nil {
			t.Fatal(err)
		}
	}
	for want, argv := range map[string][]string{
		"wso2\n":     {"id", "-gn", "wso2"},
		":/opt/wso2": {"getent", "passwd", "wso2"},
		"wso2:x:":    {"getent", "group", "wso2"},
	} {
		if out, err := m.Query(t.Context(), argv...); !strings.Contains(out, want) || err != nil {
			t.Errorf("%q: %q, %v", argv, out, err)
		}
	}
}

func TestMemoryDials(t *testing.T) {
	m := remotetest.New()
	if _, err := m.Dial(t.Context(), "tcp", "127.0.0.1:1"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	m.Listen("127.0.0.1:1", func(c net.Conn) { _, _ = io.WriteString(c, "hello"); _ = c.Close() })
	c, err := m.Dial(t.Context(), "tcp", "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if said, err := io.ReadAll(c); string(said) != "hello" || err != nil {
		t.Errorf("%q, %v", said, err)
	}
}
