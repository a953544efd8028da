package render

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"
)

// A nginxConf is a configuration as it is written.
type nginxConf struct {
	bytes.Buffer
	depth int
}

func (c *nginxConf) line(format string, args ...any) {
	c.WriteString(strings.Repeat("\t", c.depth))
	fmt.Fprintf(c, format+"\n", args...)
}

func (c *nginxConf) open(format string, args ...any) {
	if c.depth == 0 {
		c.WriteByte('\n')
	}
	c.line(format+" {", args...)
	c.depth++
}

func (c *nginxConf) close() {
	c.depth--
	c.line("}")
}

// A nginxServer is a public hostname at a port.
type nginxServer struct {
	name      string
	port      int
	tls       bool // on both sides
	upgrades  bool // whether clients may ask for another protocol, and be silent for long then
	redirects bool // whether it passes nothing on
}

// server writes a server, with what body writes as its locations. Port 0 is none.
func (in NginxInput) server(c *nginxConf, s nginxServer, body func()) {
	if s.port == 0 {
		return
	}
	c.open("server")
	if s.tls {
		c.line("listen %d ssl;", s.port)
	} else {
		c.line("listen %d;", s.port)
	}
	c.line("server_name %s;", s.name)
	if s.tls {
		in.tls(c)
	}
	c.line("server_tokens off;")
	c.line("large_client_header_buffers 4 32k;")
	switch {
	case s.upgrades:
		passing(c, "1h", "$http_upgrade", in.connection())
	case !s.redirects:
		passing(c, "5m", `""`, `""`)
	}
	body()
	c.close()
}

func (in NginxInput) tls(c *nginxConf) {
	c.line("ssl_certificate %s;", in.Certificate)
	c.line("ssl_certificate_key %s;", in.Key)
	c.line("ssl_protocols TLSv1.2 TLSv1.3;")
	c.line("ssl_session_cache shared:%s_tls:10m;", in.ident())
	c.line("ssl_session_timeout 1h;")
	c.line("proxy_ssl_verify on;")
	c.line("proxy_ssl_verify_depth 5;")
	c.line("proxy_ssl_trusted_certificate %s;", in.Trusted)
	c.line("proxy_ssl_server_name on;")
	c.line("proxy_ssl_name %s;", cmp.Or(in.ServerName, "localhost"))
	c.line("proxy_ssl_protocols TLSv1.2 TLSv1.3;")
}

// passing is how requests are passed on, silence being how long a node may take (product-facts.md §8). A request is given to another node where none was
// reached, or where none answered a method that may be repeated: non_idempotent is not named.
// Headers are set for a whole server: a location that sets one of its own would drop them all.
func passing(c *nginxConf, silence, upgrade, connection string) {
	c.line("client_max_body_size 0;") // the nodes have limits of their own
	c.line("proxy_buffer_size 32k;")
	c.line("proxy_buffers 8 32k;")
	c.line("proxy_busy_buffers_size 64k;")
	c.line("proxy_http_version 1.1;")
	c.line("proxy_connect_timeout 5s;")
	c.line("proxy_read_timeout %s;", silence)
	c.line("proxy_send_timeout %s;", silence)
	c.line("proxy_next_upstream error timeout;")
	c.line("proxy_next_upstream_timeout 30s;")
	for _, h := range [][2]string{
		{"Host", "$http_host"},
		{"X-Real-IP", "$remote_addr"},
		{"X-Forwarded-For", "$proxy_add_x_forwarded_for"},
		{"X-Forwarded-Host", "$http_host"},
		{"X-Forwarded-Server", "$host"},
		{"X-Forwarded-Port", "$server_port"},
		{"X-Forwarded-Proto", "$scheme"},
		{"Upgrade", upgrade},
		{"Connection", connection},
	} {
		c.line("proxy_set_header %s %s;", h[0], h[1])
	}
}

// location writes a location and its twin, which does the same on a connection that ends with the answer.
// keepalive_timeout stands in no `if` and takes no variable: another location it has to be.
func (in NginxInput) location(c *nginxConf, match, name string, lines ...string) {
	c.open("location %s", match)
	c.line("if (-f %s) { return 418; }", in.Moving)
	c.line("error_page 418 = @%s_moving;", name)
	for _, l := range lines {
		c.line("%s", l)
	}
	c.close()
	c.open("location @%s_moving", name)
	c.line("keepalive_timeout 0;")
	for _, l := range lines {
		c.line("%s", l)
	}
	c.close()
}
