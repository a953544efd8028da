package render

import "fmt"

// topology is the server itself: its name, its offset, and the ports that a load balancer shows for it.
func (p plan) topology() Layer {
	l := newLayer("topology")
	if p.isGateway() {
		l.set("hostnames.gateway", "server.hostname", p.gatewayHost())
	} else {
		l.set("hostnames.all-in-one", "server.hostname", p.allInOneHost())
		l.set("version", "server.base_path", "${carbon.protocol}://${carbon.host}:${carbon.management.port}")
		l.set("hostnames.all-in-one", "apim.devportal.url", p.allInOneURL("/devportal"))
	}
	l.set("version", "server.node_ip", "127.0.0.1")
	l.set("version", "server.server_role", "default") // a gateway too: product-facts.md §10
	l.set(p.host("offset"), "server.offset", p.node.Offset)
	l.set("user_store", "user_store.type", or(p.UserStore, "database_unique_id"))
	p.proxyPorts(l)
	p.taskAddresses(l)
	if p.isGateway() {
		l.set("groups.gateway.environment", "apim.sync_runtime_artifacts.gateway.gateway_labels", []string{label(p.node.Peer)})
		p.gatewayNotification(l)
	}
	return l.Layer
}

// gatewayNotification is how a gateway tells what it has deployed; 4.5.0 does not know it (product-facts.md §10).
func (p plan) gatewayNotification(l *layerOf) {
	if p.release < v460 {
		return
	}
	l.set(p.host("name"), "apim.gateway_notification.gateway_id", p.node.Name)
	if p.Features.NoGatewayNotification {
		l.set("features.gateway_notification", "apim.gateway_notification.enabled", false)
	}
}

// proxyPorts are the ports that clients see. Without a load balancer there are none to say (product-facts.md §8).
// The product adds its offset to port, not to proxyPort.
func (p plan) proxyPorts(l *layerOf) {
	const from = "proxy"
	if !p.LoadBalanced {
		return
	}
	l.set(from, "transport.https.properties.proxyPort", p.balanced().HTTPS)
	if p.isGateway() {
		l.set(from, "transport.http.properties.port", portServletHTTP)
		l.set(from, "transport.http.properties.proxyPort", p.balanced().HTTP)
		l.set(from, "transport.https.properties.port", portServletHTTPS)
	}
}

// taskAddresses rewrites the addresses that the product does not offset itself (product-facts.md §3).
func (p plan) taskAddresses(l *layerOf) {
	if p.node.Offset == 0 {
		return
	}
	self := fmt.Sprintf("https://localhost:%d", portServletHTTPS+p.node.Offset)
	l.set(p.host("offset"), "tasks.server_address", self)
	l.set(p.host("offset"), "tasks.client_dispatch_address", self)
}

// label is the environment that a gateway serves.
func label(g Peer) string {
	if g.Environment == "" {
		return defaultEnvironment
	}
	return g.Environment
}

// admin is the super admin, whose credentials the nodes use among each other.
func (p plan) admin() Layer {
	l := newLayer("admin")
	l.set("admin.username", "super_admin.username", xmlText(p.AdminUser))
	l.set("admin.password", "super_admin.password", xmlText(p.AdminPassword))
	l.set("admin", "super_admin.create_admin_account", true)
	return l.Layer
}
