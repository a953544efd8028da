package plan

import (
	"context"
	"regexp"
	"strings"

	"apimctl/tasks/remote"
)

// blockLines is how much of an error a screen has room for.
const blockLines = 25

// errorLog is the file and the last error block of the first of the logs that has one.
func errorLog(ctx context.Context, h remote.Reader, logs []string) string {
	for _, log := range logs {
		text, err := tail(ctx, h, log)
		if err != nil {
			continue // a log that is not there explains nothing; why the gate failed counts
		}
		if block := errorBlock(text); block != "" {
			return log + ":\n" + block
		}
	}
	return ""
}

var (
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
