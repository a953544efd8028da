// Package dist opens the zips that the product is distributed in: it tells what one holds, and refuses what is
// no distribution or would not unpack into one folder. It writes nothing but a cache of digests.
package dist

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var (
	// ErrArchive is a file that is no zip, or not a whole one.
	ErrArchive = errors.New("not a usable zip")
	// ErrProduct is a zip that holds something else than what is wanted.
	ErrProduct = errors.New("not the distribution wanted")
	// ErrUnsafe is a zip that would put files outside of its own folder, or links into it.
	ErrUnsafe = errors.New("unsafe zip")
)

// The products that apimctl deploys, by the beginning of their folder's name (product-facts.md §1).
const (
	AllInOne = "wso2am"
	Gateway  = "wso2am-universal-gw"
)

// A Zip is an open distribution. Every error of this package names its path.
type Zip struct {
	Path    string
	SHA256  string // in hex
	Size    int64  // of the file, in bytes
	Top     string // the one folder that everything lies in
	Product string // AllInOne or Gateway
	Version string // of the release, three numbers: an update's fourth is not in it

	file *os.File
	r    *zip.Reader
}

// Open opens a distribution, checks all names in it and takes its digest (see Digest; the cache is the user's). The
// caller closes it. Its errors are those of this package, or the file system's.
func Open(path string) (*Zip, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	z := &Zip{Path: path, file: f}
	if err := z.read(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return z, nil
}

func (z *Zip) read() error {
	info, err := z.file.Stat()
	if err != nil {
		return err
	}
	z.Size = info.Size()
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w: not a file; expected the zip of a distribution", z.Path, ErrArchive)
	}
	if z.r, err = zip.NewReader(z.file, z.Size); err != nil {
		return fmt.Errorf("%s: %w: %s", z.Path, ErrArchive, z.blame(err))
	}
	if z.Top, err = top(z.r.File); err != nil {
		return fmt.Errorf("%s: %w", z.Path, err)
	}
	if err := z.identify(); err != nil {
		return fmt.Errorf("%s: %w", z.Path, err)
	}
	z.SHA256, err = Digest(z.Path, userCache())
	return err
}

// blame says what a file is that the zip reader does not take.
func (z *Zip) blame(err error) string {
	head := make([]byte, 512)
	n, readErr := z.file.ReadAt(head, 0)
	switch head = head[:n]; {
	case readErr != nil && !errors.Is(readErr, io.EOF):
		return readErr.Error()
	case n == 0:
		return "the file is empty"
	case strings.HasPrefix(string(head), "PK\x03\x04"):
		return fmt.Sprintf("cut short or damaged at %d bytes (%v); download it again", z.Size, err)
	}
	return fmt.Sprintf("found %s; expected the zip of a distribution", http.DetectContentType(head))
}

// Close closes the file.
func (z *Zip) Close() error { return z.file.Close() }

// FS is the content, rooted at the product's home.
func (z *Zip) FS() fs.FS {
	home, err := fs.Sub(z.r, z.Top)
	if err != nil {
		panic(err) // Top was checked
	}
	return home
}

// Shipped is the deployment.toml that the distribution ships.
func (z *Zip) Shipped() ([]byte, error) {
	data, err := fs.ReadFile(z.FS(), "repository/conf/deployment.toml")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", z.Path, err)
	}
	return data, nil
}

// Unpacked is how many bytes the files take once unpacked, as the zip's directory says.
func (z *Zip) Unpacked() (n int64) {
	for _, f := range z.r.File {
		n += int64(f.UncompressedSize64)
	}
	return n
}

// Check fails with ErrProduct unless the zip holds that product in that version.
func (z *Zip) Check(product, version string) error {
	if z.Product == product && z.Version == version {
		return nil
	}
	return fmt.Errorf("%s: %w: found %s %s; expected %s %s",
		z.Path, ErrProduct, titles()[z.Product], z.Version, titles()[product], version)
}

// top returns the one folder that all files lie in.
func top(files []*zip.File) (string, error) {
	tops, had := map[string]bool{}, map[string]bool{}
	for _, f := range files {
		name, isDir := strings.CutSuffix(f.Name, "/")
		folder, _, deep := strings.Cut(name, "/")
		want := fs.FileMode(0)
		if isDir {
			want = fs.ModeDir
		}
		switch {
		case !fs.ValidPath(name) || name == "." || strings.ContainsAny(name, "\\\x00"):
			return "", fmt.Errorf("%w: entry %q; expected names that stay in one folder", ErrUnsafe, f.Name)
		case f.Mode().Type() != want:
			return "", fmt.Errorf("%w: %s is a %s; expected files and folders alone", ErrUnsafe, name, kind(f.Mode()))
		case had[name]:
			return "", fmt.Errorf("%w: %s is in it twice", ErrUnsafe, name)
		case !deep && !isDir:
			return "", fmt.Errorf("%w: file %s at the top; expected one folder", ErrUnsafe, name)
		}
		had[name], tops[folder] = true, true
	}
	names := sortedKeys(tops)
	switch len(names) {
	case 0:
		return "", fmt.Errorf("%w: the zip is empty; expected %s", ErrProduct, wanted)
	case 1:
		return names[0], nil
	}
	return "", fmt.Errorf("%w: folders %s at the top; expected one", ErrUnsafe, strings.Join(names[:min(3, len(names))], ", "))
}

func kind(mode fs.FileMode) string {
	if mode&fs.ModeSymlink != 0 {
		return "symbolic link"
	}
	return "special file"
}

func sortedKeys(set map[string]bool) []string {
	var names []string
	for name := range set {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// userCache is where digests are remembered; "" remembers none.
func userCache() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "apimctl")
}
