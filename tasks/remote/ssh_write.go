package remote

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Put makes the path be f, in one exchange.
func (s *SSH) Put(ctx context.Context, p string, f File) error {
	if err := absolute(p); err != nil {
		return err
	}
	if p = path.Clean(p); p == "/" {
		return fmt.Errorf("%s is not put", p)
	}
	if err := wordly(p, f.Owner); err != nil {
		return err
	}
	mode := fmt.Sprintf("%05o", unixMode(f.Mode)) // five digits: fewer leave a directory's setgid
	var words string
	var data []byte
	switch {
	case !f.Exists():
		words = line("rm", "-rf", "--", p)
	case f.IsDir():
		words = line("D", p, mode, f.Owner)
	case f.IsLink():
		if err := wordly(string(f.Data)); err != nil {
			return err
		}
		words = line("K", p, f.Owner, string(f.Data))
	default:
		words, data = line("P", p, mode, f.Owner, strconv.Itoa(len(f.Data))), f.Data
	}
	_, err := s.do(ctx, "LC_ALL=C; export LC_ALL\nL "+words, data)
	return err
}

// do runs a script that frames one answer.
func (s *SSH) do(ctx context.Context, script string, data []byte) (string, error) {
	said, err := s.shell.talk(ctx, script, data)
	if err != nil {
		return "", err
	}
	a, _, err := s.shell.frame(said)
	if err != nil {
		return "", err
	}
	return string(a.out), a.err()
}

var (
	envName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	userName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]*\$?$`)
)

// Run runs a command in one exchange, in a process group of its own, in the directory /. Environment and input travel by the shell's
// standard input: no argument list shows them. What it says is kept only where it fails, its last 4 KiB.
func (s *SSH) Run(ctx context.Context, cmd Cmd) error {
	script, err := cmd.script()
	if err != nil {
		return err
	}
	_, err = s.do(ctx, script, []byte(cmd.Stdin.Reveal()))
	if exit, ok := err.(*ExitError); ok {
		exit.Stderr = mask(exit.Stderr, cmd.secrets()...)
	}
	return err
}

// Output is Run, and what the command said on both streams, 4 MiB of it at most, whatever its exit status. Secrets that were given are masked.
func (s *SSH) Output(ctx context.Context, cmd Cmd) (string, error) {
	script, err := cmd.script()
	if err != nil {
		return "", err
	}
	out, err := s.do(ctx, "keep=all\n"+script, []byte(cmd.Stdin.Reveal()))
	return mask(out, cmd.secrets()...), err
}

// secrets are all of a command's, the longest first, so that none is masked in part.
func (c Cmd) secrets() []Secret {
	all := slices.Collect(maps.Values(c.Env))
	for l := range strings.Lines(c.Stdin.Reveal()) {
		all = append(all, Secret(strings.TrimSpace(l)))
	}
	all = slices.DeleteFunc(all, func(s Secret) bool { return len(s) < 3 }) // would mask half of any text
	slices.SortFunc(all, func(a, b Secret) int { return len(b) - len(a) })
	return all
}

func (c Cmd) script() (string, error) {
	if len(c.Argv) == 0 || c.Argv[0] == "" || c.Argv[0][0] == '-' {
		return "", fmt.Errorf("%q is no command", c.Argv)
	}
	if c.User != "" && !userName.MatchString(c.User) {
		return "", fmt.Errorf("%q is no user", c.User)
	}
	if err := wordly(c.Argv...); err != nil {
		return "", err
	}
	names := slices.Sorted(maps.Keys(c.Env))
	var b strings.Builder
	fmt.Fprintf(&b, "names=%s\n", quote(strings.Join(names, ",")))
	for _, n := range names {
		v := c.Env[n].Reveal()
		if !envName.MatchString(n) {
			return "", fmt.Errorf("%q is no variable", n)
		}
		if wordly(v) != nil {
			return "", fmt.Errorf("the value of %s holds a NUL, which no variable can", n)
		}
		fmt.Fprintf(&b, "export %s=%s\n", n, quote(v))
	}
	b.WriteString("L R " + quote(c.User) + " " + line(c.Argv...))
	return b.String(), nil
}

const (
	unixType   = 0o170000
	unixSetuid = 0o4000
	unixSetgid = 0o2000
	unixSticky = 0o1000
)

var unixTypes = map[uint32]fs.FileMode{
	0o040000: fs.ModeDir, 0o120000: fs.ModeSymlink, 0o010000: fs.ModeNamedPipe, 0o140000: fs.ModeSocket,
	0o060000: fs.ModeDevice, 0o020000: fs.ModeDevice | fs.ModeCharDevice,
}

// fileMode is a stat's mode as Go has it.
func fileMode(raw uint32) fs.FileMode {
	m := fs.FileMode(raw&0o777) | unixTypes[raw&unixType]
	for bit, mode := range map[uint32]fs.FileMode{unixSetuid: fs.ModeSetuid, unixSetgid: fs.ModeSetgid, unixSticky: fs.ModeSticky} {
		if raw&bit != 0 {
			m |= mode
		}
	}
	return m
}

// unixMode is the permissions as chmod takes them.
func unixMode(m fs.FileMode) uint32 {
	raw := uint32(m.Perm())
	for bit, mode := range map[uint32]fs.FileMode{unixSetuid: fs.ModeSetuid, unixSetgid: fs.ModeSetgid, unixSticky: fs.ModeSticky} {
		if m&mode != 0 {
			raw |= bit
		}
	}
	return raw
}
