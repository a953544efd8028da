package remote

import (
	"fmt"
	"slices"
	"strings"
)

// allowed are the commands that only read, with what their arguments must be. A nil check allows any.
var allowed = map[string]func(args []string) bool{
	"id": nil, "getent": nil, "uname": nil, "df": nil, "ls": nil, "readlink": nil, "stat": nil, "sha256sum": nil, "ps": nil, "pgrep": nil,
	"nproc": nil, "test": nil, "true": nil, "false": nil,
	"systemctl": firstOf("is-active", "is-enabled", "show", "is-system-running"),
	"hostname":  among("-f", "-s", "-d", "-i", "-I", "--fqdn", "--short"),
	"date":      dates,
	"cat":       func(args []string) bool { return len(args) > 0 && all(args, inProc) },
	"tail":      bounded, "head": bounded,
	"java":    only("-version", "--version"),
	"command": firstOf("-v"),
	"find":    finds,
}

// Allowed says whether Query runs the command: one of a table that only reads. The command may be named by its path, as a JDK's java is.
func Allowed(argv []string) error {
	if len(argv) > 0 {
		name := argv[0]
		if strings.HasPrefix(name, "/") && strings.HasSuffix(name, "/java") {
			name = "java"
		}
		if ok, there := allowed[name]; there && (ok == nil || ok(argv[1:])) {
			return nil
		}
	}
	return fmt.Errorf("%q is not among the commands that only read", argv)
}

func firstOf(words ...string) func([]string) bool {
	return func(args []string) bool { return len(args) > 0 && slices.Contains(words, args[0]) }
}

// only is one argument, one of the words.
func only(words ...string) func([]string) bool {
	return func(args []string) bool { return len(args) == 1 && slices.Contains(words, args[0]) }
}

// among is any number of the words.
func among(words ...string) func([]string) bool {
	return func(args []string) bool {
		return all(args, func(a string) bool { return slices.Contains(words, a) })
	}
}

// dates shows the date; anything but a format might set it.
func dates(args []string) bool {
	return all(args, func(a string) bool { return a == "-u" || a == "-R" || a[0] == '+' })
}

func all(args []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(args, func(a string) bool { return a == "" || !ok(a) })
}

func isFlag(a string) bool { return strings.HasPrefix(a, "-") }

// inProc is a file that the kernel makes up; what a process's environment holds is not for us.
func inProc(a string) bool {
	return (strings.HasPrefix(a, "/proc/") || strings.HasPrefix(a, "/sys/")) && !strings.Contains(a, "..") && !strings.HasSuffix(a, "/environ")
}

// bounded is tail and head of so many bytes: not of an end, nor forever.
func bounded(args []string) bool {
	return len(args) > 0 && strings.HasPrefix(args[0], "-c") && all(args[1:], func(a string) bool { return !isFlag(a) })
}

// finds is a search that is bounded and does nothing with what it finds.
func finds(args []string) bool {
	acts := func(a string) bool {
		return slices.ContainsFunc([]string{"-exec", "-ok", "-delete", "-fprint", "-fls", "-files0"}, func(p string) bool { return strings.HasPrefix(a, p) })
	}
	return slices.Contains(args, "-maxdepth") && !slices.ContainsFunc(args, acts)
}
