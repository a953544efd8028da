//go:build ignore

// mkzip OUT.zip DIR writes the tree under DIR, without DIR itself, with one time for all files and the modes that the product's
// zips carry: 0755 for scripts and folders, 0644 for the rest. The same tree is the same bytes.
package main

import (
	"archive/zip"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := write(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func write(out, dir string) error {
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	// WalkDir goes in the order of the names.
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		return add(w, dir, path, d.IsDir())
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

func add(w *zip.Writer, dir, path string, folder bool) error {
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return err
	}
	h := &zip.FileHeader{Name: filepath.ToSlash(name), Method: zip.Deflate}
	h.Modified = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
	h.SetMode(0o644)
	if folder {
		h.Name += "/"
		h.Method = zip.Store
		h.SetMode(fs.ModeDir | 0o755)
	} else if strings.HasSuffix(name, ".sh") {
		h.SetMode(0o755)
	}
	to, err := w.CreateHeader(h)
	if err != nil || folder {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, err = to.Write(data)
	return err
}
