package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"net"
	"strings"
)

// Sum is f without its bytes. A Conn's Sum of a path equals the Sum of its File.
func (f File) Sum() Sum {
	s := Sum{Mode: f.Mode, Owner: f.Owner}
	if f.Exists() && !f.IsDir() {
		sum := sha256.Sum256(f.Data)
		s.Size, s.SHA256 = int64(len(f.Data)), hex.EncodeToString(sum[:])
	}
	return s
}

// IsDir says whether s is a directory.
func (s Sum) IsDir() bool { return s.Mode&fs.ModeDir != 0 }

var errLacking = errors.New("it has not been read yet")

// Lacking says whether err came from a look that Batch has noted and will fetch: what failed with it will be asked again.
func Lacking(err error) bool { return errors.Is(err, errLacking) }

// Batch runs do with a Reader that knows only what has been fetched. A look that is not known yet is noted and gives an error that
// is Lacking. When do returns, all that was noted is fetched from r in one exchange and do runs again, from its beginning, until it
// needs nothing more; what it returns then is what Batch returns.
//
// do must be a function of what it reads. So that few exchanges are needed, it goes on after a Lacking error: it runs all tasks and
// joins their errors, and each task's looks are fetched with all others'. A look that a task makes only after it has seen another one's
// result costs one more exchange.
//
// A look is fetched once in a Batch, and the File of a path also answers its Sum. Dial is not batched.
func Batch(ctx context.Context, r interface {
	Reader
	Fetcher
}, do func(Reader) error,
) error {
	b := &batch{r: r, found: map[string]Found{}, noted: map[string]bool{}}
	for {
		err := do(b)
		if len(b.lacks) == 0 {
			return err
		}
		if err := b.fetch(ctx, r); err != nil {
			return err
		}
	}
}

type batch struct {
	r     Reader
	found map[string]Found
	noted map[string]bool
	lacks []Look
}

func (b *batch) fetch(ctx context.Context, f Fetcher) error {
	found, err := f.Fetch(ctx, b.lacks)
	if err != nil {
		return err
	}
	for i, l := range b.lacks {
		b.found[l.key()] = found[i]
	}
	b.lacks = nil
	clear(b.noted)
	return nil
}

func (l Look) key() string {
	return l.Kind + "\x00" + l.Path + "\x00" + strings.Join(l.Argv, "\x00")
}

func (b *batch) look(l Look) Found {
	k := l.key()
	if f, ok := b.found[k]; ok {
		return f
	}
	if !b.noted[k] {
		b.noted[k] = true
		b.lacks = append(b.lacks, l)
	}
	return Found{Err: errLacking}
}

func (b *batch) File(_ context.Context, path string) (File, error) {
	f := b.look(Look{Kind: "file", Path: path})
	f.File.Data = bytes.Clone(f.File.Data) // a task may append to it, and is run again
	return f.File, f.Err
}

func (b *batch) Sum(_ context.Context, path string) (Sum, error) {
	file := Look{Kind: "file", Path: path}
	if f, ok := b.found[file.key()]; ok && f.Err == nil {
		return f.File.Sum(), nil
	}
	if b.noted[file.key()] {
		return Sum{}, errLacking
	}
	f := b.look(Look{Kind: "sum", Path: path})
	return f.Sum, f.Err
}

func (b *batch) Query(_ context.Context, argv ...string) (string, error) {
	f := b.look(Look{Kind: "query", Argv: argv})
	return f.Out, f.Err
}

func (b *batch) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	return b.r.Dial(ctx, network, addr)
}
