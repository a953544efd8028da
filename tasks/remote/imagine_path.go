package remote

import (
	"fmt"
	"path"
	"strings"
)

// Follow is where the kernel ends up for the absolute path p when it follows the links among its parents, but not p itself if it is
// one. link gives the target of what is at a path without links among its parents, and "" where that is no link.
func Follow(p string, link func(string) (string, error)) (string, error) {
	at, rest := "/", names(p)
	for hops := 0; len(rest) > 1; {
		next := path.Join(at, rest[0])
		target, err := link(next)
		if err != nil {
			return "", err
		}
		rest = rest[1:]
		if target == "" {
			at = next
			continue
		}
		if hops++; hops > 40 { // as the kernel's ELOOP
			return "", fmt.Errorf("%s: too many links", p)
		}
		if path.IsAbs(target) {
			at = "/"
		}
		rest = append(names(target), rest...)
	}
	return path.Join(append([]string{at}, rest...)...), nil
}

func names(p string) []string {
	return strings.FieldsFunc(path.Clean(p), func(r rune) bool { return r == '/' })
}

// above are the parents of the clean path p, the nearest first, "/" last.
func above(p string) []string {
	var up []string
	for p != "/" {
		p = path.Dir(p)
		up = append(up, p)
	}
	return up
}

func below(p, dir string) bool {
	return strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}
