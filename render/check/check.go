// Package check finds mistakes in the configuration of a whole deployment before a host is touched: keys that
// no product reads, values that it cannot take, nodes that do not fit together. It is pure.
//
// Each mistake has a rule with a code that stays; docs/checks.md lists them.
package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

// Severity says whether a finding stops.
type Severity int

// An Info is worth knowing, a Warning is likely a mistake, an Error is one.
const (
	Info Severity = iota
	Warning
	Error
)

// String is "info", "warning" or "error".
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// ParseSeverity is the severity of that name.
func ParseSeverity(name string) (Severity, bool) {
	for s := Info; s <= Error; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

// MarshalText writes what String says.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is a mistake at one place. Message and Fix hold no secret value.
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Host     string   `json:"host"`
	Key      string   `json:"key"`            // dotted; elements of arrays of tables by name or place: environment[Default].type, issuer[0].name
	File     string   `json:"file,omitempty"` // where the value comes from, if known
	Line     int      `json:"line,omitempty"` // 0 if unknown
	Message  string   `json:"message"`
	Fix      string   `json:"fix,omitempty"` // what to do, where it can be told
}

// String is one line: warning APIM001 gw-1: apim.foo.bar (inventory.yaml:12): unknown key; did you mean apim.foo.baz?
func (f Finding) String() string {
	s := fmt.Sprintf("%s %s %s: %s", f.Severity, f.Code, f.Host, f.Key)
	if f.File != "" && f.Line > 0 {
		s += fmt.Sprintf(" (%s:%d)", f.File, f.Line)
	} else if f.File != "" {
		s += fmt.Sprintf(" (%s)", f.File)
	}
	s += ": " + f.Message
	if f.Fix != "" {
		s += "; " + f.Fix
	}
	return s
}

// Roles that a node can have.
const (
	AllInOne = "all-in-one"
	Gateway  = "gateway"
)

// A Deployment is what is checked as a whole.
type Deployment struct {
	Nodes        []Node
	Hosts        map[string]string           // name -> address that the hosts file of every node will carry
	Catalogs     map[string]*catalog.Catalog // by role; what needs the catalog of a role that has none is left out
	LoadBalanced bool                        // the hostnames lead to load balancers on the ports 443 and 80
	Closed       bool                        // clients reach the nodes through a load balancer that closes /carbon and /services
}

// A Node is one product on one host. The functions may be nil.
type Node struct {
	Host    string
	Role    string         // AllInOne or Gateway
	Version string         // of the product, "4.6.0"
	Config  map[string]any // deployment.toml as nested tables: map[string]any, []any, []map[string]any and scalars
	Offset  int            // of the product's ports, unless Config has server.offset

	Addresses []string // names and addresses that the node answers to, beside Host
	Env       []string // variables that its service is started with, beside the system's own; nil if not known
	Args      []string // arguments of its start script

	Origin  func(key string) (file string, line int) // where a value comes from; "" if not known
	Secret  func(key string) bool                    // values that must not be shown, beside those that show by their name
	Shipped func(key string) bool                    // values that came with the distribution: no fault of the operator's
}

// Check returns what the rules find, sorted by host, key and code: the order of nodes does not matter.
func Check(d Deployment) []Finding { return apply(table(), d) }

// Harden is Check for the production checklist: what is no mistake, and no good in production. Defaults of the product count.
func Harden(d Deployment) []Finding { return apply(checklist, d) }

func apply(rules []ruling, d Deployment) []Finding {
	c := newRun(d)
	for _, r := range rules {
		c.rule = r.Rule
		for _, n := range c.nodes {
			c.visit(r, n)
		}
		if r.whole != nil {
			r.whole(c)
		}
	}
	slices.SortFunc(c.found, Compare)
	return slices.CompactFunc(c.found, func(a, b Finding) bool { return a == b })
}

// Compare orders findings by host, key and code.
func Compare(a, b Finding) int {
	return cmp.Or(strings.Compare(a.Host, b.Host), strings.Compare(a.Key, b.Key), strings.Compare(a.Code, b.Code),
		strings.Compare(a.Message, b.Message))
}
