package check

import (
	"slices"
	"strings"
)

// checklist are the rules of the production checklist that a deployment.toml shows (product-facts.md §9).
var checklist = []ruling{
	{Rule: Rule{
		Code: "APIM100", Severity: Warning, Title: "TLS older than 1.2",
		Why:     "The product's listeners offer TLS 1.0 and 1.1 unless told otherwise, which are broken (security guidelines for production; RFC 8996).",
		Fix:     "Set hardening.tls: true in the inventory, or the key that is named.",
		Example: Example{Host: "gw-1", Wrong: "[apim.wss]\nssl_enabled_protocols = \"TLSv1.1,TLSv1.2\"", Right: modern},
	}, node: weakTLS},
	{Rule: Rule{
		Code: "APIM101", Severity: Warning, Title: "H2 in use",
		Why:     "The embedded database is for trials: it is not shared, not backed up, and breaks when a process dies (production deployment guidelines).",
		Fix:     "Name the databases under databases in the inventory.",
		Example: Example{Host: "aio-1", Wrong: "[database.shared_db]\ntype = \"h2\"", Right: "[database.shared_db]\ntype = \"mysql\""},
	}, node: h2},
	{Rule: Rule{
		Code: "APIM102", Severity: Warning, Title: "host names in certificates are not verified",
		Why:     "The start script passes -Dhttpclient.hostnameVerifier=AllowAll: any certificate that is trusted opens any connection (security guidelines for production).",
		Fix:     "Give the nodes certificates of their own (certificates.mode); apimctl then has the product verify names. Leave HostnameVerifier of the pass-through sender as it is.",
		Example: Example{Host: "gw-1", Wrong: "[transport.passthru_https.sender.parameters]\nHostnameVerifier = \"AllowAll\"", Right: "[transport.passthru_https.sender.parameters]\nHostnameVerifier = \"DefaultAndLocalhost\""},
	}, node: verifier},
	{Rule: Rule{
		Code: "APIM103", Severity: Warning, Title: "JMX is served",
		Why:     "The product opens the ports 9999 and 11111 for JMX unless told otherwise; who gets in there runs code (security guidelines for production).",
		Fix:     "Set hardening.no_jmx: true in the inventory, or monitoring.jmx.rmi_server_start = false.",
		Example: Example{Host: "aio-1", Wrong: "[monitoring.jmx]\nrmi_server_start = true", Right: "[monitoring.jmx]\nrmi_server_start = false"},
	}, node: jmx},
	{Rule: Rule{
		Code: "APIM104", Severity: Warning, Title: "CORS lets every origin in",
		Why:     "Scripts of any web site may call the APIs with their users' browsers (security guidelines for production).",
		Fix:     "Name the origins in apim.cors.allow_origins.",
		Example: Example{Host: "gw-1", Wrong: "[apim.cors]\nallow_origins = \"*\"", Right: "[apim.cors]\nallow_origins = \"https://shop.example.com\""},
	}, node: cors},
	{Rule: Rule{
		Code: "APIM105", Severity: Info, Title: "admin console within reach of clients",
		Why: "/carbon and /services are for operators and nodes; at the edge they should be closed (security guidelines for production). The load balancer that apimctl configures closes both.",
		Fix: "Close both paths at the load balancer, or the port 9443 to clients by the firewall.",
	}, node: console},
	{Rule: Rule{
		Code: "APIM106", Severity: Info, Title: "APIs are served without TLS",
		Why:     "The pass-through transport listens on 8280 for plain HTTP: tokens cross the network readable (security guidelines for production).",
		Fix:     "Set transport.passthru_http.listener.enable = false, and take http_endpoint out of the environments; or close the port to clients.",
		Example: Example{Host: "gw-1", Wrong: "[transport.passthru_http.listener]\nenable = true", Right: "[transport.passthru_http.listener]\nenable = false"},
	}, node: plainHTTP},
	{Rule: Rule{
		Code: "APIM107", Severity: Info, Title: "responses name the product",
		Why:     "The Server header tells an attacker what to try (security guidelines for production).",
		Fix:     "Set hardening.headers: true in the inventory, or transport.https.properties.server.",
		Example: Example{Host: "gw-1", Wrong: "[server]\nhostname = \"gw.example.com\"", Right: "[transport.https.properties]\nserver = \"Server\"\n[transport.http.properties]\nserver = \"Server\""},
	}, node: serverHeader},
}

// A listener is a key with the TLS versions of something that listens or calls, as the product ships it.
type listener struct{ key, what, ships string }

// listeners are the keys that have consumers (product-facts.md §9). JMS over TLS has a rule of its own, APIM092.
var listeners = []listener{
	{"transport.https.sslHostConfig.properties.protocols", "the console and the portals", "+TLSv1,+TLSv1.1,+TLSv1.2"},
	{"transport.passthru_https.listener.parameters.HttpsProtocols", "API traffic", "TLSv1,TLSv1.1,TLSv1.2"},
	{"transport.passthru_https.sender.parameters.HttpsProtocols", "calls to backends", "TLSv1,TLSv1.1,TLSv1.2"},
	{"apim.wss.ssl_enabled_protocols", "websockets", "TLSv1.1,TLSv1.2"},
	{"transport.binary.receiver.sslEnabledProtocols", "throttling events", "TLSv1,TLSv1.1,TLSv1.2"},
}

const modern = `[transport.https.sslHostConfig.properties]
protocols = "+TLSv1.2,+TLSv1.3"
[transport.passthru_https.listener.parameters]
HttpsProtocols = "TLSv1.2,TLSv1.3"
[transport.passthru_https.sender.parameters]
HttpsProtocols = "TLSv1.2,TLSv1.3"
[apim.wss]
ssl_enabled_protocols = "TLSv1.2"
[transport.binary.receiver]
sslEnabledProtocols = "TLSv1.2"`

func weakTLS(c *run, n *node) {
	for _, l := range listeners {
		value := n.textOr(l.key, l.ships)
		weak := slices.DeleteFunc(strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(", +[]", r) }), func(p string) bool {
			return p == "TLSv1.2" || p == "TLSv1.3" || strings.HasPrefix(p, "$")
		})
		if len(weak) > 0 {
			c.report(n, l.key, l.what+": "+strings.Join(weak, " and ")+" can be chosen", "")
		}
	}
}

// textOr is text, or what the product ships where nothing is known of it.
func (n *node) textOr(key, ships string) string {
	if s := n.text(key); s != "" {
		return s
	}
	return ships
}

func h2(c *run, n *node) {
	for _, db := range []string{"apim_db", "shared_db"} {
		key := "database." + db + ".type"
		if n.ownText(key) == "h2" && (db == "shared_db" || n.Role == AllInOne) {
			c.report(n, key, "the database is the embedded H2", "")
		}
	}
}

func verifier(c *run, n *node) {
	const key = "transport.passthru_https.sender.parameters.HostnameVerifier"
	if n.text(key) == "AllowAll" {
		c.report(n, key, "calls to backends do not verify host names", "")
	}
	const arg = "-Dhttpclient.hostnameVerifier="
	if !slices.ContainsFunc(n.Args, func(a string) bool { return strings.HasPrefix(a, arg) && a != arg+"AllowAll" }) {
		c.report(n, "httpclient.hostnameVerifier", "calls between nodes do not verify host names", "")
	}
}

func jmx(c *run, n *node) {
	const key = "monitoring.jmx.rmi_server_start"
	if n.textOr(key, "true") == "true" {
		c.report(n, key, "the node serves JMX", "")
	}
}

func cors(c *run, n *node) {
	const key = "apim.cors.allow_origins"
	if on := n.textOr("apim.cors.enable", "true") == "true"; on && strings.Contains(n.textOr(key, "*"), "*") {
		c.report(n, key, "any origin may call the APIs", "")
	}
}

func console(c *run, n *node) {
	if n.Role == AllInOne && !c.Closed {
		c.report(n, "transport.https.properties.proxyPort", "nothing that apimctl keeps closes /carbon and /services to clients", "")
	}
}

func plainHTTP(c *run, n *node) {
	const key = "transport.passthru_http.listener.enable"
	if n.textOr(key, "true") == "true" {
		c.report(n, key, "API traffic is taken by plain HTTP", "")
	}
}

func serverHeader(c *run, n *node) {
	const key = "transport.https.properties.server"
	if n.text(key) == "" {
		c.report(n, key, "responses carry the product's own Server header", "")
	}
}
