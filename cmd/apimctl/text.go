package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// count is "1 host", "2 hosts".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size is a number of bytes, for people.
func size(n int64) string {
	const k = 1024
	switch {
	case n >= k*k*k:
		return fmt.Sprintf("%.1f GiB", float64(n)/(k*k*k))
	case n >= k*k:
		return fmt.Sprintf("%.0f MiB", float64(n)/(k*k))
	}
	return fmt.Sprintf("%d KiB", (n+k-1)/k)
}

func (a *app) bold(s string) string  { return a.paint("1", s) }
func (a *app) red(s string) string   { return a.paint("31", s) }
func (a *app) green(s string) string { return a.paint("32", s) }

func (a *app) paint(code, s string) string {
	if !a.colored() || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// diff indents a unified diff, with its lines coloured.
func (a *app) diff(indent, text string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		switch {
		case strings.HasPrefix(l, "+"):
			l = a.green(l)
		case strings.HasPrefix(l, "-"):
			l = a.red(l)
		}
		b.WriteString(indent + l + "\n")
	}
	return b.String()
}

func without(all []string, one string) []string {
	var rest []string
	for _, s := range all {
		if s != one {
			rest = append(rest, s)
		}
	}
	return rest
}

func dirOf(path string) string { return filepath.Dir(path) }
