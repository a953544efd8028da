// Package logs reads the logs of nodes: entries with their time, whole ones, as they come.
package logs

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// An Entry is a log's line, with the lines that belong to it: a stack trace, a message of several lines.
type Entry struct {
	Host  string    `json:"host"`
	Time  time.Time `json:"time"`            // of the host; that of the entry before where it has none of its own
	Level string    `json:"level,omitempty"` // "ERROR"; "" where it has none
	Lines []string  `json:"lines"`
}

// Text is the entry's lines as one text.
func (e Entry) Text() string { return strings.Join(e.Lines, "\n") }

// Bad says whether it tells of an error. One without a level does where an exception is named.
func (e Entry) Bad() bool {
	switch e.Level {
	case "ERROR", "FATAL", "SEVERE":
		return true
	case "":
		return exception.MatchString(e.Text())
	}
	return false
}

var exception = regexp.MustCompile(`\w(Exception|Error)\b|\b(ERROR|FATAL|SEVERE)\b`)

// stamped begins an entry of wso2carbon.log: TID: [-1234] [] [2026-11-27 08:50:01,123] ERROR {class} - message. Others of the product begin
// with the time itself.
var stamped = regexp.MustCompile(`^(?:TID: )?(?:\[[^\]]*\] )*?\[?(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)[,.](\d{3})\]?\s*(?:\b(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|SEVERE)\b)?`)

// A parser makes entries of text that comes in pieces.
type parser struct {
	zone *time.Location
	rest string // a line that has not ended
	open *Entry // an entry that more lines may belong to
	last time.Time
}

// take takes text and returns the entries that it completes.
func (p *parser) take(text string) []Entry {
	text = p.rest + text
	end := strings.LastIndexByte(text, '\n') + 1
	p.rest = text[end:]
	var whole []Entry
	for line := range strings.Lines(text[:end]) {
		line = strings.TrimRight(line, "\r\n")
		m := stamped.FindStringSubmatch(line)
		if m == nil {
			if p.open == nil {
				p.open = &Entry{Time: p.last}
			}
			p.open.Lines = append(p.open.Lines, line)
			continue
		}
		whole = append(whole, p.close()...)
		if t, err := time.ParseInLocation(time.DateTime+".000", m[1]+" "+m[2]+"."+m[3], p.zone); err == nil {
			p.last = t.UTC()
		}
		p.open = &Entry{Time: p.last, Level: m[4], Lines: []string{line}}
	}
	return whole
}

// close is the open entry: nothing more belongs to it.
func (p *parser) close() []Entry {
	if p.open == nil {
		return nil
	}
	e := *p.open
	p.open = nil
	return []Entry{e}
}

// Merge puts entries of several hosts in the order of time. Those of one host stay in theirs.
func Merge(hosts ...[]Entry) []Entry {
	all := slices.Concat(hosts...)
	slices.SortStableFunc(all, func(a, b Entry) int { return a.Time.Compare(b.Time) })
	return all
}
