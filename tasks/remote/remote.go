// Package remote is a host: how it is read, how it is changed, and how it would be.
//
// A Reader is a host as planning sees it, a Conn as applying sees it. SSH is a real one, Imagine a host as it will be, and
// remotetest.Memory one in memory; remotetest.Contract holds all of them to the same behaviour.
package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
)

// A File is what is at a path: a file, a directory or a link. The zero File is nothing at all, so wanting it means wanting
// the path gone. Create, edit, chmod, chown, mkdir, link and remove are one verb.
type File struct {
	// Mode holds the permission bits, and fs.ModeDir or fs.ModeSymlink for what is no plain file. Of a link only the type counts.
	Mode fs.FileMode
	// Owner is "user:group". Wanted as "", it stays what it is, or becomes what the connection writes as.
	Owner string
	// Data is the content of a file, and where a link points. A directory has none.
	Data []byte
	// Secret keeps the content out of diffs, plans and events. It is not read from a host.
	Secret bool
}

// Exists says whether there is anything.
func (f File) Exists() bool { return f.Mode != 0 || f.Owner != "" || f.Data != nil }

// IsDir says whether f is a directory.
func (f File) IsDir() bool { return f.Mode&fs.ModeDir != 0 }

// IsLink says whether f is a symbolic link; Data is then its target.
func (f File) IsLink() bool { return f.Mode&fs.ModeSymlink != 0 }

// Equal says whether a host that has f needs nothing to have want: an owner that is not wanted does not count, nor does the mode of a link.
func (f File) Equal(want File) bool {
	if f.Exists() != want.Exists() || f.Mode.Type() != want.Mode.Type() || !bytes.Equal(f.Data, want.Data) {
		return false
	}
	if !want.Exists() || want.IsLink() {
		return true
	}
	return f.Mode == want.Mode && (want.Owner == "" || f.Owner == want.Owner)
}

// Dir is a directory wanted with the mode and the owner ("user:group").
func Dir(mode fs.FileMode, owner string) File { return File{Mode: fs.ModeDir | mode, Owner: owner} }

// Link is a symbolic link wanted to point at target.
func Link(target string) File { return File{Mode: fs.ModeSymlink | 0o777, Data: []byte(target)} }

// A Sum is a File without its bytes: enough to know whether two are equal. The zero Sum is nothing at all.
type Sum struct {
	Mode   fs.FileMode
	Owner  string
	Size   int64  // bytes
	SHA256 string // lower-case hex of a plain file's content, of a link's target; "" for a directory. Unknown where an imagined command altered it.
}

// Unknown stands for the digest of a path that a command will alter: equal to no digest.
const Unknown = "unknown until it is altered"

// Exists says whether there is anything.
func (s Sum) Exists() bool { return s.Mode != 0 || s.Owner != "" }

// ErrUnknown is what reading a path gives on an imagined host when a command will have altered it: its content is not known before.
var ErrUnknown = errors.New("its content is known only after the commands before have run")

// A Reader is a host as planning sees it. Nothing in it can change one.
// Paths are absolute. What is not there is no error: it is the zero File or Sum.
type Reader interface {
	// File reads what is at the path, without following a link. Of at most 16 MiB: larger is an error, use Sum.
	File(ctx context.Context, path string) (File, error)
	// Sum is mode, owner, size and SHA-256: equality without the bytes.
	Sum(ctx context.Context, path string) (Sum, error)
	// Query runs one of an allow-list of commands that only read (see Allowed) and returns its standard output.
	// An exit status other than 0 is an *ExitError, and output is returned beside it; a command that is not there has status 127.
	Query(ctx context.Context, argv ...string) (string, error)
	// Dial connects from the host: what it reaches is what the host reaches. Network is "tcp".
	Dial(ctx context.Context, network, addr string) (net.Conn, error)
}

// A Conn is a host as applying sees it.
type Conn interface {
	Reader
	// Put makes the path be f, whole and atomically: a temporary file in the same directory, mode, owner, rename; where rename says
	// EBUSY (a bind mount) it is written in place and a copy is kept until done. The zero File removes the path with all below it.
	// The parent directory must be there.
	Put(ctx context.Context, path string, f File) error
	// Unpack makes dir be the content of a's only top folder, owned by owner ("user:group"): a is uploaded to a.Pack where it is not there
	// yet, held to its digest, unpacked beside dir, and renamed. A dir that is there already is left as it is.
	Unpack(ctx context.Context, a Archive, dir, owner string) error
	// Run runs a command. An exit status other than 0 is an *ExitError.
	Run(ctx context.Context, cmd Cmd) error
}

// An Archive is a distribution's zip on this machine.
type Archive struct {
	Local  string `json:"-"`      // its path on this machine
	SHA256 string `json:"sha256"` // of the zip, lower-case hex
	Size   int64  `json:"size"`   // of the zip, in bytes
	Pack   string `json:"pack"`   // its path on the host, .../packs/<sha256>.zip
	Needs  int64  `json:"needs"`  // bytes on disk once unpacked
	FS     fs.FS  `json:"-"`      // its content below the top folder: what an imagined host has after Unpack. May be nil: nothing is known then.
}

// A Cmd is a command: arguments, never a shell line. Where a script is needed it is a constant and what varies comes as "$1".
type Cmd struct {
	Argv  []string          `json:"argv"`
	Env   map[string]Secret `json:"env,omitempty"`   // passwords go here or to Stdin, never to Argv
	Stdin Secret            `json:"stdin,omitempty"` // what the command reads
	User  string            `json:"user,omitempty"`  // who runs it; "" is the connection's own (root, after become)
}

// A Secret is text that is never shown.
type Secret string

const masked = "(secret)"

// String is "(secret)".
func (s Secret) String() string { return masked }

// Format shows "(secret)", whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText is "(secret)": a saved plan holds none.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// An ExitError is a command on a host that ended with a status other than 0.
type ExitError struct {
	Code   int
	Stderr string // its last lines, trimmed; secrets that were given are masked
}

func (e *ExitError) Error() string {
	if e.Stderr == "" {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return fmt.Sprintf("exit status %d: %s", e.Code, e.Stderr)
}

// A Progress is how far an upload or another long piece of work on a host is.
type Progress struct {
	What  string // "upload", "unpack"
	Done  int64  // bytes
	Total int64  // bytes
}

type progressKey struct{}

// WithProgress has long work under ctx tell f how far it is. f is called from one goroutine at a time, often: it must be quick.
func WithProgress(ctx context.Context, f func(Progress)) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

// Report tells whoever watches ctx how far long work is.
func Report(ctx context.Context, p Progress) {
	if f, ok := ctx.Value(progressKey{}).(func(Progress)); ok {
		f(p)
	}
}

// A Look is one read of a host.
type Look struct {
	Kind string   // "file", "sum" or "query"
	Path string   // of a file or sum
	Argv []string // of a query
}

// Found is what a Look found.
type Found struct {
	File File
	Sum  Sum
	Out  string
	Err  error // of this look alone
}

// A Fetcher reads many things in one exchange. Found stand in the order of looks; the error is the connection's.
type Fetcher interface {
	Fetch(ctx context.Context, looks []Look) ([]Found, error)
}

// A Speaker runs commands whose output is wanted.
type Speaker interface {
	// Output is what the command said on both streams, also where its exit status is not 0, which is an *ExitError.
	Output(ctx context.Context, cmd Cmd) (string, error)
}
