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
)

// errorBlock is the last line that tells of an error, and its stack; "" if there is none.
func errorBlock(text string) string {
	var block []string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case inside && stack.MatchString(line):
			block = append(block, line)
		case troubled.MatchString(line):
			inside, block = true, []string{line}
		default:
			inside = false
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
