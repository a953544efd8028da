package dist

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"time"
)

// A seen is a file whose digest is known, as long as it looks the same.
type seen struct {
	Size   int64  `json:"size"`
	MTime  int64  `json:"mtime"` // in nanoseconds
	Inode  uint64 `json:"inode"`
	SHA256 string `json:"sha256"`
}

// settled is how long a file must have been left alone to be remembered: within one tick of the file system's clock
// a write would not show in the time.
const settled = 2 * time.Second

// Digest returns the SHA-256 of a file, in hex. It remembers it in digests.json in cacheDir, which it makes, for as long as
// path, size, time and inode are the same; "" remembers nothing. A cache that cannot be read or written costs time only.
func Digest(path, cacheDir string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	before, err := f.Stat()
	if err != nil {
		return "", err
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	look := seen{Size: before.Size(), MTime: before.ModTime().UnixNano(), Inode: inode(before)}
	known := recall(cacheDir)[abs]
	if look.SHA256 = known.SHA256; known == look && isDigest(known.SHA256) {
		return known.SHA256, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	look.SHA256 = hex.EncodeToString(h.Sum(nil))
	if after, err := f.Stat(); err == nil && same(before, after) && time.Since(after.ModTime()) > settled {
		remember(cacheDir, abs, look)
	}
	return look.SHA256, nil
}

func same(a, b fs.FileInfo) bool { return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) }

func isDigest(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

func cacheFile(dir string) string { return filepath.Join(dir, "digests.json") }

// recall reads the cache; a broken one is an empty one.
func recall(dir string) map[string]seen {
	known := map[string]seen{}
	if dir == "" {
		return known
	}
	data, err := os.ReadFile(cacheFile(dir))
	if err != nil || json.Unmarshal(data, &known) != nil || known == nil {
		return map[string]seen{}
	}
	return known
}

// remember adds to the cache and drops the files that are gone. Of two that do so at once one may be forgotten.
func remember(dir, abs string, look seen) {
	if dir == "" || os.MkdirAll(dir, 0o700) != nil {
		return
	}
	known := recall(dir)
	maps.DeleteFunc(known, func(path string, _ seen) bool { _, err := os.Stat(path); return err != nil })
	known[abs] = look
	data, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return
	}
	f, err := os.CreateTemp(dir, "digests-*") // 0600
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err != nil || closeErr != nil || os.Rename(f.Name(), cacheFile(dir)) != nil {
		_ = os.Remove(f.Name())
	}
}
