package inventory

import (
	"cmp"
	"slices"
	"strings"
)

// settle gives what depends on more than one key.
func (doc *document) settle(d *decoder) {
	doc.Hosts = make([]Host, len(doc.entries))
	for i, e := range doc.entries {
		doc.Hosts[i] = e.Host
	}
	doc.settleDistributions()
	doc.settleHostnames()
	doc.settleProxy(d)
	doc.settlePKI(d)
	doc.settleKeystores()
	doc.settleHardening(d)
	doc.settleEnvironments()
	if doc.Features.JWT != nil && !doc.Features.JWT.enable {
		doc.Features.JWT = nil
	}
	if !d.written("features.gateway_notification") {
		doc.Features.GatewayNotification = doc.Version >= "4.6.0"
	}
}

func (doc *document) settleDistributions() {
	doc.Distributions = map[Role]Distribution{AllInOne: doc.distributions.allInOne}
	if doc.distributions.gateway != (Distribution{}) {
		doc.Distributions[Gateway] = doc.distributions.gateway
	}
}

func (doc *document) of(role Role) []entry {
	var of []entry
	for _, e := range doc.entries {
		if e.Role == role {
			of = append(of, e)
		}
	}
	return of
}

// settleHostnames takes a lone node's own name; with several, check demands one.
func (doc *document) settleHostnames() {
	doc.Hostnames = map[Role]string{}
	for role, name := range map[Role]string{AllInOne: doc.hostnames.allInOne, Gateway: doc.hostnames.gateway} {
		if nodes := doc.of(role); name == "" && len(nodes) == 1 {
			name = nodes[0].Name
		}
		if name != "" {
			doc.Hostnames[role] = name
		}
	}
}

func (doc *document) balanced() bool {
	return len(doc.of(LoadBalancer)) > 0 || len(doc.of(AllInOne)) > 1 || len(doc.of(Gateway)) > 1
}

func (doc *document) settleProxy(d *decoder) {
	if !doc.balanced() {
		return
	}
	if !d.written("proxy.https") {
		doc.Proxy.HTTPS = 443
	}
	if !d.written("proxy.http") {
		doc.Proxy.HTTP = 80
	}
}

func (doc *document) settleKeystores() {
	k := &doc.Keystores
	k.Primary.KeyPassword = cmp.Or(k.Primary.KeyPassword, k.Primary.Password)
	for _, s := range []*Keystore{&k.TLS, &k.Internal} {
		s.KeyPassword = cmp.Or(s.KeyPassword, s.Password, k.Primary.KeyPassword)
		s.File = cmp.Or(s.File, k.Primary.File)
		s.Type = cmp.Or(s.Type, k.Primary.Type)
		s.Password = cmp.Or(s.Password, k.Primary.Password)
		s.Alias = cmp.Or(s.Alias, k.Primary.Alias)
	}
}

// settleEnvironments makes those that gateways name, where none is written.
func (doc *document) settleEnvironments() {
	if len(doc.Environments) == 0 {
		for _, e := range doc.of(Gateway) {
			if !slices.ContainsFunc(doc.Environments, func(have Environment) bool { return have.Name == e.Environment }) {
				env := Environment{Name: e.Environment}
				environmentTable().defaults(&decoder{}, &env)
				doc.Environments = append(doc.Environments, env)
			}
		}
	}
	for i := range doc.Environments {
		e := &doc.Environments[i]
		e.DisplayName = cmp.Or(e.DisplayName, e.Name)
		e.Hostname = cmp.Or(e.Hostname, doc.Hostnames[Gateway])
	}
}

func readEnvironments(c cursor, doc *document) {
	keys := environmentTable()
	for _, p := range c.pairs() {
		if !plainName.MatchString(p.key) {
			p.value.badAt(p.at, "is no good environment", "use letters, digits, dots, hyphens and underscores")
		}
		env := Environment{Name: p.key}
		keys.defaults(c.d, &env)
		if p.value.kind() != "empty" { // NAME: alone takes every default
			keys.read(p.value, &env)
		}
		doc.Environments = append(doc.Environments, env)
	}
}

func readHostsFile(c cursor, doc *document) {
	doc.HostsFile = map[string][]string{}
	for _, p := range c.pairs() {
		if !isIP(p.key) {
			p.value.badAt(p.at, "is no IP address", "write one, with a list of names")
			continue
		}
		names := []string{}
		for _, item := range p.value.items() {
			if name, ok := item.checked(row{}, []rule{hostName}); ok {
				names = append(names, name)
			}
		}
		doc.HostsFile[p.key] = names
	}
}

// distribution reads a path, or a mapping of file or url with sha256.
func distribution(r row, at func(*document) *Distribution) key[document] {
	keys := distributionTable()
	r.Type, r.Short, r.Keys = "path or mapping", "path", keys.rows()
	return key[document]{row: r, read: func(c cursor, doc *document) {
		into := at(doc)
		if c.kind() != "text" {
			keys.read(c, into)
			into.SHA256 = strings.ToLower(into.SHA256)
			c.oneSource(*into)
			return
		}
		s, _, ok := c.text()
		switch {
		case !ok:
		case strings.Contains(s, "://"):
			c.bad("is a URL without a digest", "write {url: https://..., sha256: ...}")
		default:
			if file := c.d.expand(s); c.isFile(file) {
				into.File = file
			}
		}
	}}
}

func (c cursor) oneSource(d Distribution) {
	file, url := c.d.written(c.path+".file"), c.d.written(c.path+".url")
	switch {
	case file == url:
		c.bad("needs file or url, and one of them only", "write a path, or {url: https://..., sha256: ...}")
	case url && d.SHA256 == "" && !c.d.written(c.path+".sha256"):
		c.d.bad(c.path+".sha256", "is required with url", "add the digest that sha256sum prints")
	}
}
