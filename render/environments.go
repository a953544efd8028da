package render

import (
	"slices"
	"strings"
)

const defaultEnvironment = "Default"

// environments are the gateway environments that the all-in-one nodes' portals offer. The one that distributions ship
// goes, unless it is one of the deployment's.
func (p plan) environments() Layer {
	l := newLayer("environments")
	if p.isGateway() {
		return l.Layer
	}
	all := p.allEnvironments()
	var tables []Table
	shipped := slices.ContainsFunc(all, func(e Environment) bool { return e.Name == defaultEnvironment })
	if !shipped {
		tables = append(tables, Table{{Key: []string{"name"}, Value: defaultEnvironment}, {}})
		l.set("environments", "apim.sync_runtime_artifacts.gateway.gateway_labels", []string{all[0].Name})
	}
	for _, e := range all {
		tables = append(tables, p.environment(e))
	}
	l.set("environments", "apim.gateway.environment", tables)
	return l.Layer
}

// allEnvironments are those of the inventory, then those that only gateways name.
func (p plan) allEnvironments() []Environment {
	all := slices.Clone(p.Environments)
	for _, g := range p.gateways() {
		if !slices.ContainsFunc(all, func(e Environment) bool { return e.Name == label(g) }) {
			all = append(all, Environment{Name: label(g)})
		}
	}
	return all
}

// A tableOfKeys collects the settings of one element of an array.
type tableOfKeys struct {
	from string
	t    Table
}

func (e *tableOfKeys) set(key string, value any) {
	e.t = append(e.t, Setting{Key: []string{key}, Value: value, From: e.from})
}

func (p plan) environment(e Environment) Table {
	t := &tableOfKeys{from: "environments." + e.Name}
	t.set("name", e.Name)
	t.set("type", or(e.Type, "hybrid"))
	t.set("gateway_type", or(e.GatewayType, "Regular"))
	t.set("provider", xmlText(or(e.Provider, "wso2")))
	t.set("display_in_api_console", !e.HideInConsole)
	t.set("show_as_token_endpoint_url", !e.HideTokenURL)
	t.set("description", xmlText(or(e.Description, environmentText(or(e.Type, "hybrid")))))
	if e.DisplayName != "" {
		t.set("display_name", xmlText(e.DisplayName))
	}
	if e.Visibility != "" {
		t.set("visibility", strings.Split(xmlText(e.Visibility), ","))
	}
	t.set("username", adminUserLate)
	t.set("password", adminPasswordLate)
	host, offset := p.environmentHost(e)
	service := p.url("https", host, portServletHTTPS+offset, p.balanced().HTTPS) + "/services/"
	t.set("service_url", xmlText(or(e.ServiceURL, service)))
	p.endpoints(t, VHost{host, e.HTTP, e.HTTPS, e.WS, e.WSS, e.WebSubHTTP, e.WebSubHTTPS}, offset)
	var vhosts []Table
	for _, v := range e.VHosts {
		vt := &tableOfKeys{from: t.from + ".vhosts"}
		p.endpoints(vt, v, offset)
		vhosts = append(vhosts, vt.t)
	}
	if len(vhosts) > 0 {
		t.set("virtual_host", vhosts)
	}
	return t.t
}

// endpoints are the addresses of API traffic. A load balancer has the gateways' own ports for WebSockets and WebSub.
func (p plan) endpoints(t *tableOfKeys, v VHost, offset int) {
	t.set("http_endpoint", xmlText(or(v.HTTP, p.url("http", v.Hostname, portHTTP+offset, p.balanced().HTTP))))
	t.set("https_endpoint", xmlText(or(v.HTTPS, p.url("https", v.Hostname, portHTTPS+offset, p.balanced().HTTPS))))
	t.set("ws_endpoint", xmlText(or(v.WS, p.url("ws", v.Hostname, portWS+offset, portWS))))
	t.set("wss_endpoint", xmlText(or(v.WSS, p.url("wss", v.Hostname, portWSS+offset, portWSS))))
	t.set("websub_event_receiver_http_endpoint", xmlText(or(v.WebSubHTTP, p.url("http", v.Hostname, portWebSubHTTP+offset, portWebSubHTTP))))
	t.set("websub_event_receiver_https_endpoint", xmlText(or(v.WebSubHTTPS, p.url("https", v.Hostname, portWebSubHTTPS+offset, portWebSubHTTPS))))
}

// url is an address on a node's own port, or on a load balancer's.
func (p plan) url(scheme, host string, direct, balanced int) string {
	if p.LoadBalanced {
		return urlOf(scheme, host, balanced, "")
	}
	return urlOf(scheme, host, direct, "")
}

// environmentHost is the host that an environment is called at and, without a load balancer, its offset.
func (p plan) environmentHost(e Environment) (host string, offset int) {
	nodes := p.gateways()
	first := slices.IndexFunc(nodes, func(g Peer) bool { return label(g) == e.Name })
	host = or(e.Hostname, p.gatewayHost())
	switch {
	case first < 0:
		return host, nodes[0].Offset
	case first > 0 && !p.LoadBalanced && host == p.gatewayHost():
		host = nodes[first].Name // the gateways' hostname leads to the first of them, which serves another environment
	}
	return host, nodes[first].Offset
}

func environmentText(kind string) string {
	switch kind {
	case "production":
		return "This is a production gateway that handles production token traffic."
	case "sandbox":
		return "This is a sandbox gateway that handles sandbox token traffic."
	}
	return "This is a hybrid gateway that handles both production and sandbox token traffic."
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
