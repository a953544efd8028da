package playbooks

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"

	"apimctl/inventory"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

const (
	// dataPath lists the APIs of a gateway label, without their artifacts. It is answered once the webapp is there and takes the credentials
	// that gateways fetch with; whether a database is there it does not say: an error of SQL is an empty list (carbon-apimgt's
	// SubscriptionValidationDAO).
	dataPath = "/internal/data/v1/apis"
	// artifactPath is an API as a gateway has deployed it, by its name and version (carbon-apimgt's ApiArtifactApiServiceImpl). The
	// list at /api/am/gateway/v2/apis is the control plane's, deployed or not.
	artifactPath = "/api/am/gateway/v2/api-artifact"

	withoutAPIs = "apimctl logs --errors --since 10m; gate: {apis: false} in the inventory goes on without this"

	// deployedFor is how long is waited for an API at most: by then the gateway has said that it is through with them, and one that was deployed
	// meanwhile comes within seconds, by an event.
	deployedFor = time.Minute

	labelsKey = "apim.sync_runtime_artifacts.gateway.gateway_labels"
)

// data asks an all-in-one node's internal data API as gateways do; the zero Probe where that is not asked.
func (n Node) data() plan.Probe {
	who := n.login("apim.event_hub")
	if n.Role != inventory.AllInOne || !n.Gate.APIs || who == nil {
		return plan.Probe{}
	}
	p := n.healthy()
	p.URL, p.Login = "https://"+n.local(9443)+labeled("Default"), who
	return p
}

// apis asks, from a gateway, whether it has deployed what the control plane has for its labels: a 200 of the health check says that deploying
// is over, also where it failed for some APIs, or for a label that nobody knows. It is the zero Probe where that is not asked, or nobody knows what
// the control plane's certificate leads to: the password goes to no stranger.
func (d Deployment) apis(n Node) plan.Probe {
	there, here := n.login("apim.event_hub"), n.login("super_admin")
	labels := n.labels()
	if n.Role != inventory.Gateway || !n.Gate.APIs || there == nil || here == nil || d.Upstream.Trust == "" || len(labels) == 0 {
		return plan.Probe{}
	}
	p := plan.Probe{Kind: "apis"}
	for _, label := range labels {
		list := d.called(labeled(label))
		list.Login, list.Of = there, label
		p.Any = append(p.Any, list)
	}
	own := n.healthy()
	own.URL, own.Login, own.Of = "https://"+n.local(9443)+artifactPath, here, n.Name
	p.Any = append(p.Any, own)
	return p
}

// called asks the all-in-ones where nodes call them.
func (d Deployment) called(path string) plan.Probe {
	return plan.Probe{Kind: "http", URL: "https://" + d.Upstream.addr() + path, Trust: d.Upstream.Trust, ServerName: d.Upstream.ServerName}
}

func labeled(label string) string {
	return dataPath + "?" + url.Values{"gatewayLabel": {label}, "expand": {"false"}}.Encode()
}

// labels are those whose APIs a gateway deploys.
func (n Node) labels() []string {
	var labels []string
	for _, e := range n.Clear.Explain(labelsKey) {
		list, _ := e.Value.([]any)
		for _, v := range list {
			if s, ok := v.(string); ok {
				labels = append(labels, s)
			}
		}
	}
	return labels
}

// login is whom a table of deployment.toml names by username and password; nil where they are only known on the host.
func (n Node) login(table string) *plan.Login {
	user, known := n.text(table + ".username")
	password, known2 := n.text(table + ".password")
	if !known || !known2 {
		return nil
	}
	return &plan.Login{User: user, Password: remote.Secret(password)}
}

// text is a value of deployment.toml as the product has it, which puts it in XML as it stands; false where only the host knows it.
func (n Node) text(key string) (string, bool) {
	for range 5 { // a $ref may lead to another one
		entries := n.Clear.Explain(key)
		if len(entries) != 1 {
			return "", false
		}
		s, ok := entries[0].Value.(string)
		to, refers := strings.CutPrefix(s, "$ref{")
		if !refers {
			return html.UnescapeString(s), ok && !late.MatchString(s)
		}
		key = strings.TrimSuffix(to, "}")
	}
	return "", false
}

// late are the references that the product resolves on the host.
var late = regexp.MustCompile(`\$(env|sys|secret)?\{`)
