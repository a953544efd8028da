package render

import (
	"net"
	"slices"
	"strconv"
	"strings"
)

// A NginxInput is what a load balancer's configuration depends on. Names and addresses are those that an inventory allows.
type NginxInput struct {
	Name       string // of the deployment: upstreams and zones carry it, so that two deployments can share a balancer
	AllInOne   string // public hostname of the portals and of what gateways call
	Gateway    string // public hostname of API traffic; used where there are gateways
	Management string // public hostname of the gateways' own servlet port; "" is none
	AllInOnes  []Peer
	Gateways   []Peer
	Down       []string // names of nodes that are sent nothing
	Ports      NginxPorts

	Certificate string   // path on the balancer: PEM of what clients are shown, with its chain
	Key         string   // path: its key
	Trusted     string   // path: PEM of what the nodes' certificates may chain to, or be
	ServerName  string   // the name that the nodes' certificates are for; "" is "localhost", the vendor's own
	Allow       []string // IP addresses and networks that may call /services and /carbon
	Log         string   // path of a log of what gateways answer; "" is none
	Moving      string   // path of the file that is there while clients are moved to new connections
}

// NginxPorts are the ports that the balancer listens on; 0 is none.
type NginxPorts struct{ HTTPS, HTTP, WSS, WS, WebSubHTTPS, WebSubHTTP int }

// DefaultNginxPorts are those that the portals tell clients (product-facts.md §3, §8).
func DefaultNginxPorts() NginxPorts {
	return NginxPorts{HTTPS: 443, HTTP: 80, WSS: portWSS, WS: portWS, WebSubHTTPS: portWebSubHTTPS, WebSubHTTP: portWebSubHTTP}
}

// Nginx is a file for nginx's conf.d: upstreams and a server for each public hostname and port (product-facts.md §8).
//
// Portals are sticky, API traffic is not. TLS ends here and begins anew towards the nodes, whose certificates are verified.
// JMS and the data bridges are never balanced: nodes name all their peers. While the file Moving is there, each answer says
// "Connection: close": a reload ends kept-open connections without a word, and a client that is just using one would lose its request.
func Nginx(in NginxInput) []byte {
	var c nginxConf
	c.line("# made by apimctl for %s; edits are overwritten: change the inventory", in.Name)
	c.open("map $http_upgrade %s", in.connection())
	c.line("default upgrade;")
	c.line(`"" "";`)
	c.close()
	in.watched(&c)
	portals := in.upstream(&c, "portals", in.AllInOnes, portServletHTTPS)
	in.portalServers(&c, portals)
	if len(in.Gateways) > 0 {
		in.gatewayServers(&c)
	}
	return c.Bytes()
}

// NginxDown names the nodes that a configuration made by Nginx sends nothing to.
func NginxDown(conf []byte) []string {
	var down []string
	for line := range strings.Lines(string(conf)) {
		rule, name, ok := strings.Cut(strings.TrimSpace(line), "; # ")
		if ok && strings.HasPrefix(rule, "server ") && strings.HasSuffix(rule, " down") && !slices.Contains(down, name) {
			down = append(down, name)
		}
	}
	return down
}

// watched logs each request to a gateway's APIs: whom it was sent to, and what they answered. It stands beside the logs that nginx.conf has: in
// a server it would be in their place.
func (in NginxInput) watched(c *nginxConf) {
	if in.Log == "" || len(in.Gateways) == 0 {
		return
	}
	c.open("map $proxy_host $%s_watched", in.ident())
	c.line("default 0;")
	c.line("%s_api_https 1;", in.ident())
	c.line("%s_api_http 1;", in.ident())
	c.close()
	c.line(`log_format %s "$upstream_addr|$upstream_status";`, in.ident())
	c.line("access_log %s %s if=$%s_watched;", in.Log, in.ident(), in.ident())
}

func (in NginxInput) portalServers(c *nginxConf, portals string) {
	in.server(c, nginxServer{name: in.AllInOne, port: in.Ports.HTTPS, tls: true}, func() { in.portalLocations(c, portals) })
	in.server(c, nginxServer{name: in.AllInOne, port: in.Ports.HTTP, redirects: true}, func() {
		at := in.AllInOne
		if in.Ports.HTTPS != 443 {
			at = net.JoinHostPort(at, strconv.Itoa(in.Ports.HTTPS))
		}
		in.location(c, "/", "redirect", "return 301 https://"+at+"$request_uri;")
	})
}

// inside are the paths of the admin services and the console, a tenant's too. Tomcat drops what follows a ";" in a segment, and then the
// segment if nothing but a dot is left.
const inside = `^/(\.?;[^/]*/)*(t(;[^/]*)?/(\.?;[^/]*/)*[^/]+/(\.?;[^/]*/)*)?(services|carbon)`

// crooked are requests that nginx and Tomcat take for different paths, since nginx takes ".." away and keeps what follows a ";".
const crooked = `^[^?]*((;|%3b)[^?]*(\.|%2e){2}|(\.|%2e){2}[^?]*(;|%3b))`

func (in NginxInput) portalLocations(c *nginxConf, upstream string) {
	c.line(`if ($request_uri ~* "%s") { return 400; }`, crooked)
	pass := "proxy_pass https://" + upstream + ";"
	in.location(c, "/", "public", pass)
	var rules []string
	for _, a := range in.Allow {
		rules = append(rules, "allow "+a+";")
	}
	in.location(c, `~ "`+inside+`"`, "inside", append(rules, "deny all;", pass)...)
}

func (in NginxInput) gatewayServers(c *nginxConf) {
	for _, s := range []struct {
		name          string
		listens, port int
		tls, upgrades bool
	}{
		{"api_https", in.Ports.HTTPS, portHTTPS, true, false},
		{"api_http", in.Ports.HTTP, portHTTP, false, false},
		{"wss", in.Ports.WSS, portWSS, true, true},
		{"ws", in.Ports.WS, portWS, false, true},
		{"websub_https", in.Ports.WebSubHTTPS, portWebSubHTTPS, true, true},
		{"websub_http", in.Ports.WebSubHTTP, portWebSubHTTP, false, true},
	} {
		if s.listens == 0 {
			continue
		}
		pass := "proxy_pass http://" + in.upstream(c, s.name, in.Gateways, s.port) + ";"
		if s.tls {
			pass = strings.Replace(pass, "http:", "https:", 1)
		}
		server := nginxServer{name: in.Gateway, port: s.listens, tls: s.tls, upgrades: s.upgrades}
		in.server(c, server, func() { in.location(c, "/", "public", pass) })
	}
	if in.Management != "" {
		upstream := in.upstream(c, "management", in.Gateways, portServletHTTPS)
		in.server(c, nginxServer{name: in.Management, port: in.Ports.HTTPS, tls: true}, func() { in.portalLocations(c, upstream) })
	}
}

// upstream writes the nodes of a kind at a port and returns its name.
//
// Portals are sticky by address: community nginx has nothing else. A server of gateways that failed is left alone for a while, and
// stands once more as a backup that is never left alone, so that the last one left is asked all the same; ip_hash takes no backups.
func (in NginxInput) upstream(c *nginxConf, kind string, nodes []Peer, port int) string {
	name := in.ident() + "_" + kind
	sticky := kind == "portals"
	c.open("upstream %s", name)
	c.line("zone %s 128k;", name)
	if sticky {
		c.line("ip_hash;")
	}
	up := 0
	for _, n := range nodes {
		if !slices.Contains(in.Down, n.Name) {
			up++
		}
	}
	fails := "max_fails=3 fail_timeout=10s"
	if sticky && up == 1 {
		fails = "max_fails=0"
	}
	in.nodes(c, nodes, port, fails)
	if !sticky {
		in.nodes(c, nodes, port, "max_fails=0 backup")
	}
	c.line("keepalive 32;")
	c.line("keepalive_timeout 10s;") // shorter than a node's own: a POST on a connection that the node just ends is lost
	c.close()
	return name
}

func (in NginxInput) nodes(c *nginxConf, nodes []Peer, port int, how string) {
	for _, n := range nodes {
		state := how
		if slices.Contains(in.Down, n.Name) {
			state += " down"
		}
		c.line("server %s %s; # %s", net.JoinHostPort(n.Address, strconv.Itoa(port+n.Offset)), state, n.Name)
	}
}

// ident is the deployment's name where nginx takes letters, digits and underscores only.
func (in NginxInput) ident() string {
	return "apimctl_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, in.Name)
}

// connection is the variable that holds the Connection header for a request that may ask for another protocol.
func (in NginxInput) connection() string { return "$" + in.ident() + "_connection" }
