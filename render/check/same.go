package check

import (
	"strings"
)

var sameRules = []ruling{
	{Rule: Rule{
		Code: "APIM060", Severity: Error, Title: "primary keystores differ",
		Why:     "The primary keystore signs tokens and encrypts what is in the shared database. A node with another one cannot read what the others wrote.",
		Fix:     "Give every node the same primary keystore, alias and passwords.",
		Example: Example{Host: "gw-1", Wrong: "[keystore.primary]\nalias = \"other\"", Right: "[keystore.primary]\nalias = \"apim\""},
	}, whole: samePrimary},
	{Rule: Rule{
		Code: "APIM061", Severity: Error, Title: "encryption keys differ or are missing",
		Why: "From 4.7.0 on a node without [encryption] key makes one up at start and writes it into its own deployment.toml. Nodes with different keys cannot read each other's data.",
		Fix: "Set the same 64 hexadecimal digits on every node.",
		Example: Example{
			Host: "gw-1", Version: "4.7.0",
			Wrong: "[encryption]\nkey = \"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"",
			Right: "[encryption]\nkey = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"",
		},
	}, whole: sameEncryption},
	{Rule: Rule{
		Code: "APIM062", Severity: Error, Title: "admin accounts differ",
		Why:     "Nodes log in to each other as the super admin. One with other credentials is refused.",
		Fix:     "Set the same [super_admin] on every node.",
		Example: Example{Host: "gw-1", Wrong: "[super_admin]\nusername = \"boss\"", Right: "[super_admin]\nusername = \"admin\""},
	}, whole: sameAdmin},
}

func samePrimary(c *run) {
	for _, name := range []string{"file_name", "alias", "password", "key_password"} {
		c.same(c.nodes, "keystore.primary."+name)
	}
}

func sameAdmin(c *run) {
	c.same(c.nodes, "super_admin.username")
	c.same(c.nodes, "super_admin.password")
}

func sameEncryption(c *run) {
	const key = "encryption.key"
	var nodes []*node
	for _, n := range c.nodes {
		if n.Version != "" && !older(n.Version, "4.7.0") {
			nodes = append(nodes, n)
		}
	}
	for _, n := range nodes {
		if len(nodes) > 1 && n.firstSet(key) == "" {
			c.report(n, key, "is not set: the node would make up one of its own", "")
		}
	}
	c.same(nodes, key)
}

// same reports the nodes whose value is not the one that most have; of equally common ones the first counts.
// A value that is only known at run time, or none, is not compared.
func (c *run) same(nodes []*node, key string) {
	count, first := map[string]int{}, map[string]*node{}
	var right string
	for _, n := range nodes {
		if v := n.comparable(key); v != "" {
			if count[v]++; first[v] == nil {
				first[v] = n
			}
		}
	}
	for _, n := range nodes {
		if v := n.comparable(key); v != "" && count[v] > count[right] {
			right = v
		}
	}
	for _, n := range nodes {
		if v := n.comparable(key); v != "" && v != right {
			c.report(n, key, "differs from that of "+first[right].Host, "")
		}
	}
}

func (n *node) comparable(key string) string {
	if v := n.text(key); !strings.Contains(v, "${") && !secretPattern.MatchString(v) && !envPattern.MatchString(v) {
		return v
	}
	return ""
}
