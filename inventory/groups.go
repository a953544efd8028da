package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// mostHosts bounds an inventory: a slip in a range is a problem, not a long wait.
const mostHosts = 5000

// readGroups makes hosts of the groups: the file's settings, then the group's over them, then the host's.
func (doc *document) readGroups(d *decoder) {
	if doc.groups.n == nil {
		return
	}
	written := map[Role]cursor{}
	for _, p := range doc.groups.pairs() {
		if !slices.Contains(roleNames(), p.key) {
			p.value.badAt(p.at, "unknown group", suggest(p.key, roleNames(), "the groups are "))
			continue
		}
		written[Role(p.key)] = p.value
	}
	for _, role := range []Role{AllInOne, Gateway, LoadBalancer} {
		if c, ok := written[role]; ok {
			doc.readGroup(c, role)
		}
	}
	if _, ok := written[AllInOne]; !ok && doc.groups.n.Kind == yaml.MappingNode {
		d.bad("groups.all-in-one", "is required", "add the group with one host at least")
	}
}

func (doc *document) readGroup(c cursor, role Role) {
	g := group{host: Host{Role: role, SSH: doc.ssh, Install: doc.install, Gate: doc.Gate}}
	if role == Gateway {
		g.host.Environment = "Default"
	}
	groupTable().read(c, &g)
	if g.hosts == nil {
		return
	}
	if g.hosts.n.Kind == yaml.MappingNode && len(g.hosts.n.Content) == 0 || g.hosts.kind() == "empty" {
		g.hosts.bad("the group is empty", "add a host or take the group away")
		return
	}
	keys := hostTable()
	for _, p := range g.hosts.pairs() {
		host := g.host
		host.Name = p.key
		keys.read(p.value, &host)
		doc.expand(p, host)
	}
}

// expand adds the hosts that one key stands for: gw-[1:40] stands for forty.
func (doc *document) expand(p pair, pattern Host) {
	names, err := expandRange(pattern.Name)
	if err != nil {
		p.value.badAt(p.at, err.Error(), "write it like gw-[1:40] or gw-[01:40]")
		return
	}
	if len(doc.entries)+len(names) > mostHosts {
		p.value.badAt(p.at, fmt.Sprintf("makes more than %d hosts", mostHosts), "mend the range")
		return
	}
	addresses, ok := p.value.addresses(pattern.Address, len(names))
	if !ok {
		return
	}
	for i, name := range names {
		if what, fix := nodeName(name); what != "" {
			p.value.badAt(p.at, what, fix)
			return
		}
		doc.entries = append(doc.entries, entry{Host: pattern.as(name, addresses[i]), path: p.value.path})
	}
}

// addresses returns what a host's address stands for; the cursor is at the host. Without an address, which is reported
// elsewhere, all are empty.
func (c cursor) addresses(pattern string, hosts int) ([]string, bool) {
	if pattern == "" {
		return slices.Repeat([]string{""}, hosts), true
	}
	c.path, c.n = join(c.path, "address"), valueOf(c.n, "address")
	all, err := expandRange(pattern)
	switch {
	case err != nil:
		c.bad(err.Error(), "write it like 10.0.1.[1:40]")
		return nil, false
	case len(all) != hosts:
		c.bad(fmt.Sprintf("stands for %d, the name for %d", len(all), hosts), "let both ranges be of one length")
		return nil, false
	}
	for _, one := range all {
		if !c.obeys(one, []rule{address}) {
			return nil, false
		}
	}
	return all, true
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return n
}

// as is one host of those that a pattern stands for.
func (h Host) as(name, address string) Host {
	of := layerName(h)
	h.Name, h.Address = name, address
	h.Config = slices.Clone(h.Config)
	for i, l := range h.Config {
		if l.Name == of {
			h.Config[i].Name = layerName(h)
		}
	}
	return h
}

// expandRange returns what a text with ranges stands for: gw-[1:3] is gw-1, gw-2 and gw-3; several ranges in it go on
// together. A text without a range stands for itself.
func expandRange(text string) ([]string, error) {
	found := rangeForm.FindAllStringSubmatchIndex(text, -1)
	if found == nil {
		return []string{text}, nil
	}
	var all []string
	for i := len(found) - 1; i >= 0; i-- { // from the right, so that places stay true
		m := found[i]
		numbers, err := count(text[m[2]:m[3]], text[m[4]:m[5]])
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = slices.Repeat([]string{text}, len(numbers))
		}
		if len(all) != len(numbers) {
			return nil, fmt.Errorf("%s has ranges of different lengths", strconv.Quote(text))
		}
		for j, n := range numbers {
			all[j] = all[j][:m[0]] + n + all[j][m[1]:]
		}
	}
	return all, nil
}

// count returns the numbers from first to last, padded as they are written.
func count(first, last string) ([]string, error) {
	width := 0
	if first[0] == '0' && len(first) > 1 || last[0] == '0' && len(last) > 1 {
		width = len(first)
		if len(last) != width {
			return nil, fmt.Errorf("range [%s:%s] has numbers of different widths", first, last)
		}
	}
	from, err1 := strconv.Atoi(first)
	to, err2 := strconv.Atoi(last)
	switch {
	case err1 != nil || err2 != nil || to-from >= mostHosts:
		return nil, fmt.Errorf("range [%s:%s] is too long", first, last)
	case to < from:
		return nil, fmt.Errorf("range [%s:%s] runs backwards", first, last)
	}
	numbers := make([]string, 0, to-from+1)
	for n := from; n <= to; n++ {
		s := strconv.Itoa(n)
		numbers = append(numbers, strings.Repeat("0", max(width-len(s), 0))+s)
	}
	return numbers, nil
}
