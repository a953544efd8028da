package inventory

import (
	"slices"
	"strings"
	"time"
)

// A document is what the file says before hosts are made of it.
type document struct {
	Inventory
	distributions struct{ allInOne, gateway Distribution }
	hostnames     struct{ allInOne, gateway string }
	ssh           SSH
	install       Install
	groups        cursor // read last: what it holds lies over all else
	entries       []entry
}

// An entry is a host and where it was written.
type entry struct {
	Host
	path string
}

// versions are those of the product that apimctl knows.
func versions() []string { return []string{"4.5.0", "4.6.0", "4.7.0"} }

func fileTable() table[document] {
	return table[document]{
		text(row{Name: "name", Required: true, Doc: "names the deployment on its hosts"},
			func(d *document) *string { return &d.Name },
			matches(plainName, "is no good name", "use letters, digits, dots, hyphens and underscores, 63 at most")),
		{row: row{Name: "version", Type: "text", Required: true, OneOf: versions(), Doc: "the product's version"}, read: readVersion},
		nested(row{Name: "distributions", Required: true, Doc: "the product's zips"},
			func(d *document) *document { return d }, distributionsTable()),
		nested(row{Name: "hostnames", Doc: "what clients and nodes call; needed with two nodes of a kind or a load balancer"},
			func(d *document) *document { return d }, hostnamesTable()),
		nested(row{Name: "proxy", Doc: "the ports that clients use at the hostnames"},
			func(d *document) *Proxy { return &d.Proxy }, proxyTable()),
		nested(row{Name: "admin", Doc: "the super administrator, the same on every node"},
			func(d *document) *Admin { return &d.Admin }, adminTable()),
		secret(row{Name: "encryption_key", Since: "4.7.0", Note: "required from 4.7.0 on", Doc: "64 hexadecimal digits, the same on every node"},
			func(d *document) *Secret { return &d.EncryptionKey },
			matches(digest, "is not 64 hexadecimal digits", "make one with: openssl rand -hex 32")),
		text(row{Name: "user_store", Default: "database_unique_id", Doc: "the product's user_store.type"},
			func(d *document) *string { return &d.UserStore }),
		nested(row{Name: "ssh", Doc: "how hosts are reached; a group or host may override each key"},
			func(d *document) *SSH { return &d.ssh }, sshTable()),
		nested(row{Name: "install", Doc: "where and how the product is installed; a group or host may override each key"},
			func(d *document) *Install { return &d.install }, installTable()),
		nested(row{Name: "gate", Doc: "how a node is waited for; a group or host may override each key"},
			func(d *document) *Gate { return &d.Gate }, gateTable()),
		nested(row{Name: "databases", Note: "embedded H2 on each node; refused with two all-in-one nodes", Doc: "the shared databases"},
			func(d *document) *Databases { return &d.Databases }, databasesTable()),
		nested(row{Name: "keystores", Doc: "the stores that nodes use, under repository/resources/security"},
			func(d *document) *Keystores { return &d.Keystores }, keystoresTable()),
		certificatesKey(),
		nested(row{Name: "secrets", Doc: "how secrets are kept, here and on nodes: docs/secrets.md"},
			func(d *document) *Secrets { return &d.Secrets }, secretsTable()),
		{row: row{Name: "hosts_file", Type: "list of names", Named: "ADDRESS", Note: "none", Doc: "more names for /etc/hosts, beside every node's own and the hostnames"}, read: readHostsFile},
		{row: row{
			Name: "environments", Type: "mapping", Named: "NAME", Keys: environmentTable().rows(),
			Note: "one for each that a gateway names", Doc: "the gateway environments, as the portals show them",
		}, read: readEnvironments},
		{row: row{
			Name: "groups", Type: "mapping", Named: "GROUP", OneOf: roleNames(), Keys: groupTable().rows(), Required: true,
			Doc: "the hosts, by what they are; all-in-one is required",
		}, read: func(c cursor, d *document) { d.groups = c }},
		nested(row{Name: "load_balancer", Doc: "what the group load-balancer shows its clients, and how it lets nodes go"},
			func(d *document) *Balancer { return &d.Balancer }, balancerTable()),
		nested(row{Name: "drain", Doc: "commands that tell a load balancer of your own, where there is no group load-balancer"},
			func(d *document) *Drain { return &d.Drain }, drainTable()),
		hardeningKey(),
		nested(row{Name: "features", Doc: "what may be switched on; each off unless named"},
			func(d *document) *Features { return &d.Features }, featuresTable()),
	}
}

func roleNames() []string {
	return []string{string(AllInOne), string(Gateway), string(LoadBalancer)}
}

// readVersion takes 4.6 as it is meant: what is wrong with it is not that YAML makes it a number.
func readVersion(c cursor, d *document) {
	if c.kind() == "a number" {
		d.Version = c.n.Value
	} else if s, _, ok := c.text(); ok {
		d.Version = s
	} else {
		return
	}
	if !slices.Contains(versions(), d.Version) {
		c.bad(c.n.Value+" is no version that apimctl knows", "they are "+strings.Join(versions(), ", "))
		d.Version = ""
	}
}

func hostnamesTable() table[document] {
	return table[document]{
		text(row{Name: "all-in-one", Note: "the node's own name", Doc: "portals, key manager, event hub"},
			func(d *document) *string { return &d.hostnames.allInOne }, hostName),
		text(row{Name: "gateway", Note: "the node's own name", Doc: "API traffic"},
			func(d *document) *string { return &d.hostnames.gateway }, hostName),
	}
}

func proxyTable() table[Proxy] {
	const note = "with a load-balancer group or two nodes of a kind, else 0"
	return table[Proxy]{
		number(row{Name: "https", Max: 65535, Note: "443 " + note, Doc: "0: clients call the nodes' own ports"},
			func(p *Proxy) *int { return &p.HTTPS }),
		number(row{Name: "http", Max: 65535, Note: "80 " + note, Doc: "0: clients call the nodes' own ports"},
			func(p *Proxy) *int { return &p.HTTP }),
	}
}

func balancerTable() table[Balancer] {
	return table[Balancer]{
		pemFile(row{
			Name: "certificate", Note: "the balancer's own of certificates.mode; without either nginx is left alone",
			Doc: "PEM: the certificate for the hostnames (management too), with its chain",
		},
			func(b *Balancer) *string { return &b.Certificate }),
		path(row{Name: "key", Note: "needed with certificate", Doc: "PEM: its private key"},
			func(b *Balancer) *string { return &b.Key }, true),
		text(row{Name: "management", Note: "none", Doc: "public hostname of the gateways' own port 9443, at the load balancer's https port"},
			func(b *Balancer) *string { return &b.Management }, hostName),
		span(row{Name: "drain", Default: "30s", Min: 0, Doc: "how long requests in flight may take before a node is stopped"},
			func(b *Balancer) *time.Duration { return &b.Drain }),
	}
}

func drainTable() table[Drain] {
	const doc = "run on this machine, in the inventory's folder; {host}, {address} and {group} are the node's"
	return table[Drain]{
		argv(row{Name: "command", Note: "none", Doc: "takes a node out before it stops: program and arguments, " + doc},
			func(d *Drain) *[]string { return &d.Command }),
		argv(row{Name: "restore", Note: "needed with command", Doc: "puts it back once it is healthy"},
			func(d *Drain) *[]string { return &d.Restore }),
		span(row{Name: "for", Default: "30s", Min: 0, Doc: "how long requests in flight may take after command"},
			func(d *Drain) *time.Duration { return &d.For }),
	}
}

func adminTable() table[Admin] {
	return table[Admin]{
		text(row{Name: "username", Default: "admin", Doc: "3 to 30 characters, no spaces"},
			func(a *Admin) *string { return &a.Username },
			matches(adminName, "is no good user name", "use 3 to 30 characters without spaces")),
		secret(row{Name: "password", Default: "admin", Doc: "5 to 30 characters, no spaces"},
			func(a *Admin) *Secret { return &a.Password },
			matches(adminWord, "is no good password", "use 5 to 30 characters without spaces")),
	}
}

func distributionsTable() table[document] {
	return table[document]{
		distribution(row{Name: "all-in-one", Required: true, Doc: "wso2am-VERSION.zip"},
			func(d *document) *Distribution { return &d.distributions.allInOne }),
		distribution(row{Name: "gateway", Note: "required with a gateway group", Doc: "wso2am-universal-gw-VERSION.zip"},
			func(d *document) *Distribution { return &d.distributions.gateway }),
	}
}

func distributionTable() table[Distribution] {
	return table[Distribution]{
		path(row{Name: "file", Note: "required without url", Doc: "a zip on this machine"}, func(d *Distribution) *string { return &d.File }, true),
		text(row{Name: "url", Note: "required without file", Doc: "https://...; needs sha256"}, func(d *Distribution) *string { return &d.URL }, webURL("https")),
		text(row{Name: "sha256", Note: "required with url", Doc: "the zip's digest, checked before use"}, func(d *Distribution) *string { return &d.SHA256 },
			matches(digest, "is no SHA-256", "write the 64 hexadecimal digits that sha256sum prints")),
	}
}
