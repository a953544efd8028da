package remote_test

import (
	"os"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

// Many sums come by one command; where that fails, each comes alone.
func TestSums(t *testing.T) {
	broken := t.TempDir()
	if err := os.WriteFile(broken+"/sha256sum", []byte("#!/bin/sh\n[ $# -eq 0 ] && PATH=/usr/bin:/bin exec sha256sum\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		path      string
		exchanges int
	}{"together": {"", 1}, "each": {broken, 2}} {
		t.Run(name, func(t *testing.T) {
			_, h := serve(t, remotetest.Options{Path: tt.path})
			dir := t.TempDir()
			var looks []remote.Look
			for name, f := range map[string]remote.File{
				"a": {Mode: 0o644, Data: []byte("x")}, "new\nline": {Mode: 0o644, Data: []byte("y")}, "dir": remote.Dir(0o700, ""),
				"l": remote.Link("to\na"), "m": remote.Link("a"), "n": remote.Link("dir"), "none": {},
			} {
				if err := h.Put(t.Context(), dir+"/"+name, f); err != nil {
					t.Fatal(err)
				}
				looks = append(looks, remote.Look{Kind: "sum", Path: dir + "/" + name})
			}
			had := h.Traffic().Exchanges
			found, err := h.Fetch(t.Context(), looks)
			if err != nil || h.Traffic().Exchanges-had != tt.exchanges {
				t.Errorf("%d exchanges, %v", h.Traffic().Exchanges-had, err)
			}
			for i, l := range looks {
				f, err := h.File(t.Context(), l.Path)
				if found[i].Err != nil || err != nil || found[i].Sum != f.Sum() {
					t.Errorf("%q is %+v, want %+v", l.Path, found[i], f.Sum())
				}
			}
		})
	}
}
