package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// offsetMax keeps the highest port, 11111, in range (product-facts.md §3).
const offsetMax = 65535 - 11111

// A group is a group of hosts while it is read: what it says for each of them, and where they stand.
type group struct {
	host  Host
	hosts *cursor
}

func groupTable() table[group] {
	return append(table[group]{
		{
			row: row{
				Name: "hosts", Type: "mapping", Named: "NAME", Keys: hostTable().rows(), Required: true,
				Doc: "the hosts by name, one at least; gw-[1:40] stands for forty",
			},
			read: func(c cursor, g *group) { g.hosts = &c },
		},
	}, common(func(g *group) *Host { return &g.host }, words{"every host of the group", "the file's", "0", "Default"})...)
}

func hostTable() table[Host] {
	return append(table[Host]{
		text(row{Name: "address", Required: true, Doc: "IP address or host name, as this machine and the other nodes reach it; 10.0.1.[1:40] in a range"},
			func(h *Host) *string { return &h.Address }),
	}, common(func(h *Host) *Host { return h }, words{"this host", "the group's", "the group's", "the group's"})...)
}

// words are what differs between the keys of a group and those of a host.
type words struct{ whose, below, offset, environment string }

// common are the keys that a group and a host both have.
func common[T any](host func(*T) *Host, say words) table[T] {
	return table[T]{
		only([]Role{AllInOne, Gateway}, host, number(row{Name: "offset", Max: offsetMax, Note: say.offset, Doc: "added to every port of the product"},
			func(t *T) *int { return &host(t).Offset })),
		only([]Role{Gateway}, host, text(row{Name: "environment", Note: say.environment, Doc: "the gateway environment that is served, and its label"},
			func(t *T) *string { return &host(t).Environment },
			matches(plainName, "is no good environment", "use letters, digits, dots, hyphens and underscores"))),
		override(row{Name: "ssh", Note: say.below, Doc: "as ssh of the file, for " + say.whose},
			func(t *T) *SSH { return &host(t).SSH }, sshTable()),
		override(row{Name: "install", Note: say.below, Doc: "as install of the file, for " + say.whose},
			func(t *T) *Install { return &host(t).Install }, installTable()),
		override(row{Name: "gate", Note: say.below, Doc: "as gate of the file, for " + say.whose},
			func(t *T) *Gate { return &host(t).Gate }, gateTable()),
		only([]Role{AllInOne, Gateway}, host, key[T]{
			row: row{Name: "config", Type: "any TOML", Named: "KEY", Note: "nothing", Doc: "laid over deployment.toml of " + say.whose},
			read: func(c cursor, t *T) {
				if settings := c.settings(); len(settings) > 0 {
					h := host(t)
					h.Config = append(slices.Clone(h.Config), Layer{Name: layerName(*h), Settings: settings})
				}
			},
		}),
	}
}

func layerName(h Host) string {
	if h.Name == "" {
		return "group " + string(h.Role)
	}
	return "host " + h.Name
}

// override is nested without defaults: what is not written is what lies below.
func override[T, U any](r row, at func(*T) *U, t table[U]) key[T] {
	k := nested(r, at, t)
	k.Keys, k.settle = nil, nil
	k.Same = r.Name
	return k
}

// only refuses a key to the hosts of other roles.
func only[T any](roles []Role, host func(*T) *Host, k key[T]) key[T] {
	read := k.read
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	k.Doc += " (" + strings.Join(names, " and ") + " only)"
	k.read = func(c cursor, into *T) {
		if role := host(into).Role; !slices.Contains(roles, role) {
			c.bad(fmt.Sprintf("is not for %s hosts", role), "take it away")
			return
		}
		read(c, into)
	}
	return k
}

func sshTable() table[SSH] {
	return table[SSH]{
		text(row{Name: "user", Note: "the ssh config's, else who runs apimctl", Doc: "who logs in"},
			func(s *SSH) *string { return &s.User }, matches(plainName, "is no user name", "use letters, digits, dots, hyphens and underscores")),
		number(row{Name: "port", Min: 1, Max: 65535, Note: "the ssh config's, else 22", Doc: "where sshd listens"},
			func(s *SSH) *int { return &s.Port }),
		path(row{Name: "key", Note: "the ssh config's, else the usual names", Doc: "a private key; the agent is tried first"},
			func(s *SSH) *string { return &s.Key }, true),
		secret(row{Name: "passphrase", Note: "none", Doc: "of the key"}, func(s *SSH) *Secret { return &s.Passphrase }),
		secret(row{Name: "password", Note: "none", Doc: "for password and keyboard-interactive"}, func(s *SSH) *Secret { return &s.Password }),
		path(row{Name: "known_hosts", Note: "the ssh config's, else ~/.ssh/known_hosts", Doc: "strict: an unknown or changed key is an error"},
			func(s *SSH) *string { return &s.KnownHosts }, false),
		texts(row{Name: "bastions", Note: "none", Doc: "hosts to go through, in order: [user@]host[:port]"},
			func(s *SSH) *[]string { return &s.Bastions }, bastion),
		truth(row{Name: "become", Default: "true", Doc: "use sudo"}, func(s *SSH) *bool { return &s.Become }),
		secret(row{Name: "become_password", Note: "none", Doc: "for sudo, where it asks for one"}, func(s *SSH) *Secret { return &s.BecomePassword }),
		span(row{Name: "connect_timeout", Default: "15s", Min: 100, Doc: "for one connection"},
			func(s *SSH) *time.Duration { return &s.ConnectTimeout }),
		span(row{Name: "keepalive", Default: "15s", Doc: "between two signs of life; 0s for none"},
			func(s *SSH) *time.Duration { return &s.Keepalive }),
		sshConfig(),
	}
}

// sshConfig is a path that may be absent, or none.
func sshConfig() key[SSH] {
	at := func(s *SSH) *string { return &s.Config }
	k := path(row{Name: "config", Default: "~/.ssh/config", Doc: "the ssh config; none for none"}, at, false)
	read := k.read
	k.read = func(c cursor, s *SSH) {
		if c.n.Value == "none" {
			s.Config = ""
			return
		}
		read(c, s)
	}
	return k
}

func installTable() table[Install] {
	absolute := matches(hostFolder, "is no absolute path", "write one like /opt/wso2, without spaces")
	return table[Install]{
		text(row{Name: "dir", Type: "absolute path", Default: "/opt/wso2", Doc: "where everything of the product goes"},
			func(i *Install) *string { return &i.Dir }, absolute),
		text(row{Name: "user", Default: "wso2carbon", Doc: "whom the service runs as; created if absent, never root"},
			func(i *Install) *string { return &i.User }, notRoot, matches(account, "is no account name", "use lower-case letters, digits, hyphens and underscores")),
		text(row{Name: "group", Default: "wso2", Doc: "the service's group; created if absent"},
			func(i *Install) *string { return &i.Group }, matches(account, "is no group name", "use lower-case letters, digits, hyphens and underscores")),
		text(row{Name: "java_home", Type: "absolute path", Note: "found on the host", Doc: "the JDK; held against what the product's version accepts"},
			func(i *Install) *string { return &i.JavaHome }, absolute),
		nested(row{Name: "heap", Doc: "the JVM's heap"}, func(i *Install) *Heap { return &i.Heap }, heapTable()),
		text(row{Name: "service", Default: "auto", OneOf: []string{"auto", "systemd", "script"}, Doc: "auto: systemd where it is PID 1, else the product's script"},
			func(i *Install) *string { return &i.Service }),
		texts(row{Name: "java_opts", Note: "none", Doc: "more arguments of the JVM"},
			func(i *Install) *[]string { return &i.JavaOpts }, matches(javaOpt, "is no JVM argument", "write one argument for each element, beginning with -, without spaces")),
	}
}

func heapTable() table[Heap] {
	size := matches(heapSize, "is no size", "write it like 512m or 2g")
	return table[Heap]{
		text(row{Name: "min", Default: "256m", Doc: "as -Xms"}, func(h *Heap) *string { return &h.Min }, size),
		text(row{Name: "max", Default: "1024m", Doc: "as -Xmx"}, func(h *Heap) *string { return &h.Max }, size),
	}
}

func gateTable() table[Gate] {
	return table[Gate]{
		span(row{Name: "every", Default: "2s", Min: 10, Doc: "between two looks"}, func(g *Gate) *time.Duration { return &g.Every }),
		span(row{Name: "for", Default: "10m", Min: 10, Doc: "before giving up"}, func(g *Gate) *time.Duration { return &g.For }),
		number(row{Name: "in_a_row", Default: "3", Min: 1, Max: 100, Doc: "good looks that make a node healthy"}, func(g *Gate) *int { return &g.InARow }),
		truth(row{Name: "events", Default: "true", Doc: "a gateway has to reach JMS and the data bridges of every all-in-one node"}, func(g *Gate) *bool { return &g.Events }),
		truth(row{Name: "apis", Default: "true", Doc: "an all-in-one answers its internal data API, and a gateway has all APIs that the control plane has for it"}, func(g *Gate) *bool { return &g.APIs }),
		span(row{Name: "settle", Default: "0s", Doc: "how long a node that was stopped stays healthy, with its requests, before the next batch"},
			func(g *Gate) *time.Duration { return &g.Settle }),
		span(row{Name: "stop", Default: "5m", Min: 1000, Doc: "how long a node may take to stop"}, func(g *Gate) *time.Duration { return &g.Stop }),
	}
}
