// Package catalogtest finds catalogs for tests.
package catalogtest

import (
	"os"
	"path/filepath"
	"testing"

	"apimctl/render/catalog"
)

// Dir returns the folder of shared data beside the repository; without it the test is skipped.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil || dir == filepath.Dir(dir) {
			break
		}
	}
	shared := filepath.Join(filepath.Dir(dir), "shared")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("no shared data beside the repository")
	}
	return shared
}

// Shared returns the catalog of a role ("all-in-one" or "gateway") of 4.6.0 made of the shared lists.
func Shared(t testing.TB, role string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.ReadLists(os.DirFS(filepath.Join(Dir(t), "catalog")), role+"-4.6.0-")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
