package check

import (
	"slices"
	"strings"
)

var hardeningRules = []ruling{
	{Rule: Rule{
		Code: "APIM090", Severity: Warning, Title: "default password",
		Why:     "Everybody knows the passwords that the product ships with.",
		Fix:     "Set another one, and change the keystore with it.",
		Example: Example{Host: "aio-1", Wrong: "[keystore.tls]\npassword = \"wso2carbon\"", Right: "[keystore.tls]\npassword = \"mended-store\""},
	}, value: defaultPassword},
	{Rule: Rule{
		Code: "APIM091", Severity: Error, Title: "tokens encrypted and hashed",
		Why:     "Both set the same processor, and which one wins is chance.",
		Fix:     "Choose one, before the first token is made.",
		Example: Example{Host: "aio-1", Wrong: "[apim.oauth_config]\nenable_token_encryption = true\nenable_token_hashing = true", Right: "[apim.oauth_config]\nenable_token_encryption = true"},
	}, node: tokens},
	{Rule: Rule{
		Code: "APIM092", Severity: Error, Title: "JMS over TLS with TLSv1 only",
		Why: "The broker's port 8672 speaks TLSv1 unless told otherwise, and current JDKs refuse that: nobody can connect.",
		Fix: "Set ssl_enabled_protocols = \"TLSv1.2\" in [broker.transport.amqp.ssl_connection] of every all-in-one node.",
		Example: Example{
			Host:  "aio-1",
			Wrong: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://localhost:8672\"]",
			Right: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://localhost:8672\"]\n[broker.transport.amqp.ssl_connection]\nssl_enabled_protocols = \"TLSv1.2\"",
		},
	}, whole: oldTLS},
}

// defaultPasswords are those of the admin and of the keystores (product-facts.md §5, §9). The truststore's is
// left out: what is in it is public.
var defaultPasswords = map[string]string{
	"super_admin.password":      "admin",
	"keystore.primary.password": "wso2carbon", "keystore.tls.password": "wso2carbon", "keystore.internal.password": "wso2carbon",
}

func defaultPassword(c *run, n *node, e entry) {
	if known, ok := defaultPasswords[e.key]; ok && e.value == known {
		c.report(n, e.key, "the password is the one that the product ships with", "")
	}
}

func tokens(c *run, n *node) {
	const both = "apim.oauth_config.enable_token_"
	if n.text(both+"encryption") == "true" && n.text(both+"hashing") == "true" {
		c.report(n, both+"hashing", "tokens cannot be both encrypted and hashed", "")
	}
}

// oldTLS looks at the brokers whose TLS port somebody uses.
func oldTLS(c *run) {
	const key = "broker.transport.amqp.ssl_connection.ssl_enabled_protocols"
	used := map[*node]bool{}
	for _, n := range c.nodes {
		for _, e := range n.endpoints {
			for _, at := range e.at {
				tls, ok := at.listens(8672)
				used[at] = used[at] || ok && e.kind.events && e.port == tls
			}
		}
	}
	for _, n := range c.nodes {
		protocols := strings.FieldsFunc(n.ownText(key), func(r rune) bool { return r == ',' || r == ' ' })
		old := !slices.ContainsFunc(protocols, func(p string) bool { return p == "TLSv1.2" || p == "TLSv1.3" })
		if used[n] && old && !strings.Contains(n.ownText(key), "$") {
			c.report(n, key, "the broker speaks TLSv1 on its TLS port, which current JDKs refuse", "write TLSv1.2")
		}
	}
}
