package remotetest

import (
	"testing"

	"apimctl/tasks/remote"
)

func absent(t *testing.T, g ground) {
	g.holds(t, "nothing", remote.File{})
	g.holds(t, "no/parent/either", remote.File{})
	if f := g.file(t, "nothing"); f.Exists() {
		t.Errorf("file is %+v", f)
	}
}

func roundTrip(t *testing.T, g ground) {
	binary := make([]byte, 70_000) // more than one packet, and every byte
	for i := range binary {
		binary[i] = byte(i)
	}
	for name, f := range map[string]remote.File{
		"text":     g.plain("one\ntwo"),
		"lines":    g.plain("one\n\n\n"),
		"empty":    g.plain(""),
		"binary":   {Mode: 0o640, Owner: g.Owners[1], Data: binary},
		"private":  {Mode: 0o600, Owner: g.Owners[0], Data: []byte("x"), Secret: true},
		"runnable": {Mode: 0o755, Owner: g.Owners[0], Data: []byte("#!/bin/sh\n")},
	} {
		g.put(t, name, f)
		g.holds(t, name, f)
		if g.file(t, name).Secret {
			t.Errorf("%s is read as a secret", name)
		}
	}
}

func orphan(t *testing.T, g ground) {
	g.refused(t, "no/file", g.plain("x"))
	g.refused(t, "no/dir", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "file", g.plain("x"))
	g.refused(t, "no/link", remote.Link("x"))
}

func overwrite(t *testing.T, g ground) {
	g.put(t, "f", g.plain("a long first content"))
	next := remote.File{Mode: 0o600, Owner: g.Owners[1], Data: []byte("second")}
	g.put(t, "f", next)
	g.holds(t, "f", next)
	next.Mode = 0o444
	g.put(t, "f", next)
	g.holds(t, "f", next)
}

func keepOwner(t *testing.T, g ground) {
	g.put(t, "f", remote.File{Mode: 0o644, Owner: g.Owners[1], Data: []byte("x")})
	g.put(t, "f", remote.File{Mode: 0o644, Data: []byte("y")})
	g.holds(t, "f", remote.File{Mode: 0o644, Owner: g.Owners[1], Data: []byte("y")})
	g.put(t, "d", remote.Dir(0o755, g.Owners[1]))
	g.put(t, "d", remote.Dir(0o700, ""))
	g.holds(t, "d", remote.Dir(0o700, g.Owners[1]))
	g.put(t, "new", remote.File{Mode: 0o644, Data: []byte("x")})
	if g.file(t, "new").Owner == "" {
		t.Error("a new file has no owner")
	}
}

func directories(t *testing.T, g ground) {
	g.put(t, "d", remote.Dir(0o750, g.Owners[0]))
	g.holds(t, "d", remote.Dir(0o750, g.Owners[0]))
	g.put(t, "d/f", g.plain("x"))
	g.put(t, "d", remote.Dir(0o755, g.Owners[1]))
	g.holds(t, "d", remote.Dir(0o755, g.Owners[1]))
	g.holds(t, "d/f", g.plain("x"))
	g.put(t, "d/e", remote.Dir(0o700, g.Owners[0]))
	g.put(t, "d/e/f", g.plain("y"))
	g.holds(t, "d/e/f", g.plain("y"))
}

func links(t *testing.T, g ground) {
	g.put(t, "l", remote.Link("nowhere/yet"))
	g.holds(t, "l", remote.Link("nowhere/yet"))
	g.put(t, "one", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "two", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "l", remote.Link("one"))
	g.put(t, "l", remote.Link("two")) // not one/two
	g.holds(t, "l", remote.Link("two"))
	g.holds(t, "one/two", remote.File{})
	g.holds(t, "two", remote.Dir(0o755, g.Owners[0]))
}

func fileLink(t *testing.T, g ground) {
	g.put(t, "target", g.plain("target"))
	g.put(t, "f", g.plain("x"))
	g.put(t, "f", remote.Link("target"))
	g.holds(t, "f", remote.Link("target"))
	g.put(t, "f", g.plain("y"))
	g.holds(t, "f", g.plain("y"))
	g.holds(t, "target", g.plain("target"))
}

func overDirectory(t *testing.T, g ground) {
	g.put(t, "d", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "d/f", g.plain("x"))
	g.refused(t, "d", g.plain("x"))
	g.refused(t, "d", remote.Link("elsewhere"))
	g.holds(t, "d/f", g.plain("x"))
}

func removal(t *testing.T, g ground) {
	g.put(t, "f", g.plain("x"))
	g.put(t, "f.more", g.plain("x"))
	g.put(t, "f", remote.File{})
	g.holds(t, "f", remote.File{})
	g.holds(t, "f.more", g.plain("x"))
	g.put(t, "f", remote.File{})
	g.put(t, "no/such/parent", remote.File{})

	g.put(t, "d", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "d/e", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "d/e/f", g.plain("x"))
	g.put(t, "d", remote.File{})
	g.holds(t, "d", remote.File{})
	g.holds(t, "d/e/f", remote.File{})
	g.put(t, "d", remote.Dir(0o755, g.Owners[0]))
	g.holds(t, "d/e", remote.File{})
}

func removeLink(t *testing.T, g ground) {
	g.put(t, "d", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "d/f", g.plain("x"))
	g.put(t, "l", remote.Link("d"))
	g.put(t, "l", remote.File{})
	g.holds(t, "l", remote.File{})
	g.holds(t, "d/f", g.plain("x"))
}

func throughLink(t *testing.T, g ground) {
	g.put(t, "releases", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "releases/one", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "releases/two", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "home", remote.Link(g.base+"/releases/one"))
	g.put(t, "home/f", g.plain("x"))
	g.holds(t, "home/f", g.plain("x"))
	g.holds(t, "releases/one/f", g.plain("x"))
	g.put(t, "releases/one/f", g.plain("y"))
	g.holds(t, "home/f", g.plain("y"))
	g.put(t, "home", remote.Link(g.base+"/releases/two"))
	g.holds(t, "home/f", remote.File{})
	g.holds(t, "releases/one/f", g.plain("y"))
	g.put(t, "home", remote.Link(g.base+"/releases/three"))
	g.refused(t, "home/f", g.plain("x"))
}

func relativeLink(t *testing.T, g ground) {
	g.put(t, "a", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "b", remote.Dir(0o755, g.Owners[0]))
	g.put(t, "a/up", remote.Link("../b"))
	g.put(t, "over", remote.Link("a/up"))
	g.put(t, "over/f", g.plain("x"))
	g.holds(t, "b/f", g.plain("x"))
	g.holds(t, "a/up/f", g.plain("x"))
	g.put(t, "over/f", remote.File{})
	g.holds(t, "b/f", remote.File{})
}

func loop(t *testing.T, g ground) {
	g.put(t, "a", remote.Link("b"))
	g.put(t, "b", remote.Link("a"))
	if err := g.Put(t.Context(), g.base+"/a/f", g.plain("x")); err == nil {
		t.Error("no error")
	}
}

func names(t *testing.T, g ground) {
	for _, name := range []string{"a b", "it's", `back\slash`, "$HOME", "`id`", "*", "-rf", "new\nline", "ä"} {
		g.put(t, name, g.plain(name))
		g.holds(t, name, g.plain(name))
	}
	g.put(t, "*", remote.File{})
	g.holds(t, "a b", g.plain("a b"))
	g.put(t, "link", remote.Link("it's $HOME"))
	g.holds(t, "link", remote.Link("it's $HOME"))
}

func twice(t *testing.T, g ground) {
	for range 2 {
		g.put(t, "f", g.plain("x"))
		g.put(t, "d", remote.Dir(0o755, g.Owners[0]))
		g.put(t, "l", remote.Link("d"))
		g.holds(t, "f", g.plain("x"))
		g.holds(t, "d", remote.Dir(0o755, g.Owners[0]))
		g.holds(t, "l", remote.Link("d"))
	}
}
