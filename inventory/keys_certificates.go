package inventory

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// certificatesKey reads a list of certificates to trust, or a mapping with that list and where the nodes' own come from.
func certificatesKey() key[document] {
	keys, trusted := certificatesTable(), certificateTable()
	r := row{
		Name: "certificates", Type: "mapping or list of certificates to trust", Keys: keys.rows(), Listed: trusted.rows(),
		Note: "the distribution's own, and nothing more is trusted", Doc: "where the nodes' certificates come from, and whom they trust: docs/certificates.md",
	}
	trust := list(row{Name: "certificates"}, func(d *document) *[]Certificate { return &d.Certificates }, trusted)
	return key[document]{
		row: r,
		read: func(c cursor, d *document) {
			if c.kind() == "a mapping" {
				keys.read(c, d)
				return
			}
			trust.read(c, d)
		},
		settle: func(d *decoder, into *document) { keys.defaults(d, into) },
	}
}

func certificatesTable() table[document] {
	pki := func(d *document) *PKI { return &d.PKI }
	return table[document]{
		text(row{
			Name: "mode", OneOf: []string{Generate, Provided, CSR}, Note: "the distribution's own keys stay",
			Doc: "generate: by a CA of the deployment's own; provided: given here; csr: signed by a CA of yours",
		}, func(d *document) *string { return &pki(d).Mode }),
		list(row{Name: "trust", Note: "none", Doc: "more certificates that every node's truststore holds"},
			func(d *document) *[]Certificate { return &d.Certificates }, certificateTable()),
		path(row{Name: "identity", Note: "required without passphrase", Doc: "the age identity file that private keys are kept encrypted for"},
			func(d *document) *string { return &pki(d).Identity }, false),
		later(row{Name: "passphrase", Note: "required without identity", Doc: "what private keys are kept encrypted with; needed only when a key is"},
			func(d *document) *Passphrase { return &pki(d).Passphrase }),
		days(row{Name: "validity", Note: "730d for nodes, ten years for a CA and the signing key", Doc: "of the nodes' certificates"},
			func(d *document) *time.Duration { return &pki(d).Validity }),
		number(row{Name: "key_bits", Default: "3072", Min: 2048, Max: 8192, Doc: "of the RSA keys that are made"},
			func(d *document) *int { return &pki(d).KeyBits }),
		optional(row{Name: "signing", Note: "made here", Doc: "the primary and internal key, the same on every node"},
			func(d *document) **KeySource { return &pki(d).Signing }, keySourceTable()),
		optional(row{Name: "all", Note: "none", Doc: "with provided: one key for every node that nodes does not name"},
			func(d *document) **KeySource { return &pki(d).All }, keySourceTable()),
		{row: row{
			Name: "nodes", Type: "mapping", Named: "NAME", Keys: keySourceTable().rows(), Note: "none", Doc: "with provided: a node's own key",
		}, read: readNodeKeys},
	}
}

func keySourceTable() table[KeySource] {
	return table[KeySource]{
		path(row{Name: "certificate", Note: "required without store", Doc: "a PEM file, with its chain or without"},
			func(s *KeySource) *string { return &s.Certificate }, true),
		path(row{Name: "key", Note: "in certificate", Doc: "a PEM file with the private key, not encrypted"}, func(s *KeySource) *string { return &s.Key }, true),
		path(row{Name: "chain", Note: "in certificate", Doc: "a PEM file with the issuers' certificates"}, func(s *KeySource) *string { return &s.Chain }, true),
		path(row{Name: "store", Note: "required without certificate", Doc: "a PKCS12 or JKS file with one key"}, func(s *KeySource) *string { return &s.Store }, true),
		secret(row{Name: "password", Note: "required with store", Doc: "of the store and of the key in it"}, func(s *KeySource) *Secret { return &s.Password }),
	}
}

func readNodeKeys(c cursor, d *document) {
	d.PKI.Nodes = map[string]KeySource{}
	keys := keySourceTable()
	for _, p := range c.pairs() {
		var s KeySource
		keys.read(p.value, &s)
		d.PKI.Nodes[p.key] = s
	}
}

// later reads a secret whose reference need not be there: what it is for may not be needed.
func later[T any](r row, at func(*T) *Passphrase) key[T] {
	r.Type = "secret"
	return key[T]{row: r, read: func(c cursor, into *T) {
		for _, m := range reference.FindAllStringSubmatch(c.n.Value, -1) {
			if strings.HasPrefix(m[0], "$$") {
				continue
			}
			if _, what, fix := c.d.look(m[1], m[2]); what != "" && slices.Contains([]string{"env", "file", "cmd"}, m[1]) {
				*at(into) = Passphrase{Written: true, Lacks: what + "; " + fix}
				return
			}
		}
		secret(row{Name: r.Name}, func(p *Passphrase) *Secret { return &p.Secret }).read(c, at(into))
		at(into).Written = true
	}}
}

// days reads a time of whole days: 825d.
func days[T any](r row, at func(*T) *time.Duration) key[T] {
	r.Type = "days, like 825d"
	return key[T]{row: r, read: func(c cursor, into *T) {
		if c.kind() == "a number" {
			c.bad("has no unit", "write it like "+c.n.Value+"d")
			return
		}
		s, _, ok := c.text()
		if !ok {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(s, "d"))
		switch {
		case err != nil || !strings.HasSuffix(s, "d"):
			c.bad(strconv.Quote(c.n.Value)+" is no number of days", "write it like 825d")
		case n < 1 || n > 36500:
			c.bad("is out of range", "write 1d to 36500d")
		default:
			*at(into) = time.Duration(n) * 24 * time.Hour
		}
	}}
}

// settlePKI gives the TLS keys a store of their own: they differ from node to node, and the primary key does not.
func (doc *document) settlePKI(d *decoder) {
	if doc.PKI.Mode != "" && !d.written("keystores.tls.file") {
		doc.Keystores.TLS.File = "tls.jks"
	}
}

func (doc *document) checkPKI(d *decoder) {
	p := doc.PKI
	if p.Mode == "" {
		for _, key := range []string{"identity", "passphrase", "validity", "signing", "all", "nodes"} {
			if d.written("certificates." + key) {
				d.bad("certificates."+key, "needs a mode", "add mode: generate, provided or csr")
			}
		}
		return
	}
	made := p.Mode != Provided || p.Signing == nil
	switch identity := p.Identity != ""; {
	case identity && p.Passphrase.Written:
		d.bad("certificates.passphrase", "stands beside identity", "keep one of them")
	case made && !identity && !p.Passphrase.Written && !d.written("certificates.identity") && !d.written("certificates.passphrase"):
		d.bad("certificates", "needs identity or passphrase: private keys are kept encrypted", "write passphrase: ${env:NAME}, or identity: FILE made by age-keygen -o FILE")
	}
	if k := doc.Keystores; k.TLS.File == k.Primary.File || k.TLS.File == k.Internal.File {
		d.bad("keystores.tls.file", "is the file of the signing key too", "give the TLS key a file of its own, or leave it out: tls.jks")
	}
	doc.checkKeySources(d)
}

func (doc *document) checkKeySources(d *decoder) {
	p := doc.PKI
	given := map[string]KeySource{}
	for name, s := range p.Nodes {
		given["nodes."+name] = s
		if !slices.ContainsFunc(doc.entries, func(e entry) bool { return e.Name == name }) {
			d.bad("certificates.nodes."+name, "no host has this name", "name a host of groups")
		}
	}
	if p.All != nil {
		given["all"] = *p.All
	}
	if p.Mode != Provided && len(given) > 0 {
		d.bad("certificates", fmt.Sprintf("mode %s makes the keys itself", p.Mode), "take nodes and all away, or write mode: provided")
	}
	if p.Signing != nil {
		given["signing"] = *p.Signing
	}
	for at, s := range given {
		if (s.Certificate == "") == (s.Store == "") && !d.failed("certificates."+at) {
			d.bad("certificates."+at, "needs certificate or store, and one of them only", "write {certificate: FILE, key: FILE} or {store: FILE, password: ...}")
		}
	}
	for _, e := range doc.entries {
		if p.Mode == Provided && !p.Serves(e.Name) && e.Role != LoadBalancer {
			d.bad("certificates.nodes", "has no key for "+e.Name, "add it, or give all: one for every node")
		}
	}
}

// failed says whether a problem below the path was reported.
func (d *decoder) failed(path string) bool {
	return slices.ContainsFunc(d.problems, func(p Problem) bool { return strings.HasPrefix(p.Path, path+".") })
}
