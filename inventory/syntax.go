package inventory

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// unreadable is the first byte that no YAML has; yaml does not say where that is.
func (d *decoder) unreadable(data []byte) *Problem {
	line, column := 1, 1
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			return &Problem{File: d.file, Line: line, Column: column, What: "is not UTF-8 from here on", Fix: "save the file as UTF-8"}
		case r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == 0x7f:
			return &Problem{File: d.file, Line: line, Column: column, What: "has a control character", Fix: "take it away"}
		case r == '\n':
			line, column = line+1, 0
		}
		column++
		rest = rest[size:]
	}
	return nil
}

// fromZero are those of yaml's complaints whose lines it counts from 0.
var fromZero = []string{
	"did not find expected <document start>", "did not find expected node content", "did not find expected '-' indicator",
	"did not find expected key", "did not find expected ',' or ']'", "did not find expected ',' or '}'",
}

// syntax is yaml's own error. It has its line in no other form than its text, and none for the first line.
func (d *decoder) syntax(data []byte, err error) *Problem {
	p := &Problem{File: d.file, Line: 1, Column: 1, What: strings.TrimPrefix(err.Error(), "yaml: "), Fix: "mend the YAML"}
	if number, what, found := strings.Cut(strings.TrimPrefix(p.What, "line "), ": "); found {
		if line, err := strconv.Atoi(number); err == nil {
			p.Line, p.What = line, what
			if slices.Contains(fromZero, what) {
				p.Line++
			}
		}
	}
	lines := bytes.Split(bytes.TrimRight(data, "\n"), []byte("\n"))
	p.Line = min(p.Line, len(lines)) // what is missing at the end
	if bytes.Contains(lines[p.Line-1], []byte("${")) {
		p.Fix = `put "${...}" in quotes where it stands between braces or brackets`
	}
	return p
}
