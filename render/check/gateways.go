package check

import "fmt"

var gatewayRules = []ruling{
	{Rule: Rule{
		Code: "APIM080", Severity: Error, Title: "label that no environment has",
		Why:     "A gateway loads the APIs of the environments that its labels name. One that no all-in-one node defines brings it none.",
		Fix:     "Name an environment of [[apim.gateway.environment]].",
		Example: Example{Host: "gw-1", Wrong: "[apim.sync_runtime_artifacts.gateway]\ngateway_labels = [\"Defualt\"]", Right: "[apim.sync_runtime_artifacts.gateway]\ngateway_labels = [\"Default\"]"},
	}, whole: labels},
	{Rule: Rule{
		Code: "APIM081", Severity: Warning, Title: "environment that nobody serves",
		Why: "Publishers can deploy to the environment, but no gateway has it among its labels.",
		Fix: "Give a gateway its label, or leave the environment out.",
		Example: Example{
			Host:  "aio-1",
			Wrong: "[[apim.gateway.environment]]\nname = \"Default\"\ntype = \"hybrid\"\n[[apim.gateway.environment]]\nname = \"Inner\"\ntype = \"hybrid\"",
			Right: "[[apim.gateway.environment]]\nname = \"Default\"\ntype = \"hybrid\"",
		},
	}, whole: environments},
	{Rule: Rule{
		Code: "APIM082", Severity: Error, Title: "gateways with the same gateway_id",
		Why:     "The id tells gateways apart in the portals and in what they report.",
		Fix:     "Give each gateway an id of its own.",
		Example: Example{Host: "gw-1", Wrong: "[apim.gateway_notification]\ngateway_id = \"gw-2\"", Right: "[apim.gateway_notification]\ngateway_id = \"gw-1\""},
	}, whole: gatewayIDs},
	{Rule: Rule{
		Code: "APIM083", Severity: Warning, Title: "server_role that the gateway does not know",
		Why:     "The universal gateway implies settings from the role \"default\" only. With gateway-worker, as the Helm chart has it, indexing and policy deployment stay on.",
		Fix:     "Write server_role = \"default\".",
		Example: Example{Host: "gw-1", Wrong: "[server]\nserver_role = \"gateway-worker\"", Right: "[server]\nserver_role = \"default\""},
	}, node: serverRole},
}

const labelKey = "apim.sync_runtime_artifacts.gateway.gateway_labels"

// defined returns the names of the environments, with the key and the node of each; nil if no node defines any.
func (c *run) defined() map[string]bool {
	names := map[string]bool{}
	for _, n := range c.of(AllInOne) {
		for _, t := range tablesOf(n.own["apim.gateway.environment"]) {
			names[fmt.Sprint(t["name"])] = true
		}
	}
	return names
}

func labels(c *run) {
	names := c.defined()
	for _, n := range c.of(Gateway) {
		for _, l := range texts(n.own[labelKey]) {
			if len(names) > 0 && !names[l] && !atRunTime.MatchString(l) {
				c.report(n, labelKey, n.show("label", l)+" is no environment of the deployment", "")
			}
		}
	}
}

func environments(c *run) {
	served := map[string]bool{}
	for _, n := range c.nodes {
		for _, l := range texts(n.own[labelKey]) {
			served[l] = true
		}
	}
	seen := map[string]bool{}
	for _, n := range c.of(AllInOne) {
		for i, t := range tablesOf(n.own["apim.gateway.environment"]) {
			name := fmt.Sprint(t["name"])
			if len(c.of(Gateway)) > 0 && !served[name] && !seen[name] {
				c.report(n, "apim.gateway.environment["+label("apim.gateway.environment", t, i)+"].name", "no gateway has the label "+n.show("label", name), "")
			}
			seen[name] = true
		}
	}
}

func gatewayIDs(c *run) {
	const key = "apim.gateway_notification.gateway_id"
	first := map[string]*node{}
	for _, n := range c.of(Gateway) {
		id := n.ownText(key)
		if had := first[id]; had != nil {
			c.report(n, key, had.Host+" has the same", "")
		} else if id != "" && !atRunTime.MatchString(id) {
			first[id] = n
		}
	}
}

func serverRole(c *run, n *node) {
	if role := n.ownText("server.server_role"); n.Role == Gateway && role != "" && role != "default" {
		c.report(n, "server.server_role", n.show("role", role)+" implies nothing on a universal gateway", "write default")
	}
}
