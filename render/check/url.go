package check

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"apimctl/render/catalog"
)

// An address is a URL's beginning.
type address struct {
	scheme, host string
	port         int // 0 if none is written
}

// An endpoint is an address in a place where the product wants one.
type endpoint struct {
	entry
	address
	kind kind
	text string
	bad  bool    // text is no address
	at   []*node // the nodes that the host leads to
}

// A kind says what addresses belong in a key.
type kind struct {
	schemes []string
	ports   []int // that the product listens on for it, at offset 0
	events  bool  // goes to an all-in-one node directly, never through a load balancer (product-facts.md §8)
}

var (
	jms       = kind{[]string{"tcp"}, []int{5672, 8672}, true}
	receiver  = kind{[]string{"tcp"}, []int{9611}, true}
	receivers = kind{[]string{"ssl"}, []int{9711}, true}
	services  = kind{[]string{"https", "http"}, []int{9443, 9763}, false}
)

// kinds are the keys that hold addresses of nodes (product-facts.md §3, §10).
var kinds = map[string]kind{
	"apim.event_hub.event_listening_endpoints":              jms,
	"apim.event_hub.event_duplicate_url":                    jms,
	"apim.throttling.event_duplicate_url":                   jms,
	"apim.throttling.throttle_decision_endpoints":           jms,
	"apim.event_hub.publish.url_group[].urls":               receiver,
	"apim.event_hub.publish.url_group[].auth_urls":          receivers,
	"apim.throttling.url_group[].traffic_manager_urls":      receiver,
	"apim.throttling.url_group[].traffic_manager_auth_urls": receivers,

	"apim.event_hub.service_url":                                      services,
	"apim.key_manager.service_url":                                    services,
	"apim.throttling.service_url":                                     services,
	"apim.gateway.environment[].service_url":                          services,
	"apim.devportal.url":                                              services,
	"event_listener[].properties.notification_endpoint":               services,
	"apim.gateway.environment[].http_endpoint":                        {[]string{"http"}, []int{8280}, false},
	"apim.gateway.environment[].https_endpoint":                       {[]string{"https"}, []int{8243}, false},
	"apim.gateway.environment[].ws_endpoint":                          {[]string{"ws"}, []int{9099}, false},
	"apim.gateway.environment[].wss_endpoint":                         {[]string{"wss"}, []int{8099}, false},
	"apim.gateway.environment[].websub_event_receiver_http_endpoint":  {[]string{"http"}, []int{9021}, false},
	"apim.gateway.environment[].websub_event_receiver_https_endpoint": {[]string{"https"}, []int{8021}, false},
}

var (
	addressPattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d+))?(?:[/?#].*)?$`)
	looksLikeURL   = regexp.MustCompile(`^(tcp|ssl|https?|wss?|amqps?):`)
	atRunTime      = regexp.MustCompile(`\$(\w*)\{`)
)

// parse takes an address apart; what is filled in at run time is none that can be checked, and ok is true.
func parse(s string) (a address, fixed, ok bool) {
	if atRunTime.MatchString(s) {
		return a, false, true
	}
	m := addressPattern.FindStringSubmatch(s)
	if m == nil {
		return a, true, false
	}
	port, err := strconv.Atoi("0" + m[3])
	return address{strings.ToLower(m[1]), strings.ToLower(m[2]), port}, true, err == nil
}

// endpointsOf finds the addresses of a node's file.
func (c *run) endpointsOf(n *node) []endpoint {
	var list []endpoint
	for _, e := range n.entries {
		k, wanted := kinds[e.generic]
		if !wanted {
			continue
		}
		for _, s := range e.strings() {
			if !e.inArray {
				s = n.resolve(s, 20)
			}
			for part := range strings.SplitSeq(s, ",") {
				part = strings.TrimSpace(part)
				a, fixed, ok := parse(part)
				if fixed {
					list = append(list, endpoint{e, a, k, part, !ok, c.nodesOf(n, a.host)})
				}
			}
		}
	}
	return list
}

var urlRules = []ruling{
	{Rule: Rule{
		Code: "APIM010", Severity: Error, Title: "malformed URL",
		Why:     "An address needs a scheme, two slashes, a host and a port. The guide has one slash too few in places, and placeholders.",
		Fix:     "Write scheme://host:port.",
		Example: Example{Host: "gw-1", Wrong: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp:/aio-1:5672\", \"tcp://aio-2:5672\"]", Right: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\"]"},
	}, endpoint: malformed, value: malformedElsewhere},
	{Rule: Rule{
		Code: "APIM011", Severity: Error, Title: "wrong scheme",
		Why:     "The product takes tcp:// for JMS (5672, and 8672 with TLS too) and for the binary receiver (9611), ssl:// for its TLS port (9711), and the like for gateway environments.",
		Fix:     "Use the scheme that the message names.",
		Example: Example{Host: "gw-1", Wrong: "[apim.throttling]\nthrottle_decision_endpoints = [\"ssl://aio-1:5672\", \"tcp://aio-2:5672\"]", Right: "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\"]"},
	}, endpoint: wrongScheme},
	{Rule: Rule{
		Code: "APIM012", Severity: Error, Title: "port out of range",
		Why:     "Ports are 1 to 65535, with the offset added where the product adds it.",
		Fix:     "Write a port that exists.",
		Example: Example{Host: "aio-1", Wrong: "[transport.https.properties]\nproxyPort = 70000", Right: "[transport.https.properties]\nproxyPort = 443"},
	}, endpoint: urlPort, value: plainPort},
	{Rule: Rule{
		Code: "APIM013", Severity: Error, Title: "offset differs from the host's",
		Why:     "server.offset shifts every port of the product, but URLs, probes and the load balancer were made with the offset that the host has in the inventory.",
		Fix:     "Set the offset in one place: at the host.",
		Example: Example{Host: "gw-2", Wrong: "[server]\noffset = 3", Right: "[server]\noffset = 1"},
	}, node: offsetDiffers},
}

func malformed(c *run, n *node, e endpoint) {
	if !e.bad {
		return
	}
	fix := "write " + e.kind.schemes[0] + "://host:port"
	c.report(n, e.key, n.show(e.key, e.text)+" is no URL", fix)
}

// malformedElsewhere finds slips in values that only look like addresses.
func malformedElsewhere(c *run, n *node, e entry) {
	if _, known := kinds[e.generic]; known {
		return
	}
	for _, s := range e.strings() {
		if m := looksLikeURL.FindString(s); m != "" && !strings.HasPrefix(s, m+"//") {
			c.report(n, e.key, n.show(e.key, s)+" is no URL", "write "+m+"//host")
		}
	}
}

func wrongScheme(c *run, n *node, e endpoint) {
	if !e.bad && !slices.Contains(e.kind.schemes, e.scheme) {
		c.report(n, e.key, fmt.Sprintf("%s has the scheme %s", n.show(e.key, e.text), e.scheme), "write "+orList(e.kind.schemes)+"://")
	}
}

func urlPort(c *run, n *node, e endpoint) {
	if e.port > 65535 || e.kind.events && e.port == 0 && !e.bad {
		c.report(n, e.key, n.show(e.key, e.text)+" has no port that exists", "")
	}
}

func plainPort(c *run, n *node, e entry) {
	_, last := catalog.Parent(strings.ToLower(e.generic))
	if !strings.HasSuffix(last, "port") && last != "offset" {
		return
	}
	low := 1
	if last == "offset" {
		low = 0
	}
	if p, err := strconv.Atoi(fmt.Sprint(e.value)); err == nil && (p < low || p > 65535) {
		c.report(n, e.key, n.show(e.key, e.value)+" is out of range", fmt.Sprintf("write %d to 65535", low))
	}
}

func offsetDiffers(c *run, n *node) {
	if o, ok := n.own["server.offset"]; ok && fmt.Sprint(o) != strconv.Itoa(n.Offset) && !atRunTime.MatchString(fmt.Sprint(o)) {
		c.report(n, "server.offset", fmt.Sprintf("is %s, but the host's offset is %d", n.show("server.offset", o), n.Offset), "set the host's offset in the inventory instead")
	}
}

// isAddress reports whether a host is an IP address, which needs no name.
func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
