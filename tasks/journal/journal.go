// Package journal is what was done to a host, as the host itself keeps it: a line of JSON before and after each change.
package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"apimctl/tasks/remote"
)

// Phases of a change. One that was started and neither done nor failed was cut off.
const (
	Started = "started"
	Done    = "done"
	Failed  = "failed"
)

// An Entry is a line of a journal. It holds no secret: changes and errors are told as they are told to people.
type Entry struct {
	Time    time.Time `json:"time"` // by the clock of the machine that apimctl ran on
	Run     string    `json:"run"`  // the same for all that one command did
	Who     string    `json:"who"`
	From    string    `json:"from"`
	Command string    `json:"command"`
	Host    string    `json:"host"`
	Task    string    `json:"task,omitempty"`
	Change  string    `json:"change"`
	Phase   string    `json:"phase"`
	Error   string    `json:"error,omitempty"`
	Millis  int64     `json:"millis,omitempty"` // how long it took
}

// script appends to the journal in the directory $1 what it reads. One of more than $2 bytes becomes the older one first.
const script = `umask 077
mkdir -p -- "$1" && j=$1/journal || exit
if [ -f "$j" ] && [ "$(wc -c <"$j")" -ge "$2" ]; then mv -f -- "$j" "$j.1" || exit; fi
exec cat >>"$j"`

// bound is how large a journal may become, in bytes; the one before it is kept.
const bound = "1048576"

// Append writes entries to a host's journal, in one exchange.
func Append(ctx context.Context, sh remote.Shell, dir string, entries ...Entry) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, entry := range entries {
		if err := e.Encode(entry); err != nil {
			return err
		}
	}
	return sh.Run(ctx, remote.Cmd{Argv: []string{"sh", "-c", script, "sh", dir, bound}, Stdin: remote.Secret(b.String())})
}

// Read reads the journal of a host, the oldest entry first, in one exchange. A line that is no entry, as one that was cut off, is left out.
func Read(ctx context.Context, h remote.Fetcher, dir string) ([]Entry, error) {
	found, err := h.Fetch(ctx, []remote.Look{{Kind: "file", Path: dir + "/journal.1"}, {Kind: "file", Path: dir + "/journal"}})
	if err != nil {
		return nil, err
	}
	var all []Entry
	for _, f := range found {
		err = errors.Join(err, f.Err)
		for line := range strings.Lines(string(f.File.Data)) {
			var e Entry
			if json.Unmarshal([]byte(line), &e) == nil {
				all = append(all, e)
			}
		}
	}
	return all, err
}

// Merge puts the journals of several hosts in the order of time.
func Merge(journals ...[]Entry) []Entry {
	all := slices.Concat(journals...)
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	return all
}

// Ends are the entries that say how changes ended, and those that say how one began that never did.
func Ends(all []Entry) []Entry {
	type change struct{ run, host, task, change string }
	of := func(e Entry) change { return change{e.Run, e.Host, e.Task, e.Change} }
	ends := map[change]int{}
	for _, e := range all {
		if e.Phase != Started {
			ends[of(e)]++
		}
	}
	var left []Entry
	for _, e := range all {
		if e.Phase == Started && ends[of(e)] > 0 {
			ends[of(e)]--
			continue
		}
		left = append(left, e)
	}
	return left
}
