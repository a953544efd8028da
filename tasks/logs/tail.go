package logs

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

const (
	first = 256 << 10 // bytes that are read at first
	most  = 64 << 20  // bytes that are read at most to reach back in time
)

// ErrNone is a log that is not there.
var ErrNone = errors.New("there is no log yet")

// A Tail is the end of a log, from some time ago on.
type Tail struct {
	Host  string
	Path  string
	Since time.Duration // 0 is all that there is, 64 MiB at most

	inode  string
	offset int64 // bytes that were read
	parser parser
	begun  bool
	from   time.Time // what is older is left out
}

// Begin reads what the log has. Entries older than Since are left out, and the clock that counts is the host's.
func (t *Tail) Begin(ctx context.Context, h remote.Fetcher) ([]Entry, error) {
	for size := int64(first); ; size *= 16 {
		now, text, err := t.end(ctx, h, size)
		if err != nil {
			return nil, err
		}
		t.parser = parser{zone: now.Location()}
		all := t.offset == int64(len(text))
		if !all {
			_, text, _ = strings.Cut(text, "\n") // begins in the middle of a line
		}
		whole := t.parser.take(text)
		if reaches := t.Since > 0 && len(whole) > 0 && now.Sub(whole[0].Time) > t.Since; !all && !reaches && size < most {
			continue
		}
		t.begun = true
		if t.Since > 0 {
			t.from = now.Add(-t.Since)
		}
		return t.mine(whole), nil
	}
}

// end is the log's last bytes and the host's time, in its zone.
func (t *Tail) end(ctx context.Context, h remote.Fetcher, size int64) (time.Time, string, error) {
	found, err := h.Fetch(ctx, []remote.Look{
		{Kind: "query", Argv: []string{"stat", "-L", "-c", "%i %s", t.Path}},
		{Kind: "query", Argv: []string{"date", "+%s %z"}},
	})
	if err == nil {
		err = none(found[0].Err)
	}
	if err != nil {
		return time.Time{}, "", err
	}
	inode, length := identity(found[0].Out)
	t.inode, t.offset = inode, max(0, length-size)
	text, err := t.read(ctx, h)
	return clock(found[1].Out), text, err
}

// read reads on from where it has read to.
func (t *Tail) read(ctx context.Context, h remote.Fetcher) (string, error) {
	found, err := h.Fetch(ctx, []remote.Look{t.rest()})
	if err == nil {
		err = none(found[0].Err)
	}
	if err != nil {
		return "", err
	}
	t.offset += int64(len(found[0].Out))
	return found[0].Out, nil
}

func (t *Tail) rest() remote.Look {
	return remote.Look{Kind: "query", Argv: []string{"tail", "-c", "+" + strconv.FormatInt(t.offset+1, 10), t.Path}}
}

func none(err error) error {
	var exit *remote.ExitError
	if errors.As(err, &exit) {
		return ErrNone
	}
	return err
}

func identity(stat string) (inode string, size int64) {
	words := strings.Fields(stat)
	if len(words) != 2 {
		return "", 0
	}
	size, _ = strconv.ParseInt(words[1], 10, 64)
	return words[0], size
}

// clock reads what date says: seconds, and the zone as +0200.
func clock(said string) time.Time {
	words := strings.Fields(said)
	if len(words) == 0 {
		return time.Time{}.UTC()
	}
	n, _ := strconv.ParseInt(words[0], 10, 64)
	now := time.Unix(n, 0).UTC()
	if len(words) == 2 {
		if z, err := time.Parse("-0700", words[1]); err == nil {
			_, offset := z.Zone()
			now = now.In(time.FixedZone(words[1], offset))
		}
	}
	return now
}

// More reads what has come since. An entry is held back until another one follows it, or nothing more has come the next time. A log
// that was rotated is read from its beginning; what the old one got in between is left out.
func (t *Tail) More(ctx context.Context, h remote.Fetcher) ([]Entry, error) {
	if !t.begun {
		return t.Begin(ctx, h)
	}
	found, err := h.Fetch(ctx, []remote.Look{
		{Kind: "query", Argv: []string{"stat", "-L", "-c", "%i %s", t.Path}},
		t.rest(),
	})
	if err != nil {
		return nil, err
	}
	if found[0].Err != nil || found[1].Err != nil {
		return nil, nil // between two logs
	}
	inode, size := identity(found[0].Out)
	if inode != t.inode || size < t.offset {
		t.inode, t.offset = inode, 0
		return t.Rest(), nil
	}
	text := found[1].Out
	t.offset += int64(len(text))
	if text == "" {
		return t.Rest(), nil
	}
	return t.mine(t.parser.take(text)), nil
}

// Rest is the entry that was held back.
func (t *Tail) Rest() []Entry { return t.mine(t.parser.close()) }

// mine are those that are wanted, with their host. How old one is that has no time is not known.
func (t *Tail) mine(entries []Entry) []Entry {
	entries = slices.DeleteFunc(entries, func(e Entry) bool { return !e.Time.IsZero() && e.Time.Before(t.from) })
	for i := range entries {
		entries[i].Host = t.Host
	}
	return entries
}
