package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

// A run is one deployment under check.
type run struct {
	Deployment
	nodes  []*node // sorted by host
	byName map[string][]*node
	byRole map[string][]*node
	rule   Rule
	found  []Finding
	near   map[string][]string // suggestions already made, by role and key
}

// A node is a Node with its configuration laid out for the rules.
type node struct {
	*Node
	catalog   *catalog.Catalog  // nil if there is none for the role
	entries   []entry           // every value, sorted by key
	own       map[string]any    // what the product makes of the file: keys mapped and inferred, arrays of tables whole
	inferred  map[string]string // key -> the key that implied it
	endpoints []endpoint
}

// An entry is one value of a file.
type entry struct {
	key     string // as in Finding
	generic string // as in a catalog: environment[].type
	value   any    // a scalar or a list of scalars
	inArray bool   // it is in an array of tables
}

func newRun(d Deployment) *run {
	c := &run{Deployment: d, byName: map[string][]*node{}, byRole: map[string][]*node{}, near: map[string][]string{}}
	nodes := slices.Clone(d.Nodes)
	slices.SortStableFunc(nodes, func(a, b Node) int { return strings.Compare(a.Host, b.Host) })
	for i := range nodes {
		n := &node{Node: &nodes[i], catalog: d.Catalogs[nodes[i].Role]}
		n.layOut()
		c.nodes = append(c.nodes, n)
		c.byRole[n.Role] = append(c.byRole[n.Role], n)
		c.name(n)
	}
	for _, n := range c.nodes {
		n.endpoints = c.endpointsOf(n)
	}
	return c
}

// name notes what a node answers to.
func (c *run) name(n *node) {
	seen := map[string]bool{}
	for _, name := range append([]string{n.Host}, n.Addresses...) {
		if name = strings.ToLower(name); !seen[name] {
			seen[name] = true
			c.byName[name] = append(c.byName[name], n)
		}
	}
}

// nodesOf returns the nodes that a host name or address leads to, as seen from a node.
func (c *run) nodesOf(from *node, host string) []*node {
	host = strings.ToLower(host)
	switch host {
	case "localhost", "127.0.0.1", "[::1]", "::1":
		return []*node{from}
	}
	if nodes := c.byName[host]; nodes != nil {
		return nodes
	}
	return c.byName[c.address(host)]
}

// address returns what the hosts file says of a name, "" if nothing.
func (c *run) address(host string) string {
	if a, ok := c.Hosts[host]; ok {
		return strings.ToLower(a)
	}
	for name, a := range c.Hosts {
		if strings.EqualFold(name, host) {
			return strings.ToLower(a)
		}
	}
	return ""
}

// of returns the nodes of a role.
func (c *run) of(role string) []*node { return c.byRole[role] }

// report notes a finding of the rule in hand.
func (c *run) report(n *node, key, message, fix string) {
	f := Finding{Code: c.rule.Code, Severity: c.rule.Severity, Host: n.Host, Key: key, Message: message, Fix: fix}
	f.File, f.Line = n.origin(key)
	c.found = append(c.found, f)
}

var index = regexp.MustCompile(`\[[^\]]*\]$`)

// origin asks for a key, then for what it is in.
func (n *node) origin(key string) (string, int) {
	for n.Origin != nil && key != "" {
		if file, line := n.Origin(key); file != "" {
			return file, line
		}
		if short := index.ReplaceAllString(key, ""); short != key {
			key = short
			continue
		}
		key, _ = catalog.Parent(key)
	}
	return "", 0
}

var (
	secretName  = regexp.MustCompile(`(?i)password|secret|key|token|passwd|credential|hash$`)
	credentials = regexp.MustCompile(`(?i)(password|passwd|pwd|secret|token|key)['"]?\s*=|://[^/\s]*@`)
	plainRef    = regexp.MustCompile(`^\$(env|sys|secret|ref)\{[^{}]*\}$`)
)

const mask = "(secret)"

// show returns a value as a message may have it.
func (n *node) show(key string, value any) string {
	s := fmt.Sprint(value)
	_, last := catalog.Parent(index.ReplaceAllString(key, ""))
	switch {
	case plainRef.MatchString(s):
		return s
	case secretName.MatchString(last), strings.HasPrefix(key, "secrets."), credentials.MatchString(s), n.Secret != nil && n.Secret(key):
		return mask
	}
	if _, ok := value.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return s
}
