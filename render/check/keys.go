package check

import (
	"fmt"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

var keyRules = []ruling{
	{Rule: Rule{
		Code: "APIM001", Severity: Warning, Title: "unknown key",
		Why:     "Neither a template nor a table of the distribution reads the key. The product never says so: the setting just does nothing.",
		Fix:     "Correct the key. A few keys are read by Java code alone and are known to nobody; such a warning may stand.",
		Example: Example{Host: "gw-1", Wrong: "[apim.key_manager]\nservce_url = \"x\"", Right: "[apim.key_manager]\ntype = \"default\""},
	}, value: unknownKey},
	{Rule: Rule{
		Code: "APIM002", Severity: Warning, Title: "slip in an open table",
		Why:     "The table takes any key, so this one is handed on as it is; but it is one letter away from a key that the product names there.",
		Fix:     "Correct the key, if it was meant.",
		Example: Example{Host: "aio-1", Wrong: "[database.shared_db.pool_options]\nmaxActve = 50", Right: "[database.shared_db.pool_options]\nmaxActive = 50"},
	}, value: slip},
	{Rule: Rule{
		Code: "APIM003", Severity: Warning, Title: "key without effect",
		Why:     "The key is documented or even shipped, but nothing reads it.",
		Fix:     "Use the key that the message names.",
		Example: Example{Host: "gw-1", Wrong: "[apim.oauth_config]\nremove_outbound_auth_header = true", Right: "[apim.oauth_config]\nenable_outbound_auth_header = false"},
	}, value: deadKey},
	{Rule: Rule{
		Code: "APIM004", Severity: Error, Title: "key that breaks api-manager.xml",
		Why:     "A fault in the product's template: any of these keys opens the element JMSTaskManager twice and closes it once, and the server does not start.",
		Fix:     "Leave the key out. The thread pool of the JMS listener cannot be set in these versions.",
		Example: Example{Host: "gw-1", Wrong: "[apim.event_hub.listener]\nmax_thread_pool_size = 100", Right: ""},
	}, value: brokenKey},
}

// dead are keys that nothing reads, with what to use instead (product-facts.md §9, §10, §12).
var dead = map[string]string{
	"apim.oauth_config.remove_outbound_auth_header":    "use apim.oauth_config.enable_outbound_auth_header, which means the opposite",
	"apim.workflow.username":                           "use apim.workflow.wf_engine_user",
	"apim.workflow.password":                           "use apim.workflow.wf_engine_pass",
	"apim.throttling.event_sync.hostName":              "use apim.throttling.event_sync.hostname",
	"apim.throttling.event_management.hostName":        "use apim.throttling.event_management.hostname",
	"transport.receiver.ssl_receiver_thread_pool_size": "use transport.binary.receiver.ssl_receiver_thread_pool_size",
	"transport.receiver.tcp_receiver_thread_pool_size": "use transport.binary.receiver.tcp_receiver_thread_pool_size",
	"apim.transaction_counter.server_url":              "use apim.transaction_counter.service_url",
	"apim.key_manager.server_url":                      "use apim.key_manager.service_url",
	"apim.cache.tags.enable":                           "leave it out: the tag cache is on where apim.cache.tags.expiry_time is set",
	"apim.notification.signature":                      "leave it out",
	"transport.http.enable":                            "close port 9763 in the firewall; [transport.passthru_http.listener] enable is for 8280",
	"apim.webhooks.http.enable":                        "close port 9021 in the firewall",
}

// instead says what to use in the place of a dead key, or of one in a dead table.
func instead(generic string) (string, bool) {
	switch {
	case strings.HasPrefix(generic, "apim.analytics.url_group"):
		return "leave it out: analytics has type, auth_token and properties now", true
	case strings.HasPrefix(generic, "user_store.user_store."):
		return "write [user_store.properties]: the table is nested once too often", true
	}
	fix, ok := dead[generic]
	return fix, ok
}

// aside reports whether the catalog has nothing to say of a value: it came with the distribution, or there is no catalog.
func (n *node) aside(e entry) bool {
	return n.catalog == nil || n.Shipped != nil && n.Shipped(e.key)
}

func unknownKey(c *run, n *node, e entry) {
	_, isDead := instead(e.generic)
	if n.aside(e) || isDead || n.catalog.Known(e.generic) {
		return
	}
	fix := ""
	if near := c.nearest(n, e.generic); len(near) > 0 {
		fix = "did you mean " + orList(near) + "?"
	}
	c.report(n, e.key, "unknown key", fix)
}

// nearest remembers what it says, as many nodes have the same keys: those that an unknown key may have been
// meant to be, or the one that a key in an open table is a slip of.
func (c *run) nearest(n *node, key string) []string {
	id := n.Role + " " + key
	near, ok := c.near[id]
	if ok {
		return near
	}
	if !n.catalog.Known(key) {
		near = n.catalog.Nearest(key, 3)
	} else if slip, ok := n.catalog.Slip(key); ok {
		near = []string{slip}
	}
	c.near[id] = near
	return near
}

func slip(c *run, n *node, e entry) {
	if n.aside(e) || !n.catalog.Known(e.generic) || n.catalog.Listed(e.generic) {
		return
	}
	if near := c.nearest(n, e.generic); len(near) > 0 {
		c.report(n, e.key, "the product reads this, but names a key that is nearly the same", "did you mean "+near[0]+"?")
	}
}

func deadKey(c *run, n *node, e entry) {
	if fix, ok := instead(e.generic); ok && (n.Shipped == nil || !n.Shipped(e.key)) {
		c.report(n, e.key, "nothing reads this key", fix)
	}
}

func brokenKey(c *run, n *node, e entry) {
	parent, last := catalog.Parent(e.generic)
	if (parent == "apim.event_hub.listener" || parent == "apim.throttling.jms") && slices.Contains([]string{
		"min_thread_pool_size", "max_thread_pool_size", "keep_alive_time_in_millis", "job_queue_size",
	}, last) {
		c.report(n, e.key, "the product's template makes a malformed api-manager.xml of it", "leave it out")
	}
}

// orList is "a", "a or b", "a, b or c".
func orList(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return fmt.Sprintf("%s or %s", strings.Join(list[:last], ", "), list[last])
}
