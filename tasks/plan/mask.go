package plan

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	maskedSecret  = "(secret)"
	changedSecret = "(secret, changed)"
)

// mask hides the secrets of two texts, the one that a host has and the one that is wanted: the values of keys that look like a secret's, what
// stands before the @ of a URL, private keys. A secret that is another one than before is "(secret, changed)" in want.
// Of a file that is secret as a whole, a line that no key tells what it is is hidden too.
func mask(had, want string, secret bool) (maskedHad, maskedWant string) {
	var before, after masker
	before.secret, after.secret = secret, secret
	maskedHad = before.text(had)
	after.had = before.values
	return maskedHad, after.text(want)
}

// A masker goes through a text line by line.
type masker struct {
	secret  bool
	had     map[string]string // what was hidden in the text before, to say what is changed
	values  map[string]string // what is hidden, by section, masked line and how many of it came before
	seen    map[string]int
	section string
	until   func(line string) (last, inside bool) // whether the line ends, and belongs to, a value of several lines
	open    bool                                  // whether that value may be shown
}

func (m *masker) text(text string) string {
	m.values, m.seen = map[string]string{}, map[string]int{}
	var out strings.Builder
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		masked := m.line(body)
		if header.MatchString(body) {
			m.section = m.count(strings.TrimSpace(body))
		}
		out.WriteString(strings.ReplaceAll(masked, maskedSecret, m.said(body, masked)) + line[len(body):])
	}
	return out.String()
}

// said is what stands for the secrets of the line.
func (m *masker) said(body, masked string) string {
	if body == masked {
		return maskedSecret
	}
	at := m.count(m.section + "\n" + masked)
	m.values[at] = body
	if was, ok := m.had[at]; ok && was != body {
		return changedSecret
	}
	return maskedSecret
}

func (m *masker) count(key string) string {
	m.seen[key]++
	return fmt.Sprint(key, "\n", m.seen[key])
}

var (
	header    = regexp.MustCompile(`^\s*\[.*\]\s*(#.*)?$`)
	keyed     = regexp.MustCompile(`^(\s*(?:[-#;]\s*)*(?:export\s+|Environment=["']?)?["']?)([\w.\-/\[\]]+)(["']?\s*(?:=|:(?:\s|$))\s*)(.*)$`)
	inline    = regexp.MustCompile(`([\w.\-]+)(["']?\s*(?:=|:)\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s,&;{}"'<>]+)`)
	pair      = regexp.MustCompile(`"([\w.\-]+)=([^"]*)"`)
	element   = regexp.MustCompile(`<([\w.:\-]+)([^<>]*)>([^<]+)(</|$)`)
	userinfo  = regexp.MustCompile(`(://)[^\s"'<>]*@`)
	beginPEM  = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	structure = regexp.MustCompile(`^\s*(#.*|;.*|//.*|</?[\w?!].*|[\[\]{}(),;]*)$`)
	looksLike = regexp.MustCompile(`(?i)passw(or)?d|passphrase|secret|credential|token|(^|[._\-])(pass|pwd|pw)([._\-]|$)|(^|[._\-]|api|access|private|encryption)key(_?pass)?$|[a-z]Key$`)
	harmless  = regexp.MustCompile(`(?i)(endpoint|url|uri|path|file|location|type|alias|name|enabled?|algorithm|store|time|period|length)$`)
)

func isSecret(key string) bool { return looksLike.MatchString(key) && !harmless.MatchString(key) }

// line hides what the line holds of secrets.
func (m *masker) line(body string) string {
	if m.until != nil {
		last, inside := m.until(body)
		hide := !m.open
		if last {
			m.until = nil
		}
		if inside && hide {
			return maskedSecret
		}
		if inside {
			return maskInline(body)
		}
	}
	if beginPEM.MatchString(body) {
		m.until = func(l string) (bool, bool) { return strings.Contains(l, "-----END "), true }
		m.open = false
		return maskedSecret
	}
	if k := keyed.FindStringSubmatch(body); k != nil && !header.MatchString(body) {
		m.open = !isSecret(k[2])
		m.until = several(body, k[4], m.open)
		if !m.open && k[4] != "" {
			return k[1] + k[2] + k[3] + maskedSecret
		}
		return maskInline(body)
	}
	if m.secret && !header.MatchString(body) && !structure.MatchString(body) {
		return maskedSecret
	}
	return maskInline(body)
}

func maskInline(body string) string {
	body = userinfo.ReplaceAllString(body, "${1}"+maskedSecret+"@")
	body = replace(element, body, func(g []string) string { return "<" + g[1] + g[2] + ">" + maskedSecret + g[4] })
	body = replace(pair, body, func(g []string) string { return `"` + g[1] + "=" + maskedSecret + `"` })
	return replace(inline, body, func(g []string) string { return g[1] + g[2] + maskedSecret })
}

// replace hides in every match whose first group is a secret's key. After another key it looks on behind that key, into its value.
func replace(re *regexp.Regexp, s string, hidden func(groups []string) string) string {
	var out strings.Builder
	for {
		at := re.FindStringSubmatchIndex(s)
		if at == nil {
			return out.String() + s
		}
		g := re.FindStringSubmatch(s)
		if isSecret(g[1]) {
			out.WriteString(s[:at[0]] + hidden(g))
			s = s[at[1]:]
			continue
		}
		out.WriteString(s[:at[3]])
		s = s[at[3]:]
	}
}

// several says how a value goes on in the lines after its first one: nil if it does not. Below a key that may be shown, keys speak for themselves.
func several(body, value string, open bool) func(string) (last, inside bool) {
	for _, quote := range []string{`"""`, "'''"} {
		if strings.Count(value, quote) == 1 {
			return func(l string) (bool, bool) { return strings.Contains(l, quote), true }
		}
	}
	depth := nesting(value)
	switch {
	case depth > 0:
		return func(l string) (bool, bool) { depth += nesting(l); return depth <= 0, true }
	case strings.HasSuffix(value, `\`):
		return func(l string) (bool, bool) { return !strings.HasSuffix(l, `\`), true }
	case value == "" || strings.ContainsAny(value[:1], "|>"):
		indent := indentation(body)
		return func(l string) (bool, bool) {
			inside := strings.TrimSpace(l) == "" || indentation(l) > indent
			return !inside, inside && !(open && value == "" && keyed.MatchString(l))
		}
	}
	return nil
}

func indentation(l string) int { return len(l) - len(strings.TrimLeft(l, " \t")) }

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'|#.*$`)

// nesting is how many brackets more a line opens than it closes.
func nesting(l string) int {
	l = quoted.ReplaceAllString(l, "")
	return strings.Count(l, "[") + strings.Count(l, "{") - strings.Count(l, "]") - strings.Count(l, "}")
}
