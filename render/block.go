package render

import (
	"bytes"
	"fmt"
	"strings"
)

// Block puts lines between the markers "# apimctl NAME begin" and "# apimctl NAME end" and returns the whole file.
// A block that is there is replaced where it stands, else one is added at the end; no lines at all take it away.
// The lines around it stay as they are, byte for byte, but that a missing newline before the block is added. A file
// with CRLF gets a block with CRLF. Doing it twice is doing it once. Half a block, or two, is an error that says the
// line.
func Block(data []byte, name string, lines []string) ([]byte, error) {
	begin, end := "# apimctl "+name+" begin", "# apimctl "+name+" end"
	for _, l := range append([]string{name}, lines...) {
		if strings.ContainsAny(l, "\r\n") || isMarker(l, begin) || isMarker(l, end) {
			return nil, fmt.Errorf("%q cannot be a line of a block", l)
		}
	}
	from, to, err := findBlock(data, begin, end)
	if err != nil {
		return nil, err
	}
	newline := "\n"
	if first, _, _ := bytes.Cut(data, []byte("\n")); bytes.HasSuffix(first, []byte("\r")) {
		newline = "\r\n"
	}
	var b bytes.Buffer
	b.Write(data[:from])
	if len(lines) > 0 {
		if from > 0 && data[from-1] != '\n' {
			b.WriteString(newline)
		}
		for _, l := range append(append([]string{begin}, lines...), end) {
			b.WriteString(l + newline)
		}
	}
	b.Write(data[to:])
	return b.Bytes(), nil
}

// findBlock is where the block is: from its first marker to behind the newline of its last; both the end of data if
// there is none.
func findBlock(data []byte, begin, end string) (from, to int, err error) {
	from, to = -1, -1
	var at, opened int
	for i, line := range bytes.SplitAfter(data, []byte("\n")) {
		text := string(line)
		switch {
		case isMarker(text, begin) && from >= 0:
			return 0, 0, fmt.Errorf("line %d: a second %q, the first is in line %d", i+1, begin, opened)
		case isMarker(text, begin):
			from, opened = at, i+1
		case isMarker(text, end) && (from < 0 || to >= 0):
			return 0, 0, fmt.Errorf("line %d: %q without its begin", i+1, end)
		case isMarker(text, end):
			to = at + len(line)
		}
		at += len(line)
	}
	if from >= 0 && to < 0 {
		return 0, 0, fmt.Errorf("line %d: %q without its end", opened, begin)
	}
	if from < 0 {
		from, to = len(data), len(data)
	}
	return from, to, nil
}

func isMarker(line, marker string) bool { return strings.TrimSpace(line) == marker }
