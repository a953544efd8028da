package plan

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"apimctl/render"
	"apimctl/tasks/remote"
)

// File is what makes the path be want on a host that has had: one Put, or nothing if nothing is lacking.
func File(path string, had, want remote.File) []Change {
	if had.Equal(want) {
		return nil
	}
	return []Change{Put{Path: path, Had: had, Want: want}}
}

// String says what of the path changes: "write /etc/hosts", "set mode 0640 of /etc/hosts".
func (p Put) String() string {
	had, want := p.Had, p.Want
	switch {
	case !want.Exists():
		return "remove " + p.Path
	case want.IsLink():
		return "link " + p.Path + " -> " + string(want.Data)
	case p.writes() && want.IsDir():
		return "make directory " + p.Path
	case p.writes():
		return "write " + p.Path
	}
	var sets []string
	if had.Mode != want.Mode {
		sets = append(sets, "mode "+mode(want))
	}
	if want.Owner != "" && had.Owner != want.Owner {
		sets = append(sets, "owner "+want.Owner)
	}
	return "set " + strings.Join(sets, " and ") + " of " + p.Path
}

// writes says whether more than mode and owner change.
func (p Put) writes() bool {
	metadata := p.Had
	metadata.Mode, metadata.Owner = p.Had.Mode.Type()|p.Want.Mode.Perm(), p.Want.Owner
	return p.Had.Exists() != p.Want.Exists() || p.Had.Equal(p.Want) || !metadata.Equal(p.Want)
}

func mode(f remote.File) string {
	m := f.Mode.Perm()
	for bit, octal := range map[fs.FileMode]fs.FileMode{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if f.Mode&bit != 0 {
			m |= octal
		}
	}
	return fmt.Sprintf("%04o", uint32(m))
}

// Diff shows the content of a plain file that is written or removed, with mode and owner beside its name. Content that is no text shows its size,
// or nothing where it is secret.
func (p Put) Diff() string {
	had, want := plain(p.Had), plain(p.Want)
	if p.Brief || !p.writes() && p.Want.Exists() || bytes.Equal(had, want) {
		return ""
	}
	secret := p.Had.Secret || p.Want.Secret
	if !isText(had) || !isText(want) {
		if secret {
			return ""
		}
		return fmt.Sprintf("no text: %d bytes -> %d bytes\n", len(had), len(want))
	}
	if lines, ok := p.keyed(had, want); ok {
		return lines
	}
	maskedHad, maskedWant := mask(p.hidden(had), p.hidden(want), secret)
	return unified(p.label(p.Had), p.label(p.Want), maskedHad, maskedWant)
}

// Shown is the content that is wanted, with secrets masked as in Diff.
func (p Put) Shown() string {
	_, masked := mask("", p.hidden(plain(p.Want)), p.Want.Secret)
	return masked
}

// hidden is a text without what must not be shown.
func (p Put) hidden(text []byte) string {
	for _, s := range p.Hide {
		text = bytes.ReplaceAll(text, []byte(s.Reveal()), []byte(s.String()))
	}
	return string(text)
}

// keyed is the diff of two TOML files key by key: order and comments are no difference to who reads it.
func (p Put) keyed(had, want []byte) (string, bool) {
	if path.Ext(p.Path) != ".toml" || !p.Had.Exists() || !p.Want.Exists() {
		return "", false
	}
	lines, err := render.DiffTOML(had, want)
	if err != nil || len(lines) == 0 {
		return "", false
	}
	text := p.hidden([]byte(strings.Join(lines, "\n") + "\n"))
	return "--- " + p.label(p.Had) + "\n+++ " + p.label(p.Want) + "\n" + text, true
}

func (p Put) label(f remote.File) string {
	if !f.Exists() {
		return "/dev/null"
	}
	if f.Owner == "" {
		return p.Path + " (" + mode(f) + ")"
	}
	return p.Path + " (" + mode(f) + " " + f.Owner + ")"
}

// plain is the content of a plain file, and nothing of anything else.
func plain(f remote.File) []byte {
	if f.Mode.Type() != 0 {
		return nil
	}
	return f.Data
}

// Apply puts it. On a host that has it, that changes nothing.
func (p Put) Apply(ctx context.Context, c remote.Conn) error { return c.Put(ctx, p.Path, p.Want) }

func (Put) kind() string { return "put" }
