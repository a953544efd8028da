package catalog

import (
	"regexp"
	"strings"
)

// A scope is what a template reads: keys, and tables of which it reads whatever is there.
type scope struct {
	keys, open map[string]bool
	names      map[string]string // local name -> the key it stands for; "" for none
}

var (
	comment   = regexp.MustCompile(`(?s)\{#.*?#\}`)
	block     = regexp.MustCompile(`(?s)\{\{(.*?)\}\}|\{%(.*?)%\}`)
	forLoop   = regexp.MustCompile(`(?s)^for\s+(\w+)(?:\s*,\s*(\w+))?\s+in\s+(.*)$`)
	setName   = regexp.MustCompile(`(?s)^set\s+(\w+)\s*=\s*(.*)$`)
	macro     = regexp.MustCompile(`(?s)^macro\s+\w+\s*\((.*)\)$`)
	statement = regexp.MustCompile(`^(if|elif|else|endif|endfor|endset|endmacro|raw|endraw|include|import|do|print)\b`)
	test      = regexp.MustCompile(`\bis\s+(not\s+)?\w+`)
	filter    = regexp.MustCompile(`\|\s*\w+`)
	// A route is a name with members: .name, ['name'], [other] or [0].
	route  = regexp.MustCompile(`[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_][\w-]*|\[\s*(?:'[^']*'|"[^"]*"|[\w.]+)\s*\])*`)
	member = regexp.MustCompile(`\.\s*([A-Za-z_][\w-]*)|\[\s*(?:'([^']*)'|"([^"]*)"|([\w.]+))\s*\]`)
	quoted = regexp.MustCompile(`'[^']*'|"[^"]*"`)
)

// noNames are words of the template language.
var noNames = map[string]bool{
	"and": true, "or": true, "not": true, "in": true, "is": true, "if": true, "else": true, "true": true, "false": true,
	"none": true, "null": true, "loop": true, "defined": true, "recursive": true, "range": true, "namespace": true,
	"True": true, "False": true, "None": true,
}

// read notes every key that the template reads.
func (s *scope) read(template string) {
	for _, m := range block.FindAllStringSubmatch(comment.ReplaceAllString(template, ""), -1) {
		if m[2] == "" {
			s.expression(m[1])
		} else {
			s.statement(strings.Trim(m[2], "- \t\r\n"))
		}
	}
}

func (s *scope) statement(text string) {
	if m := forLoop.FindStringSubmatch(text); m != nil {
		s.loop(m[1], m[2], m[3])
	} else if m := setName.FindStringSubmatch(text); m != nil {
		s.names[m[1]] = s.alias(m[2])
		s.expression(m[2])
	} else if m := macro.FindStringSubmatch(text); m != nil {
		for arg := range strings.SplitSeq(m[1], ",") {
			s.names[strings.TrimSpace(arg)] = ""
		}
	} else {
		s.expression(statement.ReplaceAllString(text, ""))
	}
}

// loop binds the names of a for loop: elements of an array of tables, or members of an open table.
func (s *scope) loop(first, second, over string) {
	over = strings.TrimSpace(over)
	p := route.FindString(hideText(over))
	key, method := s.resolve(p, strings.HasPrefix(over[strings.Index(over, p)+len(p):], "("))
	s.expression(over)
	switch {
	case key == "":
		s.names[first] = ""
	case method == "items" || method == "entrySet":
		s.names[first] = ""
	case method == "keys" || method == "keySet":
		s.names[first] = ""
	case method == "values":
		s.names[first] = key + ".*"
	default:
		s.names[first] = key + "[]"
	}
	if second != "" {
		s.names[second] = ""
		if key != "" {
			s.names[second] = key + ".*"
		}
	}
}

// alias returns the key that a set statement gives a name, if it is a plain one.
func (s *scope) alias(text string) string {
	text = strings.TrimSpace(text)
	if p := route.FindString(text); p != text || noNames[p] {
		return ""
	}
	key, _ := s.resolve(text, false)
	return key
}

func (s *scope) expression(expr string) {
	expr = test.ReplaceAllString(expr, " ")
	expr = filter.ReplaceAllString(expr, " ")
	for _, at := range route.FindAllStringIndex(hideText(expr), -1) {
		p := expr[at[0]:at[1]]
		called := strings.HasPrefix(expr[at[1]:], "(")
		key, method := s.resolve(p, called)
		if key == "" {
			continue
		}
		s.keys[key] = true
		switch method {
		case "items", "keys", "values", "entrySet", "keySet":
			s.open[key] = true
		}
	}
}

// hideText blanks texts that are not members, so that no name is found in them.
func hideText(expr string) string {
	b := []byte(expr)
	for _, at := range quoted.FindAllStringIndex(expr, -1) {
		if strings.HasSuffix(strings.TrimSpace(expr[:at[0]]), "[") && strings.HasPrefix(strings.TrimSpace(expr[at[1]:]), "]") {
			continue
		}
		for i := at[0]; i < at[1]; i++ {
			b[i] = ' '
		}
	}
	return string(b)
}

// resolve turns a path into a key, local names replaced; method is the last member if it is called.
func (s *scope) resolve(p string, called bool) (key, method string) {
	head := p
	if i := strings.IndexAny(p, ".["); i >= 0 {
		head = strings.TrimSpace(p[:i])
	}
	if head == "" || noNames[head] {
		return "", ""
	}
	members := member.FindAllStringSubmatch(p[len(head):], -1)
	key, local := s.names[head]
	if local && key == "" || len(members) == 0 && called {
		return "", ""
	}
	if !local {
		key = head
	}
	for i, m := range members {
		if called && i == len(members)-1 && m[1] != "" {
			return key, m[1]
		}
		key = step(key, m)
	}
	return key, ""
}

// step adds a member to a key; an index is an element, a member named by a variable is any.
func step(key string, m []string) string {
	switch {
	case m[1] != "" || m[2] != "" || m[3] != "":
		return Join(key, m[1]+m[2]+m[3])
	case m[4] != "" && m[4][0] >= '0' && m[4][0] <= '9':
		return key + "[]"
	}
	return key + ".*"
}
