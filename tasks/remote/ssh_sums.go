package remote

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strconv"
	"strings"
)

// sumsAtOnce bounds how many paths one command is given.
const sumsAtOnce = 500

func paths(looks []Look, indexes []int) []string {
	out := make([]string, len(indexes))
	for k, i := range indexes {
		out[k] = looks[i].Path
	}
	return out
}

// sums fills in what A says of many paths. Where it could not read one, or one changed meanwhile, each is asked for alone.
func (s *SSH) sums(ctx context.Context, looks []Look, indexes []int, all answer, found []Found) error {
	if all.status == 0 {
		if sums, ok := parseSums(all.out, len(indexes), s.shell.mark); ok {
			for k, i := range indexes {
				found[i].Sum = sums[k]
			}
			return nil
		}
	}
	script := strings.Builder{}
	script.WriteString("LC_ALL=C; export LC_ALL\n")
	for _, p := range paths(looks, indexes) {
		script.WriteString("L S " + quote(p) + "\n")
	}
	said, err := s.shell.talk(ctx, script.String(), nil)
	if err != nil {
		return err
	}
	for _, i := range indexes {
		var a answer
		if a, said, err = s.shell.frame(said); err != nil {
			return err
		}
		found[i] = looks[i].found(a)
	}
	return nil
}

// parseSums reads what A says of n paths: their kinds, a stat of each that is there, a digest of each file, the target of each link.
func parseSums(out []byte, n int, mark string) ([]Sum, bool) {
	kinds, rest, ok := bytes.Cut(out, []byte("\n"))
	if !ok || len(kinds) != n {
		return nil, false
	}
	sums := make([]Sum, n)
	next := func(end string) (part []byte) {
		var found bool
		part, rest, found = bytes.Cut(rest, []byte(end))
		ok = ok && found
		return part
	}
	for i, k := range kinds {
		if k != '-' {
			sum, err := parseStat(string(next("\n")))
			sums[i], ok = sum, ok && err == nil && (k == 'f') == sum.Mode.IsRegular() && (k == 'l') == (sum.Mode&fs.ModeSymlink != 0)
		}
	}
	for i, k := range kinds {
		if k == 'f' {
			sums[i] = sums[i].with(next("\n"))
		} else if k == 'o' {
			sums[i].Size = 0
		}
	}
	for i, k := range kinds {
		if k == 'l' {
			sums[i] = sums[i].with(next("\n" + mark + "\n"))
		}
	}
	return sums, ok && len(rest) == 0
}

// parseStat reads what stat -c '%f %s %U:%G %u:%g' says.
func parseStat(s string) (Sum, error) {
	words := strings.Fields(s)
	if len(words) != 4 {
		return Sum{}, errors.New(s)
	}
	raw, err := strconv.ParseUint(words[0], 16, 32)
	if err != nil {
		return Sum{}, err
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err != nil {
		return Sum{}, err
	}
	return Sum{Mode: fileMode(uint32(raw)), Owner: owner(words[2], words[3]), Size: size}, nil
}

// owner is names, and numbers where there is no name.
func owner(names, numbers string) string {
	n, i := strings.Split(names, ":"), strings.Split(numbers, ":")
	for k := range n {
		if n[k] == "UNKNOWN" {
			n[k] = i[k]
		}
	}
	return strings.Join(n, ":")
}
