package render

import (
	"strings"
)

const (
	adminUserRef     = "$ref{super_admin.username}"
	adminPasswordRef = "$ref{super_admin.password}"

	// The product resolves no $ref inside lists of tables (product-facts.md §12); these it replaces when it runs.
	adminUserLate     = "${admin.username}"
	adminPasswordLate = "${admin.password}"
)

// eventHub is how the nodes hear of deployments, subscriptions and revoked tokens, and the key manager they ask.
func (p plan) eventHub() Layer {
	const from = "groups.all-in-one.hosts"
	l := newLayer("event hub")
	l.set("hostnames.all-in-one", "apim.key_manager.service_url", p.allInOneURL("/services/"))
	l.set("admin.username", "apim.key_manager.username", adminUserRef)
	l.set("admin.password", "apim.key_manager.password", adminPasswordRef)
	l.set(from, "apim.event_hub.enable", true)
	l.set("admin.username", "apim.event_hub.username", adminUserRef)
	l.set("admin.password", "apim.event_hub.password", adminPasswordRef)
	l.set("hostnames.all-in-one", "apim.event_hub.service_url", p.allInOneURL("/services/"))
	l.set(from, "apim.event_hub.event_listening_endpoints", p.listening())
	p.jmsCredentials(l, "apim.event_hub.jms")
	if p.isGateway() {
		return l.Layer
	}
	l.set("version", "apim.key_manager.type", "default")
	if others := p.jms(p.others()); len(others) > 0 {
		l.set(from, "apim.event_hub.event_duplicate_url", others)
	}
	groups := make([]Table, len(p.AllInOnes))
	for i, a := range p.AllInOnes {
		groups[i] = Table{
			{Key: []string{"urls"}, Value: p.events(a), From: from + "." + a.Name},
			{Key: []string{"auth_urls"}, Value: p.eventsAuth(a), From: from + "." + a.Name},
		}
	}
	l.set(from, "apim.event_hub.publish.url_group", groups)
	p.revocationListener(l)
	return l.Layer
}

// jmsCredentials sets the credentials of JMS addresses where they need an encoding of their own: they stand in a URL,
// while super_admin's stand in XML. Without these keys the product takes super_admin's.
func (p plan) jmsCredentials(l *layerOf, table string) {
	user, password := urlText(p.AdminUser), urlText(p.AdminPassword)
	if user == xmlText(p.AdminUser) && password == xmlText(p.AdminPassword) {
		return
	}
	l.set("admin.username", table+".username", user)
	l.set("admin.password", table+".password", password)
}

// revocationListener tells the event hub of tokens that the resident key manager revokes.
func (p plan) revocationListener(l *layerOf) {
	const from = "hostnames.all-in-one"
	property := func(name string, value any) Setting {
		return Setting{Key: []string{"properties", name}, Value: value, From: from}
	}
	l.set(from, "event_listener", []Table{{
		{Key: []string{"id"}, Value: "token_revocation", From: from},
		{Key: []string{"type"}, Value: "org.wso2.carbon.identity.core.handler.AbstractIdentityHandler", From: from},
		{Key: []string{"name"}, Value: "org.wso2.is.notification.ApimOauthEventInterceptor", From: from},
		{Key: []string{"order"}, Value: 1, From: from},
		property("notification_endpoint", p.allInOneURL("/internal/data/v1/notify")),
		property("username", adminUserLate),
		property("password", adminPasswordLate),
		property("header.X-WSO2-KEY-MANAGER", "default"),
	}})
}

// eventHubTLS puts JMS on TLS. The value of ssl goes verbatim between quotes in a JMS URL in an XML file, which is why
// its own quotes are unbalanced and its ampersands are &amp; (product-facts.md §10). The guide's list of protocols
// begins with TLSv1, which current JDKs refuse, so only TLSv1.2 is named (product-facts.md §9).
func (p plan) eventHubTLS() Layer {
	l := newLayer("feature event_hub_tls")
	if p.Features.EventHubTLS == nil {
		return l.Layer
	}
	const from = "features.event_hub_tls"
	for _, table := range []string{"apim.event_hub", "apim.throttling"} {
		l.set(from, table+".jms.ssl", p.jmsTLS())
		if urlText(p.AdminUser) == xmlText(p.AdminUser) && urlText(p.AdminPassword) == xmlText(p.AdminPassword) {
			l.set("admin.username", table+".jms.username", adminUserRef)
			l.set("admin.password", table+".jms.password", adminPasswordRef)
		}
	}
	l.set(from, "apim.event_hub.ssl", p.jmsTLS())
	if !p.isGateway() {
		p.brokerTLS(l, from)
	}
	return l.Layer
}

func (p plan) jmsTLS() string {
	key, trust := p.tlsKeystore(), p.truststore()
	alias := p.Features.EventHubTLS.Alias
	if alias == "" {
		alias = key.Alias
	}
	return strings.Join([]string{
		"true'",
		"ssl_cert_alias='" + urlText(alias) + "'",
		"trust_store='" + securityDir + trust.File + "'",
		"trust_store_password='" + urlText(trust.Password) + "'",
		"key_store='" + securityDir + key.File + "'",
		"key_store_password='" + urlText(key.Password),
	}, "&amp;")
}

// brokerTLS is the server's leg. The product adds its offset to the port.
func (p plan) brokerTLS(l *layerOf, from string) {
	const conn = "broker.transport.amqp.ssl_connection"
	key, trust := p.tlsKeystore(), p.truststore()
	l.set(from, conn+".enabled", true)
	l.set(from, conn+".port", "8672")
	l.set(from, conn+".ssl_enabled_protocols", "TLSv1.2")
	l.set(from, conn+".ciphers", strings.Join([]string{
		"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
	}, ","))
	l.set(from, conn+".keystore.location", securityDir+key.File)
	l.set(from, conn+".keystore.password", xmlText(key.Password))
	l.set(from, conn+".keystore.cert_type", "SunX509")
	l.set(from, conn+".truststore.location", securityDir+trust.File)
	l.set(from, conn+".truststore.password", xmlText(trust.Password))
	l.set(from, conn+".truststore.cert_type", "SunX509")
}
