package sealed

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Tag marks an encrypted value.
const Tag = "!age"

// A Value is a scalar of a YAML text, and where it stands.
type Value struct {
	Path         string // the key, as an inventory's messages name it
	Line, Column int    // from 1
	Text         string // what YAML makes of it
	Sealed       bool   // it has the tag

	start, end int    // its bytes
	anchor     string // "&NAME ", where it has one
	indent     int    // of what it may have on lines of its own
	flow       bool   // it has no lines of its own: it stands in { } or [ ], or a comment follows
}

// A Text is a YAML text with its values, in the order in which they stand.
type Text struct {
	data   []byte
	lines  []int // where each begins
	root   yaml.Node
	Values []Value
}

// Read finds the values of a YAML text.
func Read(data []byte) (*Text, error) {
	t := &Text{data: data, lines: []int{0}}
	for i, c := range data {
		if c == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	if err := yaml.Unmarshal(data, &t.root); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	t.walk(&t.root, Value{})
	return t, nil
}

// walk visits a node. at has what its parents make it.
func (t *Text) walk(n *yaml.Node, at Value) {
	at.flow = at.flow || n.Style&yaml.FlowStyle != 0
	switch n.Kind {
	case yaml.DocumentNode:
		t.walk(n.Content[0], at)
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			kid := at
			kid.Path, kid.indent = n.Content[i].Value, n.Content[i].Column-1
			if at.Path != "" {
				kid.Path = at.Path + "." + kid.Path
			}
			t.walk(n.Content[i+1], kid)
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			kid := at
			kid.Path, kid.indent = fmt.Sprintf("%s[%d]", at.Path, i), n.Column-1
			t.walk(item, kid)
		}
	case yaml.ScalarNode:
		at.Line, at.Column, at.Text, at.Sealed = n.Line, n.Column, n.Value, n.Tag == Tag
		if n.Anchor != "" {
			at.anchor = "&" + n.Anchor + " "
		}
		at.start = t.offset(n.Line, n.Column)
		at.end = t.ending(at)
		rest, _, _ := strings.Cut(string(t.data[at.end:]), "\n")
		at.flow = at.flow || strings.TrimSpace(rest) != ""
		t.Values = append(t.Values, at)
	}
}

// offset is the byte where a column, which counts characters, is.
func (t *Text) offset(line, column int) int {
	if line > len(t.lines) { // of what is not written
		return len(t.data)
	}
	at := t.lines[line-1]
	for range column - 1 {
		_, size := utf8.DecodeRune(t.data[at:])
		at += size
	}
	return at
}

// ending is where a scalar ends. Of a plain one that goes over several lines it is wrong, which write finds out.
func (t *Text) ending(v Value) int {
	at := v.start
	for at < len(t.data) && (t.data[at] == '!' || t.data[at] == '&') { // a tag and an anchor, in either order
		for at < len(t.data) && t.data[at] > ' ' {
			at++
		}
		for at < len(t.data) && t.data[at] == ' ' {
			at++
		}
	}
	rest := string(t.data[at:])
	switch {
	case rest == "":
		return at
	case rest[0] == '"' || rest[0] == '\'':
		return at + quoted(rest)
	case (rest[0] == '|' || rest[0] == '>') && !v.flow:
		return at + block(rest, v.indent)
	}
	line, _, _ := strings.Cut(rest, "\n")
	line, _, _ = strings.Cut(line, " #")
	if v.flow {
		if end := strings.IndexAny(line, ",]}"); end >= 0 {
			line = line[:end]
		}
	}
	return at + len(strings.TrimRight(line, " \t\r"))
}

// quoted is the length of a quoted scalar.
func quoted(text string) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && text[0] == '"':
			i++
		case text[i] == text[0] && text[0] == '\'' && i+1 < len(text) && text[i+1] == '\'':
			i++
		case text[i] == text[0]:
			return i + 1
		}
	}
	return len(text)
}

// block is the length of a scalar on lines of its own, which are indented by more than indent, without the last line's ending.
func block(text string, indent int) int {
	length, at, first := 0, 0, true
	for line := range strings.Lines(text) {
		content := strings.TrimRight(line, " \t\r\n")
		deep := len(content) - len(strings.TrimLeft(content, " "))
		if !first && content != "" && deep <= indent {
			break
		}
		if content != "" {
			length = at + len(content)
		}
		at, first = at+len(line), false
	}
	return length
}
