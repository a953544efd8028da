package check

import (
	"fmt"
	"slices"
	"strings"
)

// A Rule is a kind of mistake, with what an operator is told of it.
type Rule struct {
	Code     string // APIM or HOST and a number; it stays
	Severity Severity
	Title    string // the mistake in a few words
	Why      string // what the product does with it
	Fix      string
	Example  Example // none of what is seen on a host
}

// Text explains the rule to a person.
func (r Rule) Text() string {
	if r.Example.Host == "" {
		return fmt.Sprintf("%s (%s): %s\n\n%s\n\nHow to mend it: %s\n", r.Code, r.Severity, r.Title, r.Why, r.Fix)
	}
	return fmt.Sprintf("%s (%s): %s\n\n%s\n\nHow to mend it: %s\n\nWrong, on %s:\n%s\nRight:\n%s",
		r.Code, r.Severity, r.Title, r.Why, r.Fix, r.Example.Host, indented(r.Example.Wrong), indented(r.Example.Right))
}

func indented(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ") + "\n"
}

// An Example is a part of one node's deployment.toml with the mistake, and without.
type Example struct {
	Host         string // of the node, in a deployment of aio-1, aio-2, gw-1 and gw-2
	Version      string // of the product; "" is 4.6.0
	Wrong, Right string
}

// A ruling is a rule with what applies it: to a value, to an endpoint, to a node, to all together.
type ruling struct {
	Rule
	value    func(*run, *node, entry)
	endpoint func(*run, *node, endpoint)
	node     func(*run, *node)
	whole    func(*run)
}

// table lists all rulings, by code.
func table() []ruling {
	return slices.Concat(keyRules, urlRules, referenceRules, valueRules, textRules, versionRules, endpointRules,
		sameRules, databaseRules, gatewayRules, hardeningRules)
}

// Rules returns all rules, sorted by code.
func Rules() []Rule {
	var rules []Rule
	for _, r := range table() {
		rules = append(rules, r.Rule)
	}
	return rules
}

// Checklist returns the rules of Harden, sorted by code.
func Checklist() []Rule {
	var rules []Rule
	for _, r := range checklist {
		rules = append(rules, r.Rule)
	}
	return rules
}

// Explain returns the rule of a code.
func Explain(code string) (Rule, bool) {
	rules := append(Rules(), Checklist()...)
	i := slices.IndexFunc(rules, func(r Rule) bool { return r.Code == code })
	if i < 0 {
		return Rule{}, false
	}
	return rules[i], true
}

func (c *run) visit(r ruling, n *node) {
	if r.value != nil {
		for _, e := range n.entries {
			r.value(c, n, e)
		}
	}
	if r.endpoint != nil {
		for _, e := range n.endpoints {
			r.endpoint(c, n, e)
		}
	}
	if r.node != nil {
		r.node(c, n)
	}
}
