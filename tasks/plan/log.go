package plan

import (
	"context"
	"regexp"
	"strings"

	"apimctl/tasks/remote"
)

// blockLines is how much of an error a screen has room for.
const blockLines = 25

// errorLog is the file and the last error block of the first of the wait's logs that has one. What a log says of before the process
// began explains nothing.
func (w Wait) errorLog(ctx context.Context, h remote.Reader) string {
	began := w.began(ctx, h)
	for _, log := range w.Logs {
		text, err := tail(ctx, h, log)
		if err != nil {
			continue // a log that is not there explains nothing; why the gate failed counts
		}
		if block := errorBlock(since(text, began)); block != "" {
			return log + ":\n" + block
		}
	}
	return ""
}

// began is when the process that is waited for began, as the host's clock and its logs write it: the product writes its pid file first of all. It
// is "" where that is not known.
func (w Wait) began(ctx context.Context, h remote.Reader) string {
	p := w.Probe
	if w.Alive != nil {
		p = *w.Alive
	}
	if p.PIDFile == "" {
		return ""
	}
	text, err := h.Query(ctx, "stat", "-c", "%y", p.PIDFile)
	if err != nil {
		return "" // it has not begun
	}
	return stamped.FindString(text)
}

// since is a log without what it says of before a moment: its records up to then, and what goes on in further lines of the last of them.
func since(text, moment string) string {
	var kept strings.Builder
	old := false
	for line := range strings.Lines(text) {
		if at := stamped.FindString(line); at != "" && record.MatchString(line) {
			if old = at < moment; old {
				kept.Reset()
			}
		} else if old && !stack.MatchString(line) {
			old = false // a line of its own, which does not say when
		}
		if !old {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

var (
	stamped  = regexp.MustCompile(`\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)
	troubled = regexp.MustCompile(`\b(ERROR|SEVERE|FATAL)\b|Exception|\bError:`)
	stack    = regexp.MustCompile(`^(\s+\S|Caused by: |Suppressed: |[\w.$]+(Exception|Error)\b)`)
	frame    = regexp.MustCompile(`^\s+(at |\.\.\. )`) // tells of no trouble, whatever its classes are called
	record   = regexp.MustCompile(`^(TID: |\[|\d{4}-\d\d|[A-Z]+:|(INFO|WARN|DEBUG|TRACE)\b)`)
)

// errorBlock is the last line that tells of an error, its message to the end, and its stack; "" if there is none.
func errorBlock(text string) string {
	var block, more []string // more: lines that are the message's if a stack follows
	open := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case open && stack.MatchString(line):
			block, more = append(append(block, more...), line), nil
		case frame.MatchString(line):
		case troubled.MatchString(line):
			open, block, more = true, []string{line}, nil
		case record.MatchString(line):
			open = false
		default:
			more = append(more, line)
		}
	}
	if len(block) > blockLines {
		block = block[:blockLines]
	}
	return Masked(strings.Join(block, "\n"))
}

// Masked is a text with its secrets masked, as diffs mask them.
func Masked(text string) string {
	_, masked := mask("", text, false)
	return masked
}
