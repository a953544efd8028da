package database

import (
	"regexp"
	"strings"
)

// A Statement is one of a script.
type Statement struct {
	Text string
	Line int // where it begins in the script, from 1
}

// A quoting is how a server's scripts say what is no statement's end.
type quoting struct {
	quotes    string // those that a text or a name stands between
	backslash bool   // within ' and ", the next character stands for itself
	hash      bool   // # begins a comment
	dollar    bool   // $tag$ text $tag$
	nested    bool   // comments in comments
}

func splitMySQL(script string) []Statement {
	return split(script, quoting{quotes: "'\"`", backslash: true, hash: true})
}

func splitPostgres(script string) []Statement {
	return split(script, quoting{quotes: `'"`, dollar: true, nested: true})
}

// splitMSSQL has a batch end at a line GO, and nowhere else.
func splitMSSQL(script string) []Statement { return quoting{nested: true}.lines(script, goLine) }

// splitOracle has a statement end at a line with a slash, as sqlplus does. The semicolon before it belongs to PL/SQL alone.
func splitOracle(script string) []Statement {
	all := quoting{}.lines(script, slashLine)
	for i, s := range all {
		if !plsql.MatchString(s.Text) {
			all[i].Text = strings.TrimRight(s.Text, "; \t\r\n")
		}
	}
	return all
}

var (
	goLine    = regexp.MustCompile(`(?i)^\s*GO\s*;?\s*$`)
	slashLine = regexp.MustCompile(`^\s*/\s*$`)
	plsql     = regexp.MustCompile(`(?is)^\s*(BEGIN|DECLARE|CREATE\s+(OR\s+REPLACE\s+)?(TRIGGER|PROCEDURE|FUNCTION|PACKAGE|TYPE))\b`)
)

func (q quoting) lines(script string, ends *regexp.Regexp) []Statement {
	var all []Statement
	var text strings.Builder
	n, begins := 0, 1
	for l := range strings.Lines(script) {
		n++
		if ends.MatchString(l) {
			all = q.add(all, text.String(), begins)
			text.Reset()
			begins = n + 1
			continue
		}
		text.WriteString(l)
	}
	return q.add(all, text.String(), begins)
}

// add takes comments and space off the beginning, so that the line is the statement's own. What is nothing but those is none.
func (q quoting) add(all []Statement, text string, line int) []Statement {
	const space = " \t\r\n"
	body := strings.TrimLeft(text, space)
	for q.comments(body) {
		body = strings.TrimLeft(body[q.skip(body):], space)
	}
	line += strings.Count(text[:len(text)-len(body)], "\n")
	if body = strings.TrimRight(body, space); body == "" {
		return all
	}
	return append(all, Statement{body, line})
}

// comments says whether a comment begins here. One that begins with /*! is a statement to MySQL.
func (q quoting) comments(s string) bool {
	return strings.HasPrefix(s, "--") || strings.HasPrefix(s, "/*") && !strings.HasPrefix(s, "/*!") || q.hash && strings.HasPrefix(s, "#")
}

// split has statements end at a delimiter that stands in no text, name or comment: a semicolon, until a line DELIMITER names another.
func split(script string, q quoting) []Statement {
	var all []Statement
	delimiter, from, line := ";", 0, 1
	for at := 0; at < len(script); {
		if word := delimiterLine(script, at); word != "" && strings.TrimSpace(script[from:at]) == "" {
			end := lineEnd(script, at)
			line += strings.Count(script[from:end], "\n")
			delimiter, from, at = word, end, end
			continue
		}
		if strings.HasPrefix(script[at:], delimiter) {
			all = q.add(all, script[from:at], line)
			line += strings.Count(script[from:at], "\n")
			at += len(delimiter)
			from = at
			continue
		}
		at += q.skip(script[at:])
	}
	return q.add(all, script[from:], line)
}

var delimiterWord = regexp.MustCompile(`(?i)\ADELIMITER[ \t]+(\S+)`)

// delimiterLine is the delimiter that a line beginning at at names; else "".
func delimiterLine(script string, at int) string {
	if at > 0 && script[at-1] != '\n' {
		return ""
	}
	if m := delimiterWord.FindStringSubmatch(script[at:]); m != nil {
		return m[1]
	}
	return ""
}

func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i + 1
	}
	return len(s)
}

var dollarTag = regexp.MustCompile(`\A\$([A-Za-z_]\w*)?\$`)

// skip is the length of what stands at the beginning: a text, a name, a comment, or one character.
func (q quoting) skip(s string) int {
	switch {
	case strings.HasPrefix(s, "/*"):
		return q.block(s)
	case q.comments(s):
		return lineEnd(s, 0)
	case strings.IndexByte(q.quotes, s[0]) >= 0:
		return q.text(s)
	case q.dollar && s[0] == '$':
		if tag := dollarTag.FindString(s); tag != "" {
			if end := strings.Index(s[len(tag):], tag); end >= 0 {
				return end + 2*len(tag)
			}
			return len(s)
		}
	}
	return 1
}

// text is one between quotes. A doubled quote is two texts, one behind the other, which comes to the same.
func (q quoting) text(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case q.backslash && s[0] != '`' && s[i] == '\\':
			i++
		case s[i] == s[0]:
			return i + 1
		}
	}
	return len(s)
}

func (q quoting) block(s string) int {
	depth := 0
	for i := 0; i+1 < len(s); i++ {
		switch {
		case s[i] == '/' && s[i+1] == '*' && (depth == 0 || q.nested):
			depth++
			i++
		case s[i] == '*' && s[i+1] == '/':
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}
