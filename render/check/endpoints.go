package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

const bothListening = "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\"]"

var endpointRules = []ruling{
	{Rule: Rule{
		Code: "APIM050", Severity: Error, Title: "events for a host that is no all-in-one node",
		Why:     "JMS (5672, 8672) and throttle events (9611, 9711) go to the all-in-one nodes themselves, never through a load balancer. The guide has slips like tcp://Tall-in-one-2-host:5672.",
		Fix:     "Name an all-in-one node of the deployment.",
		Example: Example{Host: "gw-1", Wrong: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2-host:5672\"]", Right: bothListening},
	}, endpoint: noSuchNode},
	{Rule: Rule{
		Code: "APIM051", Severity: Warning, Title: "host name that nobody is known to have",
		Why:     "No node answers to the name and the hosts file will not have it. DNS may know it; nothing here can tell.",
		Fix:     "Correct the name, add it to hosts_file, or leave it to DNS.",
		Example: Example{Host: "gw-1", Wrong: "[apim.key_manager]\nservice_url = \"https://api.exmaple.com/services/\"", Right: "[apim.key_manager]\nservice_url = \"https://api.example.com/services/\""},
	}, whole: unknownHosts},
	{Rule: Rule{
		Code: "APIM052", Severity: Error, Title: "port that the named node does not listen on",
		Why:     "Ports within URLs are not shifted by the product: they must be the other node's, its offset added.",
		Fix:     "Write the port that the message names.",
		Example: Example{Host: "gw-1", Wrong: "[apim.event_hub]\nevent_listening_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5673\"]", Right: bothListening},
	}, endpoint: closedPort},
	{Rule: Rule{
		Code: "APIM053", Severity: Error, Title: "event_duplicate_url that names its own node",
		Why:     "A node that sends itself copies of its events works on each of them twice, and the other node gets none.",
		Fix:     "Name the other all-in-one nodes.",
		Example: Example{Host: "aio-1", Wrong: "[apim.event_hub]\nevent_duplicate_url = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\"]", Right: "[apim.event_hub]\nevent_duplicate_url = [\"tcp://aio-2:5672\"]"},
	}, endpoint: duplicatesToItself},
	{Rule: Rule{
		Code: "APIM054", Severity: Error, Title: "event_duplicate_url that leaves a node out",
		Why:     "With several all-in-one nodes each must send its events to every other one, for [apim.event_hub] and [apim.throttling] alike. Else gateways that listen to the other miss them.",
		Fix:     "Name every other all-in-one node.",
		Example: Example{Host: "aio-1", Wrong: "[apim.throttling]\nevent_duplicate_url = []", Right: "[apim.throttling]\nevent_duplicate_url = [\"tcp://aio-2:5672\"]"},
	}, node: duplicatesMissing},
	{Rule: Rule{
		Code: "APIM055", Severity: Error, Title: "url_group not one per all-in-one node",
		Why: "Events are sent to every url_group, but to one address only within a group. So each all-in-one node needs a group of its own, with its TCP and its TLS address.",
		Fix: "Write one [[...url_group]] per all-in-one node.",
		Example: Example{
			Host:  "gw-1",
			Wrong: "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://aio-1:9611\", \"tcp://aio-2:9611\"]\ntraffic_manager_auth_urls = [\"ssl://aio-1:9711\", \"ssl://aio-2:9711\"]",
			Right: "[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://aio-1:9611\"]\ntraffic_manager_auth_urls = [\"ssl://aio-1:9711\"]\n[[apim.throttling.url_group]]\ntraffic_manager_urls = [\"tcp://aio-2:9611\"]\ntraffic_manager_auth_urls = [\"ssl://aio-2:9711\"]",
		},
	}, node: urlGroups},
	{Rule: Rule{
		Code: "APIM056", Severity: Error, Title: "gateway that does not listen to every all-in-one node",
		Why:     "A gateway learns of APIs, keys and throttling decisions over JMS from the all-in-one nodes. One that it does not listen to is lost to it when the others are down.",
		Fix:     "Name every all-in-one node.",
		Example: Example{Host: "gw-1", Wrong: "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://aio-1:5672\"]", Right: "[apim.throttling]\nthrottle_decision_endpoints = [\"tcp://aio-1:5672\", \"tcp://aio-2:5672\"]"},
	}, node: listensToAll},
	{Rule: Rule{
		Code: "APIM057", Severity: Error, Title: "gateway that asks a gateway for keys or APIs",
		Why:     "service_url of [apim.key_manager] and [apim.event_hub] must lead to an all-in-one node or its load balancer. Left out, the gateway asks itself.",
		Fix:     "Write https://HOST/services/ with the host name of the all-in-one nodes.",
		Example: Example{Host: "gw-1", Wrong: "[apim.event_hub]\nservice_url = \"https://localhost:9443/services/\"", Right: "[apim.event_hub]\nservice_url = \"https://api.example.com/services/\""},
	}, node: asksAllInOne},
}

func noSuchNode(c *run, n *node, e endpoint) {
	isAllInOne := func(n *node) bool { return n.Role == AllInOne }
	if e.bad || !e.kind.events || len(c.of(AllInOne)) == 0 || slices.ContainsFunc(e.at, isAllInOne) {
		return
	}
	fix := "name an all-in-one node"
	if near := c.nearestHost(e.host); near != "" && len(e.at) == 0 {
		fix = "did you mean " + near + "?"
	}
	c.report(n, e.key, n.show(e.key, e.host)+" is no all-in-one node", fix)
}

// nearestHost returns the host of an all-in-one node that a name may have been meant to be.
func (c *run) nearestHost(name string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, n := range c.of(AllInOne) {
		if strings.Contains(name, strings.ToLower(n.Host)) {
			return n.Host
		}
		if d := catalog.Distance(strings.ToLower(n.Host), name, least); d < least {
			best, least = n.Host, d
		}
	}
	return best
}

// unknownHosts reports each name once, at the first node that has it.
func unknownHosts(c *run) {
	seen := map[string]bool{}
	judge := func(n *node, key, host string) {
		host = strings.ToLower(host)
		if host == "" || seen[host] || atRunTime.MatchString(host) || isAddress(host) || len(c.nodesOf(n, host)) > 0 || c.address(host) != "" {
			return
		}
		seen[host] = true
		c.report(n, key, fmt.Sprintf("no node answers to %q and the hosts file will not have it", host), "")
	}
	for _, n := range c.nodes {
		for _, e := range n.endpoints {
			if !e.bad && (!e.kind.events || len(c.of(AllInOne)) == 0) {
				judge(n, e.key, e.host)
			}
		}
		for _, e := range n.entries {
			if e.key == "server.hostname" || strings.HasPrefix(e.key, "database.") && strings.HasSuffix(e.key, ".hostname") {
				judge(n, e.key, fmt.Sprint(e.value))
			}
		}
	}
}

func closedPort(c *run, n *node, e endpoint) {
	if e.bad || len(e.at) == 0 || e.kind.events && e.port == 0 || c.LoadBalanced && e.host == strings.ToLower(e.at[0].text("server.hostname")) {
		return
	}
	if slices.ContainsFunc(e.at, (*node).moved) {
		return // APIM013 is the mistake, and this one follows from it
	}
	at := e.written()
	var open []string
	for _, other := range e.at {
		for _, base := range e.bases() {
			actual, ok := other.listens(base)
			if ok && actual == at || !e.kind.events && other.proxied(at) {
				return
			}
			if ok {
				open = append(open, fmt.Sprint(actual))
			}
		}
	}
	slices.Sort(open)
	if len(open) == 0 {
		c.report(n, e.key, fmt.Sprintf("%s has no port for this, and %d is asked for", e.at[0].Host, at), "")
		return
	}
	c.report(n, e.key, fmt.Sprintf("%s does not listen on %d for this", e.at[0].Host, at), "write port "+orList(slices.Compact(open)))
}

// written is the port of an endpoint, or the one that its scheme stands for.
func (e endpoint) written() int {
	switch {
	case e.port != 0:
		return e.port
	case e.scheme == "https" || e.scheme == "wss":
		return 443
	}
	return 80
}

// bases are the product's ports that an endpoint may mean: services are told apart by their scheme.
func (e endpoint) bases() []int {
	if i := slices.Index(e.kind.schemes, e.scheme); i >= 0 && len(e.kind.schemes) > 1 {
		return e.kind.ports[i : i+1]
	}
	return e.kind.ports
}

func duplicatesToItself(c *run, n *node, e endpoint) {
	if strings.HasSuffix(e.key, ".event_duplicate_url") && len(e.at) == 1 && e.at[0] == n {
		c.report(n, e.key, n.show(e.key, e.text)+" leads to the node itself", "name the other all-in-one nodes")
	}
}

// named returns the nodes that the endpoints of a key lead to.
func (n *node) named(key string) map[*node]bool {
	set := map[*node]bool{}
	for _, e := range n.endpoints {
		if e.generic == key {
			for _, at := range e.at {
				set[at] = true
			}
		}
	}
	return set
}

// without returns the hosts of those nodes that a set lacks.
func without(nodes []*node, set map[*node]bool) []string {
	var hosts []string
	for _, n := range nodes {
		if !set[n] {
			hosts = append(hosts, n.Host)
		}
	}
	return hosts
}

func duplicatesMissing(c *run, n *node) {
	if n.Role != AllInOne {
		return
	}
	for _, key := range []string{"apim.event_hub.event_duplicate_url", "apim.throttling.event_duplicate_url"} {
		set := n.named(key)
		set[n] = true
		if missing := without(c.of(AllInOne), set); len(missing) > 0 {
			c.report(n, key, "does not name "+strings.Join(missing, ", "), "")
		}
	}
}

func listensToAll(c *run, n *node) {
	if n.Role != Gateway {
		return
	}
	for _, key := range []string{"apim.event_hub.event_listening_endpoints", "apim.throttling.throttle_decision_endpoints"} {
		if missing := without(c.of(AllInOne), n.named(key)); len(missing) > 0 {
			c.report(n, key, "does not name "+strings.Join(missing, ", "), "")
		}
	}
}

func asksAllInOne(c *run, n *node) {
	if n.Role != Gateway || len(c.of(AllInOne)) == 0 {
		return
	}
	for _, key := range []string{"apim.key_manager.service_url", "apim.event_hub.service_url"} {
		if n.firstSet(key) == "" {
			c.report(n, key, "is not set, so the gateway asks itself", "")
			continue
		}
		for at := range n.named(key) {
			if at.Role == Gateway {
				c.report(n, key, "leads to the gateway "+at.Host, "")
			}
		}
	}
}

// urlGroups looks at the groups that a gateway, or one of several all-in-one nodes, sends its events to.
func urlGroups(c *run, n *node) {
	array, all := "apim.throttling.url_group", c.of(AllInOne)
	if n.Role == AllInOne {
		array = "apim.event_hub.publish.url_group"
		if len(all) < 2 {
			return
		}
	}
	set := map[*node]bool{}
	groups := n.groups(array)
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if len(groups[group]) > 1 {
			c.report(n, group, "names more than one node, of which only one gets an event", "")
		}
		maps.Copy(set, groups[group])
	}
	if missing := without(all, set); len(missing) > 0 {
		c.report(n, array, "has no group for "+strings.Join(missing, ", "), "")
	}
}

// groups returns the nodes that each element of an array of tables leads to.
func (n *node) groups(array string) map[string]map[*node]bool {
	groups := map[string]map[*node]bool{}
	for _, e := range n.endpoints {
		if group, _ := catalog.Parent(e.key); strings.HasPrefix(e.generic, array+"[].") {
			if groups[group] == nil {
				groups[group] = map[*node]bool{}
			}
			for _, at := range e.at {
				groups[group][at] = true
			}
		}
	}
	return groups
}
