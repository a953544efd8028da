package check

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"apimctl/render/catalog"
)

var valueRules = []ruling{
	{Rule: Rule{
		Code: "APIM020", Severity: Warning, Title: "value of another type than the default",
		Why:     "The distribution's default is a number or true/false, the value is not. Numbers and true/false in quotes count as such: the product writes both as text.",
		Fix:     "Write a value of the default's type.",
		Example: Example{Host: "aio-1", Wrong: "[apim.cache.resource]\nenable = \"yes\"", Right: "[apim.cache.resource]\nenable = true"},
	}, value: wrongType},
	{Rule: Rule{
		Code: "APIM021", Severity: Error, Title: "duration that the product cannot take",
		Why:     "These keys take a whole number with d, h, m, s or ms, or without a unit. A duration that is less than one of the key's own unit ends the server at start.",
		Fix:     "Write a longer duration, or one of these units.",
		Example: Example{Host: "aio-1", Wrong: "[oauth.grant_type.token_exchange]\niat_validity_period = \"30s\"", Right: "[oauth.grant_type.token_exchange]\niat_validity_period = \"5m\""},
	}, value: badDuration},
	{Rule: Rule{
		Code: "APIM022", Severity: Error, Title: "value against validator.json",
		Why:     "The distribution's own rules refuse the value. The product does not apply most of them, and fails later instead.",
		Fix:     "Do as the message says, which is the product's own.",
		Example: Example{Host: "gw-1", Wrong: "[apim.jwt]\ngenerator_type = \"custom\"", Right: "[apim.jwt]\ngenerator_type = \"custom\"\ngenerator_impl = \"com.example.Generator\""},
	}, node: invalid},
	{Rule: Rule{
		Code: "APIM023", Severity: Error, Title: "list of mixed types",
		Why:     "The product's TOML parser refuses a list whose elements are not all of one type.",
		Fix:     "Put all elements in quotes, or none.",
		Example: Example{Host: "aio-1", Wrong: "[apim.cors]\nallow_methods = [\"GET\", 1]", Right: "[apim.cors]\nallow_methods = [\"GET\", \"PUT\"]"},
	}, value: mixedList},
}

type shape int

const (
	free shape = iota
	boolean
	number
)

func (s shape) String() string { return [...]string{"text", "true or false", "a number"}[s] }

// shapeOf says what a scalar is, whether in quotes or not.
func shapeOf(v any) shape {
	s := fmt.Sprint(v)
	if s == "true" || s == "false" {
		return boolean
	}
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return number
	}
	return free
}

var duration = regexp.MustCompile(`^(\d+)\s*(d|h|m|s|ms)?$`)

func wrongType(c *run, n *node, e entry) {
	if n.catalog == nil || e.inArray {
		return
	}
	def, ok := n.catalog.Default(e.generic)
	if s := fmt.Sprint(e.value); !ok || s == "" || strings.Contains(s, "$") || duration.MatchString(s) && shapeOf(def) == number {
		return
	}
	if _, isList := def.([]any); isList {
		return
	}
	if want := shapeOf(def); want != free && want != shapeOf(e.value) {
		c.report(n, e.key, fmt.Sprintf("%s is not %s", n.show(e.key, e.value), want), "the default is "+n.show(e.key, def))
	}
}

func badDuration(c *run, n *node, e entry) {
	if n.catalog == nil {
		return
	}
	unit, ok := n.catalog.Unit(e.generic)
	s := fmt.Sprint(e.value)
	if !ok || strings.Contains(s, "${") || strings.Contains(s, "$ref{") {
		return
	}
	m := duration.FindStringSubmatch(s)
	if m == nil {
		c.report(n, e.key, n.show(e.key, e.value)+" is no duration", "write a number and d, h, m, s or ms")
		return
	}
	count, _ := strconv.ParseInt(m[1], 10, 64)
	if m[2] != "" && count*millis(m[2]) < millis(unit) {
		c.report(n, e.key, fmt.Sprintf("%s is less than 1%s, and the product counts in that unit", n.show(e.key, e.value), unit), "")
	}
}

// millis is the length of a unit of the product's durations.
func millis(unit string) int64 {
	return map[string]int64{"d": 86400000, "h": 3600000, "m": 60000, "s": 1000, "ms": 1}[unit]
}

func invalid(c *run, n *node) {
	if n.catalog == nil {
		return
	}
	for key, rules := range n.catalog.Rules {
		for _, r := range rules {
			if n.applies(r) && !n.obeys(key, r) {
				c.report(n, key, strings.TrimSuffix(r.Message, "."), "")
			}
		}
	}
}

// applies reports whether a rule's conditions hold and one of its keys is in the file: defaults cannot be wrong.
func (n *node) applies(r catalog.Rule) bool {
	touched := len(r.If) == 0
	for k, want := range r.If {
		if n.text(k) != fmt.Sprint(want) {
			return false
		}
		_, set := n.own[k]
		touched = touched || set
	}
	return touched
}

// obeys matches whole values, as Java does; a pattern that only Java understands refuses nothing.
func (n *node) obeys(key string, r catalog.Rule) bool {
	v, set := n.lookup(key)
	if !set && len(r.If) == 0 {
		return true
	}
	if !set {
		v = ""
	}
	for _, pattern := range []string{r.Regex, r.MatchRegex} {
		re, err := regexp.Compile(`^(?:` + pattern + `)$`)
		if pattern != "" && err == nil && !re.MatchString(fmt.Sprint(v)) && !plainRef.MatchString(fmt.Sprint(v)) {
			return false
		}
	}
	return true
}

func mixedList(c *run, n *node, e entry) {
	list, ok := e.value.([]any)
	if ok && slices.ContainsFunc(list, func(v any) bool { return fmt.Sprintf("%T", v) != fmt.Sprintf("%T", list[0]) }) {
		c.report(n, e.key, "the list mixes types", "")
	}
}
