package check_test

import (
	"os"
	"path/filepath"
	"testing"

	"apimctl/render/catalog"
)

// sharedDir returns the folder of shared data beside the repository; without it the test is skipped.
func sharedDir(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	shared := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no shared data beside the repository")
	}
	return shared
}

// shared returns the catalog of a role of 4.6.0, made of the shared lists.
func shared(t testing.TB, role string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.ReadLists(os.DirFS(filepath.Join(sharedDir(t), "catalog")), role+"-4.6.0-")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
