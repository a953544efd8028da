// Package refdata opens, for tests, the reference data that lie beside the repository: the guide's samples, what the product's
// distributions ship, and its key tables.
package refdata

import (
	"os"
	"path/filepath"
	"testing"

	"apimctl/render/catalog"
)

// Path is a file or folder of the data, by its elements. A test that asks for one which is not there is skipped.
func Path(t testing.TB, elements ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
	}
	path := filepath.Join(append([]string{filepath.Dir(dir), "shared"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no reference data beside the repository: %v", err)
	}
	return path
}

// Catalog is the key table of a role of 4.6.0.
func Catalog(t testing.TB, role string) *catalog.Catalog {
	t.Helper()
	c, err := catalog.ReadLists(os.DirFS(Path(t, "catalog")), role+"-4.6.0-")
	if err != nil {
		t.Fatal(err)
	}
	return c
}
