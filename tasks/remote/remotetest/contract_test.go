package remotetest_test

import (
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// furnished is a host in memory with a directory of our own.
func furnished() *remotetest.Memory {
	m := remotetest.New()
	m.Answer("java", nil)
	m.Set("/srv/base", remote.Dir(0o755, "root:root"))
	return m
}

var absent = []string{"java", "-version"}

func TestMemory(t *testing.T) {
	remotetest.Contract(t, func(*testing.T) (remote.Conn, string) {
		return furnished(), "/srv/base"
	}, remotetest.Terms{Absent: absent})
}

func TestImagined(t *testing.T) {
	for name, conn := range map[string]func(*testing.T) remote.Conn{
		"of a bare host": func(*testing.T) remote.Conn { return remote.Imagine(furnished()) },
		"of an imagined host": func(*testing.T) remote.Conn {
			return remote.Imagine(remote.Imagine(furnished()))
		},
		"of a host with links": func(t *testing.T) remote.Conn {
			m := furnished()
			m.Set("/srv/real", remote.Dir(0o755, "root:root"))
			m.Set("/srv/base", remote.File{})
			m.Set("/srv/base", remote.Link("real"))
			return remote.Imagine(m)
		},
		"where an imagined directory was made": func(t *testing.T) remote.Conn {
			m := furnished()
			m.Set("/srv/base/f", remote.File{Mode: 0o600, Owner: "root:root", Data: []byte("real")})
			m.Set("/srv/base/d/e/f", remote.File{Mode: 0o600, Owner: "root:root", Data: []byte("real")})
			i := remote.Imagine(m)
			for _, f := range []remote.File{{}, remote.Dir(0o755, "root:root")} {
				if err := i.Put(t.Context(), "/srv/base", f); err != nil {
					t.Fatal(err)
				}
			}
			return i
		},
	} {
		t.Run(name, func(t *testing.T) {
			remotetest.Contract(t, func(t *testing.T) (remote.Conn, string) {
				return conn(t), "/srv/base"
			}, remotetest.Terms{Absent: absent, Noted: true})
		})
	}
}

// What is imagined on a host with things in it behaves as on a bare one, and never reaches the host.
func TestImaginedKeepsToItself(t *testing.T) {
	remotetest.Contract(t, func(t *testing.T) (remote.Conn, string) {
		m := furnished()
		m.Set("/srv/base/other/f", remote.File{Mode: 0o600, Owner: "root:root", Data: []byte("real")})
		had := m.Snapshot()
		t.Cleanup(func() {
			if m.Counts().Mutations != 0 {
				t.Error("the host was changed")
			}
			for p, f := range m.Snapshot() {
				if !f.Equal(had[p]) {
					t.Errorf("%s was changed", p)
				}
			}
		})
		return remote.Imagine(m), "/srv/base"
	}, remotetest.Terms{Absent: absent, Noted: true})
}
