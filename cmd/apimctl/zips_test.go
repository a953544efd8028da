package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// given makes inventory.yaml of one in testdata, and small distributions that have the product's tree, and some that are none. They are the
// same bytes every time. The certificates of testdata are there too: each is right, or wrong as its name says.
func (s *stage) given(args []string) error {
	inventory, err := os.ReadFile(filepath.Join("testdata", args[0]))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.dir, "inventory.yaml"), inventory, 0o600); err != nil {
		return err
	}
	s.env["PASSWORD"] = planted
	if err := os.CopyFS(s.dir, os.DirFS("testdata/certificates")); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	vault, err := os.ReadFile(filepath.Join("testdata", "internal.p12"))
	if err != nil {
		return err
	}
	security := map[string]string{"repository/conf/security/x": "", "repository/resources/security/internal.jks": string(vault)}
	keys := map[string]string{"repository/resources/security/wso2carbon.jks": string(vendorStore())}
	aio := map[string]string{"bin/api-manager.sh": "#!/bin/sh\n"}
	gw := map[string]string{"bin/gateway.sh": "#!/bin/sh\n"}
	for name, data := range map[string][]byte{
		"am-db.zip": pack("wso2am-4.6.0", map[string]string{
			"bin/api-manager.sh": "#!/bin/sh\n", "dbscripts/mysql.sql": scriptOf("shared_db"), "dbscripts/apimgt/mysql.sql": scriptOf("apim_db"),
		}),
		"am.zip":        pack("wso2am-4.6.0", aio),
		"am-keys.zip":   pack("wso2am-4.6.0", with(aio, keys)),
		"gw-keys.zip":   pack("wso2am-universal-gw-4.6.0", with(gw, keys)),
		"am-vault.zip":  pack("wso2am-4.6.0", with(aio, security)),
		"gw-vault.zip":  pack("wso2am-universal-gw-4.6.0", with(gw, security)),
		"am-4.5.0.zip":  pack("wso2am-4.5.0", aio),
		"gw.zip":        pack("wso2am-universal-gw-4.6.0", gw),
		"acp.zip":       pack("wso2am-acp-4.6.0", map[string]string{"bin/api-cp.sh": ""}),
		"page.zip":      []byte("<!DOCTYPE html><html>Sign in</html>"),
		"cut.zip":       pack("wso2am-4.6.0", aio)[:200],
		"mariadb-3.jar": []byte("PK\x00a driver"),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func with(files, more map[string]string) map[string]string {
	all := maps.Clone(files)
	maps.Copy(all, more)
	return all
}

const shippedTOML = "[server]\nhostname = \"localhost\"\n#offset=0\n\n[super_admin]\nusername = \"admin\"\npassword = \"admin\"\n"

// pack is a zip of the files that every product has, and more, below the folder top. Nothing is compressed: compression may differ with the Go version.
func pack(top string, more map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	add := func(name, text string) {
		h := &zip.FileHeader{Name: top + "/" + name, Modified: time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)}
		h.SetMode(0o644)
		if strings.HasPrefix(name, "bin/") {
			h.SetMode(0o755)
		}
		w, err := z.CreateHeader(h)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			panic(err) // memory takes it
		}
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		add(name, more[name])
	}
	for _, name := range []string{"repository/components/lib/x", "repository/components/dropins/x", "repository/logs/x"} {
		add(name, "")
	}
	add("repository/conf/deployment.toml", shippedTOML)
	if err := z.Close(); err != nil {
		panic(err) // memory takes it
	}
	return b.Bytes()
}
