package check

import (
	"slices"
	"strconv"
	"strings"
)

var versionRules = []ruling{
	{Rule: Rule{
		Code: "APIM040", Severity: Error, Title: "gateway_notification before 4.6.0",
		Why:     "The table [apim.gateway_notification] came with 4.6.0; an earlier gateway ignores it and reports nothing to the portals.",
		Fix:     "Leave it out.",
		Example: Example{Host: "gw-1", Version: "4.5.0", Wrong: "[apim.gateway_notification]\ngateway_id = \"gw-1\"", Right: ""},
	}, node: since("apim.gateway_notification", "4.6.0")},
	{Rule: Rule{
		Code: "APIM041", Severity: Error, Title: "encryption key before 4.7.0",
		Why:     "Symmetric encryption with [encryption] key came with 4.7.0; earlier versions encrypt with the primary keystore.",
		Fix:     "Leave it out.",
		Example: Example{Host: "aio-1", Wrong: "[encryption]\nkey = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"", Right: ""},
	}, node: since("encryption.key", "4.7.0")},
}

// since makes a rule of a key and the first version that knows it.
func since(key, version string) func(*run, *node) {
	return func(c *run, n *node) {
		i := slices.IndexFunc(n.entries, func(e entry) bool { return e.key == key || strings.HasPrefix(e.key, key+".") })
		if i >= 0 && n.Version != "" && older(n.Version, version) {
			c.report(n, n.entries[i].key, n.Version+" does not know it: it came with "+version, "leave it out")
		}
	}
}

// older compares versions by their numbers: 4.6.0.12 is not older than 4.6.0.
func older(version, than string) bool {
	return slices.Compare(numbers(version), numbers(than)) < 0
}

func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		list = append(list, n)
	}
	return list
}
