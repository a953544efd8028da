package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"apimctl/inventory"
	"apimctl/playbooks"
	"apimctl/render/catalog"
)

// catalogs are the keys that the distributions know. Learning them takes a moment, so they are kept by the zip's digest.
// A distribution that ships no catalog has none here.
func catalogs(products playbooks.Products) (map[inventory.Role]*catalog.Catalog, error) {
	all := map[inventory.Role]*catalog.Catalog{}
	for role, p := range products {
		c, err := learned(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, &inputError{fmt.Errorf("%s: %w", p.Local, err)}
		}
		all[role] = c
	}
	return all, nil
}

func learned(p playbooks.Product) (*catalog.Catalog, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return catalog.Read(p.FS)
	}
	path := filepath.Join(dir, "apimctl", "catalog-"+p.SHA256+".json")
	if data, err := os.ReadFile(path); err == nil {
		c := &catalog.Catalog{}
		if json.Unmarshal(data, c) == nil {
			return c, nil
		}
	}
	c, err := catalog.Read(p.FS)
	if err != nil {
		return nil, err
	}
	// A cache that cannot be written costs time and nothing else.
	if data, err := json.Marshal(c); err == nil && os.MkdirAll(filepath.Dir(path), 0o700) == nil {
		_ = writeWhole(path, data)
	}
	return c, nil
}
