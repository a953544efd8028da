package inventory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// longestFile bounds what ${file:} reads: a secret or a certificate, not an archive.
const longestFile = 1 << 20

// A reference is ${kind:name}; what else starts with ${ is the product's and is left alone.
var reference = regexp.MustCompile(`\$?\$\{([a-z]+):([^}]*)\}`)

// resolve replaces the references in text, or decrypts it. $${env:X} stands for ${env:X} itself.
func (c cursor) resolve(text string) (resolved string, fromRef, ok bool) {
	if file, sealed := c.d.sealed[c.n]; sealed {
		return c.decrypt(file)
	}
	if !strings.Contains(text, "${") {
		return text, false, true
	}
	ok = true
	resolved = reference.ReplaceAllStringFunc(text, func(match string) string {
		if strings.HasPrefix(match, "$$") {
			return match[1:]
		}
		parts := reference.FindStringSubmatch(match)
		value, what, fix := c.d.look(parts[1], parts[2])
		if what != "" {
			c.bad(what, fix)
			ok = false
		}
		fromRef = true
		return value
	})
	return resolved, fromRef, ok
}

// look returns what a reference stands for; what is empty when all is well.
func (d *decoder) look(kind, name string) (value, what, fix string) {
	switch kind {
	case "env":
		value, set := d.env(name)
		if !set {
			return "", fmt.Sprintf("environment variable %s is not set", name), "export it before you run apimctl"
		}
		return value, "", ""
	case "file":
		path := d.expand(name)
		data, err := readSmall(path)
		if err != nil {
			return "", fmt.Sprintf("%s: %s", path, reason(err)), "put the file there or mend the path"
		}
		return strings.TrimRight(string(data), "\r\n"), "", ""
	case "cmd":
		return d.printed(name)
	case "var":
		return d.variable(name)
	}
	return "", fmt.Sprintf("${%s:%s} is no reference", kind, name), "write ${env:NAME}, ${file:PATH}, ${cmd:COMMAND} or ${var:NAME}; $${ for a plain ${"
}

// expand makes a path absolute: ~ is the home, and relative paths start at the inventory.
func (d *decoder) expand(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, ok := d.env("HOME"); ok && home != "" {
			return filepath.Join(home, path[1:])
		}
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(d.dir, path)
}

func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errors.New("is not a file")
	case info.Size() > longestFile:
		return nil, errors.New("is longer than 1 MiB")
	}
	return os.ReadFile(path)
}

// reason is an error without the path, which the message names already.
func reason(err error) string {
	var pathErr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "is not there"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read"
	case errors.As(err, &pathErr):
		return pathErr.Err.Error()
	}
	return err.Error()
}
