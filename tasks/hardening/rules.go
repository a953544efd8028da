package hardening

import (
	"slices"

	"apimctl/render/check"
)

// A ruling is a rule with what applies it: to a host with the node's process, or to all hosts beside one another.
type ruling struct {
	check.Rule
	host func(*view, process)
	all  func([]Seen) []check.Finding
}

// rules are all rules of hosts, by code.
var rules = slices.Concat(machineRules, nameRules, limitRules, kernelRules, fileRules)

// Rules returns all rules of hosts, sorted by code.
func Rules() []check.Rule {
	all := make([]check.Rule, len(rules))
	for i, r := range rules {
		all[i] = r.Rule
	}
	return all
}

// Explain returns the rule of a code, of a host or of the configuration.
func Explain(code string) (check.Rule, bool) {
	if i := slices.IndexFunc(rules, func(r ruling) bool { return r.Code == code }); i >= 0 {
		return rules[i].Rule, true
	}
	return check.Explain(code)
}
