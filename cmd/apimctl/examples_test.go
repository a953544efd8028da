package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"apimctl/inventory"
)

var named = regexp.MustCompile(`\$\{env:(\w+)\}`)

// The example that init prints, and those in examples, are valid as they stand once the files that they name are there.
func TestExamples(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	texts := map[string]string{"init": inventory.Example}
	files, err := filepath.Glob("../../examples/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(f)] = string(data)
	}
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			s := &stage{world: newWorld(t), dir: t.TempDir(), env: map[string]string{}}
			place(t, s, text)
			for _, m := range named.FindAllStringSubmatch(text, -1) {
				s.env[m[1]] = planted
			}
			for _, command := range []string{"validate", "plan", "apply --yes", "plan"} {
				if err := s.apimctl(strings.Fields(command)); err != nil {
					t.Fatal(err)
				}
			}
			had := regexp.MustCompile(`\[exit status (\d+)\]`).FindAllString(s.screen.String(), -1)
			if strings.Join(had, " ") != "[exit status 0] [exit status 2] [exit status 0] [exit status 0]" {
				t.Error(s.screen.String())
			}
		})
	}
}

// place writes an inventory and what it names on this machine.
func place(t *testing.T, s *stage, text string) {
	t.Helper()
	if err := s.given([]string{"smallest.yaml"}); err != nil {
		t.Fatal(err)
	}
	// a gate of 10 minutes is for real nodes, and every 2 s too seldom for ones in memory
	quick := regexp.MustCompile(`(?m)^ *gate:.*$`).ReplaceAllString(text, "") + "\ngate: {every: 10ms, for: 3s}\n"
	for name, data := range map[string]string{
		"inventory.yaml": quick, "drivers/mysql-connector-j.jar": "PK\x00", "mysql-connector-j.jar": "PK\x00",
	} {
		write(t, filepath.Join(s.dir, name), data)
	}
	for to, from := range map[string]string{"wso2am-4.6.0.zip": "am.zip", "wso2am-universal-gw-4.6.0.zip": "gw.zip"} {
		data, err := os.ReadFile(filepath.Join(s.dir, from))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(s.dir, to), string(data))
		write(t, filepath.Join(s.dir, "dist", to), string(data))
	}
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}
