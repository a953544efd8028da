package dist

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// planted is a digest that no file has: where it comes back, the cache was believed.
var planted = strings.Repeat("ab", 32)

func TestDigestIsRemembered(t *testing.T) {
	path, dir := oldFile(t), filepath.Join(t.TempDir(), "not", "yet")
	want := digest(t, path, dir)
	plant(t, path, dir)
	if had := digest(t, path, dir); had != planted {
		t.Errorf("the second time %s, want it from the cache", had)
	}
	info, err := os.Stat(cacheFile(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("cache %v, %v, want mode 0600", info, err)
	}
	for _, none := range []string{"", filepath.Join(path, "below-a-file"), t.TempDir()} {
		if had := digest(t, path, none); had != want {
			t.Errorf("with cache %q %s, want %s", none, had, want)
		}
	}
}

func TestDigestIsTakenAgain(t *testing.T) {
	for name, alter := range map[string]func(t *testing.T, path, dir string){
		"size": func(t *testing.T, path, _ string) { age(t, path, "longer content") },
		"time": func(t *testing.T, path, _ string) { setTime(t, path, time.Now().Add(-time.Minute)) },
		"inode": func(t *testing.T, path, _ string) {
			info, err := os.Stat(path)
			other := path + ".new"
			age(t, other, "content")
			setTime(t, other, info.ModTime())
			if err != nil || os.Rename(other, path) != nil {
				t.Fatal("the file was not replaced")
			}
		},
		"broken cache": func(t *testing.T, _, dir string) { write(t, cacheFile(dir), `{"`) },
		"null cache":   func(t *testing.T, _, dir string) { write(t, cacheFile(dir), `null`) },
		"no digest": func(t *testing.T, path, dir string) {
			known := recall(dir)
			for p, s := range known {
				s.SHA256 = "ab"
				known[p] = s
			}
			save, _ := json.Marshal(known)
			write(t, cacheFile(dir), string(save))
		},
	} {
		t.Run(name, func(t *testing.T) {
			path, dir := oldFile(t), t.TempDir()
			digest(t, path, dir)
			plant(t, path, dir)
			alter(t, path, dir)
			want := digest(t, path, "")
			if had := digest(t, path, dir); had != want {
				t.Errorf("%s, want %s", had, want)
			}
		})
	}
}

// TestFreshFile remembers nothing of a file that may still be written in the same tick of the clock.
func TestFreshFile(t *testing.T) {
	path, dir := oldFile(t), t.TempDir()
	setTime(t, path, time.Now().Add(time.Minute))
	digest(t, path, dir)
	if known := recall(dir); len(known) != 0 {
		t.Errorf("remembered %v", known)
	}
}

func TestGoneFilesAreForgotten(t *testing.T) {
	gone, path, dir := oldFile(t), oldFile(t), t.TempDir()
	digest(t, gone, dir)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	digest(t, path, dir)
	if known := recall(dir); len(known) != 1 || known[path].SHA256 == "" {
		t.Errorf("remembered %v, want %s alone", known, path)
	}
}

func TestRacingDigests(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for range 8 {
		paths = append(paths, oldFile(t))
	}
	var wg sync.WaitGroup
	for _, path := range paths {
		wg.Go(func() {
			if _, err := Digest(path, dir); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if known := recall(dir); len(known) == 0 {
		t.Error("remembered nothing")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 1 {
		t.Errorf("left %v, want the cache alone", left)
	}
}

func digest(t *testing.T, path, dir string) string {
	t.Helper()
	sum, err := Digest(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func plant(t *testing.T, path, dir string) {
	t.Helper()
	known := recall(dir)
	look, ok := known[path]
	if !ok {
		t.Fatalf("%s is not in %v", path, known)
	}
	look.SHA256 = planted
	known[path] = look
	data, err := json.Marshal(known)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cacheFile(dir), string(data))
}

func oldFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	age(t, path, "content")
	return path
}

// age writes a file that was last changed an hour ago.
func age(t *testing.T, path, content string) {
	t.Helper()
	write(t, path, content)
	setTime(t, path, time.Now().Add(-time.Hour).Truncate(time.Hour))
}

func setTime(t *testing.T, path string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
