package remote

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
)

// A reply is what comes back from one talk.
type reply struct {
	end, pid []byte
	process  atomic.Pointer[string] // whom a k is for, once the host has said so
	done     chan struct{}          // closed once said or err stands
	said     []byte
	err      error
}

func (r *reply) read(out io.Reader) {
	defer close(r.done)
	buf := make([]byte, 64<<10)
	for !bytes.HasSuffix(r.said, r.end) {
		n, err := out.Read(buf)
		r.said = append(r.said, buf[:n]...)
		if err != nil {
			r.err = err
			return
		}
		if len(r.said) > replyBound {
			r.err = fmt.Errorf("it says more than %d MiB", replyBound>>20)
			return
		}
		r.notePID()
	}
	r.said = r.said[:len(r.said)-len(r.end)]
}

// notePID takes the line that names the process off the reply's beginning.
func (r *reply) notePID() {
	rest, ok := bytes.CutPrefix(r.said, r.pid)
	if !ok || r.pid == nil || r.process.Load() != nil {
		return
	}
	if pid, rest, ok := bytes.Cut(rest, []byte("\n")); ok {
		r.process.Store(new(string(pid)))
		r.said = rest
	}
}

// words are what a shell says on standard error.
type words struct {
	token string
	more  chan struct{}
	mu    sync.Mutex
	text  []byte
}

// prompt is how sudo asks: nothing else says it.
func (w *words) prompt() string { return w.token + "?" }

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	w.text = append(w.text, p...)
	if extra := len(w.text) - 64<<10; extra > 0 {
		w.text = w.text[extra:]
	}
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
	return len(p), nil
}

// asked is how often sudo has asked.
func (w *words) asked() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Count(w.text, []byte(w.prompt()))
}

// said is what came after the login shell's noise, in one line.
func (w *words) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := strings.ReplaceAll(string(w.text), w.prompt(), "")
	if _, after, ok := strings.Cut(text, w.token+"\n"); ok {
		text = after
	}
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// mask takes secrets out of a text.
func mask(text string, secrets ...Secret) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s.Reveal(), masked)
		}
	}
	return text
}
