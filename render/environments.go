package render

import "slices"

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

func (p plan) environment(e Environment) Table {
	from := "environments." + e.Name
	var t Table
	set := func(key string, value any) { t = append(t, Setting{Key: []string{key}, Value: value, From: from}) }
	set("name", e.Name)
	set("type", or(e.Type, "hybrid"))
	set("gateway_type", or(e.GatewayType, "Regular"))
	set("provider", or(e.Provider, "wso2"))
	set("display_in_api_console", true)
	set("show_as_token_endpoint_url", true)
	set("description", xmlText(or(e.Description, environmentText(or(e.Type, "hybrid")))))
	if e.DisplayName != "" {
		set("display_name", xmlText(e.DisplayName))
	}
	if e.Visibility != "" {
		set("visibility", xmlText(e.Visibility))
	}
	set("username", adminUserLate)
	set("password", adminPasswordLate)
	host, offset := p.environmentHost(e)
	web := func(scheme string, direct, balanced int, rest string) string {
		if p.LoadBalanced {
			return urlOf(scheme, host, balanced, rest)
		}
		return urlOf(scheme, host, direct+offset, rest)
	}
	set("service_url", xmlText(or(e.ServiceURL, web("https", portServletHTTPS, portBalancedHTTPS, "/services/"))))
	set("http_endpoint", xmlText(or(e.HTTP, web("http", portHTTP, portBalancedHTTP, ""))))
	set("https_endpoint", xmlText(or(e.HTTPS, web("https", portHTTPS, portBalancedHTTPS, ""))))
	set("ws_endpoint", xmlText(or(e.WS, web("ws", portWS, portWS, ""))))
	set("wss_endpoint", xmlText(or(e.WSS, web("wss", portWSS, portWSS, ""))))
	set("websub_event_receiver_http_endpoint", xmlText(or(e.WebSubHTTP, web("http", portWebSubHTTP, portWebSubHTTP, ""))))
	set("websub_event_receiver_https_endpoint", xmlText(or(e.WebSubHTTPS, web("https", portWebSubHTTPS, portWebSubHTTPS, ""))))
	return t
}

// environmentHost is the host that an environment is called at and, without a load balancer, its offset.
func (p plan) environmentHost(e Environment) (host string, offset int) {
	nodes := p.gateways()
	first := slices.IndexFunc(nodes, func(g Peer) bool { return label(g) == e.Name })
	switch {
	case first < 0:
		return or(e.Hostname, p.gatewayHost()), nodes[0].Offset
	case first == 0 || p.LoadBalanced:
		return or(e.Hostname, p.gatewayHost()), nodes[first].Offset
	}
	return or(e.Hostname, nodes[first].Name), nodes[first].Offset
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
