package remote_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func file(text string) remote.File {
	return remote.File{Mode: 0o644, Owner: "root:root", Data: []byte(text)}
}

func put(t *testing.T, c remote.Conn, p string, f remote.File) {
	t.Helper()
	if err := c.Put(t.Context(), p, f); err != nil {
		t.Fatal(err)
	}
}

// unknown wants the path to be one that a command alters, of the mode.
func unknown(t *testing.T, r remote.Reader, p string, had remote.Sum) {
	t.Helper()
	if f, err := r.File(t.Context(), p); !errors.Is(err, remote.ErrUnknown) {
		t.Errorf("%s: %+v, %v", p, f, err)
	}
	had.SHA256 = remote.Unknown
	if s, err := r.Sum(t.Context(), p); s != had || err != nil {
		t.Errorf("%s: %+v, %v; want %+v", p, s, err, had)
	}
}

func holds(t *testing.T, r remote.Reader, p string, want remote.File) {
	t.Helper()
	if f, err := r.File(t.Context(), p); !f.Equal(want) || err != nil {
		t.Errorf("%s: %+v, %v", p, f, err)
	}
}

func TestTouch(t *testing.T) {
	m := remotetest.New()
	m.Set("/opt/r/store.jks", file("real"))
	m.Set("/opt/home", remote.Link("r"))
	h := remote.Imagine(m)

	h.Touch("/opt/home/store.jks", "/var/lib/db")
	unknown(t, h, "/opt/home/store.jks", file("real").Sum())
	unknown(t, h, "/opt/r/store.jks", file("real").Sum())
	unknown(t, h, "/var/lib/db", remote.Sum{})
	unknown(t, h, "/var/lib/db/below", remote.Sum{})
	holds(t, h, "/opt/home/store.jks.old", remote.File{})

	put(t, h, "/opt/r/store.jks", file("known again"))
	holds(t, h, "/opt/home/store.jks", file("known again"))
	h.Touch("/opt/r/store.jks")
	unknown(t, h, "/opt/home/store.jks", file("known again").Sum())

	put(t, h, "/var/lib/db/file", file("x")) // whether its parent is there is not known
	holds(t, h, "/var/lib/db/file", file("x"))
	unknown(t, h, "/var/lib/db/other", remote.Sum{})
	put(t, h, "/var/lib/db", remote.File{})
	holds(t, h, "/var/lib/db/other", remote.File{})
}

func TestTouchFollowsTheLinksOfItsTime(t *testing.T) {
	m := remotetest.New()
	m.Set("/opt/one/f", file("1"))
	m.Set("/opt/two/f", file("2"))
	m.Set("/opt/home", remote.Link("one"))
	h := remote.Imagine(m)
	h.Touch("/opt/home/f")
	put(t, h, "/opt/home", remote.Link("two"))
	holds(t, h, "/opt/home/f", file("2"))
	unknown(t, h, "/opt/one/f", file("1").Sum())
}

func TestUnpackOfUnknownContent(t *testing.T) {
	h := remote.Imagine(remotetest.New())
	put(t, h, "/opt/packs", remote.Dir(0o755, "root:root"))
	a := remote.Archive{Pack: "/opt/packs/p.zip", SHA256: "abc", Size: 9}
	if err := h.Unpack(t.Context(), a, "/opt/p", "wso2:wso2"); err != nil {
		t.Fatal(err)
	}
	holds(t, h, "/opt/p", remote.Dir(0o755, "wso2:wso2"))
	unknown(t, h, "/opt/p/conf/a.toml", remote.Sum{})
	put(t, h, "/opt/p/conf/a.toml", file("x"))
	holds(t, h, "/opt/p/conf/a.toml", file("x"))
	if s, err := h.Sum(t.Context(), a.Pack); s.SHA256 != "abc" || s.Size != 9 || err != nil {
		t.Errorf("pack: %+v, %v", s, err)
	}
}

// Looks at an imagined host that nothing was done to cost what they cost on the host, and a few more once something was.
func TestImaginedExchanges(t *testing.T) {
	for name, test := range map[string]struct {
		change    func(*testing.T, *remote.Imagined) error
		exchanges int
	}{
		"nothing is imagined": {func(*testing.T, *remote.Imagined) error { return nil }, 1},
		"a file is put":       {func(t *testing.T, h *remote.Imagined) error { return h.Put(t.Context(), "/etc/new", file("x")) }, 2},
		"a path is touched":   {func(_ *testing.T, h *remote.Imagined) error { h.Touch("/etc/new"); return nil }, 1},
		"an archive is unpacked": {func(t *testing.T, h *remote.Imagined) error {
			a := remote.Archive{Pack: "/opt/p.zip", FS: fstest.MapFS{"a/b": {Data: []byte("x"), Mode: 0o644}}}
			return h.Unpack(t.Context(), a, "/opt/p", "root:root")
		}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			m := remotetest.New()
			err := remote.Batch(t.Context(), m, func(r remote.Reader) error {
				h := remote.Imagine(r)
				errs := []error{test.change(t, h)}
				for _, p := range []string{"/etc/hosts", "/etc/passwd", "/var/lib/a/b"} {
					_, err := h.File(t.Context(), p)
					errs = append(errs, err)
				}
				return errors.Join(errs...)
			})
			if c := m.Counts(); err != nil || c.Exchanges != test.exchanges || c.Mutations != 0 {
				t.Errorf("%+v, %v", c, err)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	links := map[string]string{"/a": "b", "/b": "/c/d", "/c/d/up": "../e", "/loop": "loop", "/c/root": "/"}
	for p, want := range map[string]string{
		"/":            "/",
		"/a":           "/a",
		"/a/f":         "/c/d/f",
		"/b/g/h":       "/c/d/g/h",
		"/a/up/f":      "/c/e/f",
		"/a/up":        "/c/d/up",
		"/c/root/a/x":  "/c/d/x",
		"//plain/./x/": "/plain/x",
	} {
		got, err := remote.Follow(p, func(p string) (string, error) { return links[p], nil })
		if got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", p, got, err, want)
		}
	}
	if p, err := remote.Follow("/loop/f", func(p string) (string, error) { return links[p], nil }); err == nil {
		t.Errorf("a loop leads to %s", p)
	}
}
