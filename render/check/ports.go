package check

import (
	"fmt"
	"strconv"
)

// A port is one that a product listens on.
type port struct {
	base     int
	key      string // that moves it
	enable   string // that closes it with false
	allInOne bool   // only all-in-one nodes have it
}

// ports are the product's (product-facts.md §3); the offset comes on top of each.
var ports = []port{
	{9443, "transport.https.properties.port", "", false},
	{9763, "transport.http.properties.port", "", false},
	{8243, "transport.passthru_https.listener.parameters.port", "transport.passthru_https.listener.enable", false},
	{8280, "transport.passthru_http.listener.parameters.port", "transport.passthru_http.listener.enable", false},
	{8099, "apim.wss.port", "apim.wss.enable", false},
	{9099, "apim.ws.port", "apim.ws.enable", false},
	{8021, "apim.webhooks.https.port", "apim.webhooks.https.enable", false},
	{9021, "", "", false},
	{5672, "broker.transport.amqp.default_connection.port", "broker.transport.amqp.default_connection.enabled", true},
	{8672, "broker.transport.amqp.ssl_connection.port", "broker.transport.amqp.ssl_connection.enabled", true},
	{9611, "transport.binary.receiver.tcpPort", "transport.binary.receiver.enable", true},
	{9711, "transport.binary.receiver.sslPort", "transport.binary.receiver.enable", true},
}

// listens returns the port that a node has for one of the product's, offset and all; ok is false if it has none.
func (n *node) listens(base int) (actual int, ok bool) {
	for _, p := range ports {
		if p.base != base || p.allInOne && n.Role != AllInOne {
			continue
		}
		if p.enable != "" && n.text(p.enable) == "false" || p.allInOne && base != 9611 && base != 9711 && n.text("broker.transport.amqp.enabled") == "false" {
			return 0, false
		}
		if v, err := strconv.Atoi(n.ownText(p.key)); err == nil {
			base = v
		}
		return base + n.offset(), true
	}
	return 0, false
}

func (n *node) offset() int {
	if o, err := strconv.Atoi(n.ownText("server.offset")); err == nil {
		return o
	}
	return n.Offset
}

// moved says whether the node's configuration has another offset than the inventory.
func (n *node) moved() bool { return n.offset() != n.Offset }

func (n *node) ownText(key string) string {
	if v, ok := n.own[key]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

// proxied reports whether clients reach the node at a port of something before it.
func (n *node) proxied(p int) bool {
	return n.ownText("transport.https.properties.proxyPort") == strconv.Itoa(p) ||
		n.ownText("transport.http.properties.proxyPort") == strconv.Itoa(p)
}
