package render

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMatrix renders every node of every shape and asks whether each address is one that some node listens at.
func TestMatrix(t *testing.T) {
	rendered := 0
	for _, shape := range shapes() {
		d, listening := shape, addresses(shape)
		for _, n := range nodes(d) {
			c := config(t, d, n)
			if again := config(t, d, n); !bytes.Equal(c.TOML(), again.TOML()) {
				t.Errorf("%s: two renderings of %s differ", shapeName(d), n.Name)
			}
			for _, u := range urls(c) {
				if !slices.Contains(listening, at(u, n)) {
					t.Errorf("%s: %s names %s, where nobody listens", shapeName(d), n.Name, u)
				}
			}
			checkNode(t, d, n, values(c))
			rendered++
		}
	}
	if rendered < 500 {
		t.Errorf("only %d files", rendered)
	}
}

func shapes() []Deployment {
	var out []Deployment
	for _, version := range []string{"4.5.0", "4.6.0", "4.7.0"} {
		for i := range 72 {
			d := single()
			d.Version = version
			step := i / 2 % 2 * 7
			d.AllInOnes = peers("all-in-one", i/4%3+1, step)
			d.Gateways = peers("gateway", []int{1, 2, 4}[i/12%3], step)
			d.LoadBalanced = i%2 == 1
			if i/36 == 1 {
				d.Features.EventHubTLS = &EventHubTLS{}
			}
			if step > 0 {
				d.AllInOnes[0].Offset, d.Gateways[0].Offset = 40, 50
			}
			out = append(out, d)
		}
	}
	return out
}

func shapeName(d Deployment) string {
	return fmt.Sprintf("%s %d all-in-one %d gateways LB %v TLS %v offset %d",
		d.Version, len(d.AllInOnes), len(d.Gateways), d.LoadBalanced, d.Features.EventHubTLS != nil, d.AllInOnes[0].Offset)
}

// addresses are host:port of everything that listens in a deployment.
func addresses(d Deployment) []string {
	var out []string
	add := func(host string, offset int, ports ...int) {
		for _, p := range ports {
			out = append(out, host+":"+strconv.Itoa(p+offset))
		}
	}
	for _, a := range d.AllInOnes {
		add(a.Name, a.Offset, 9443, 5672, 8672, 9611, 9711)
	}
	for _, g := range d.Gateways {
		add(g.Name, g.Offset, 9443)
	}
	if d.LoadBalanced {
		add(d.Hostnames.AllInOne, 0, 443)
		add(d.Hostnames.Gateway, 0, 443, 80, 8099, 9099, 8021, 9021)
		return out
	}
	add(d.Hostnames.AllInOne, d.AllInOnes[0].Offset, 9443)
	if len(d.AllInOnes) == 1 {
		add(d.Hostnames.AllInOne, d.AllInOnes[0].Offset, 5672, 8672, 9611, 9711)
	}
	add(d.Hostnames.Gateway, d.Gateways[0].Offset, 9443, 8243, 8280, 8099, 9099, 8021, 9021)
	return out
}

// urls are all addresses in a configuration.
func urls(c Config) []string {
	var out []string
	for _, e := range c.Entries() {
		list, ok := e.Value.([]any)
		if !ok {
			list = []any{e.Value}
		}
		for _, v := range list {
			if s, ok := v.(string); ok && strings.Contains(s, "://") && !strings.HasPrefix(s, "${") {
				out = append(out, s)
			}
		}
	}
	return out
}

// at is the host:port of an address as n sees it.
func at(address string, n Node) string {
	u, err := url.Parse(address)
	if err != nil {
		return err.Error()
	}
	host, port := u.Hostname(), u.Port()
	if host == "localhost" {
		host = n.Name
	}
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return host + ":" + port
}

// checkNode asks what has to be so on each node, whatever the shape.
func checkNode(t *testing.T, d Deployment, n Node, v map[string]any) {
	t.Helper()
	jms, hub := "567", v["apim.event_hub.event_listening_endpoints"].([]any)
	if d.Features.EventHubTLS != nil {
		jms = "867"
	}
	for _, e := range hub {
		if d.AllInOnes[0].Offset == 0 && !strings.Contains(e.(string), ":"+jms) {
			t.Errorf("%s: %s listens to %s", shapeName(d), n.Name, e)
		}
	}
	duplicates, _ := v["apim.event_hub.event_duplicate_url"].([]any)
	groups := 0
	for key := range v {
		if strings.HasPrefix(key, "apim.event_hub.publish.url_group[") || strings.HasPrefix(key, "apim.throttling.url_group[") {
			groups++
		}
	}
	want := len(d.AllInOnes) - 1
	if n.Role == Gateway {
		want = 0
		if len(hub) != len(d.AllInOnes) {
			t.Errorf("%s: %s listens to %d of the all-in-one nodes", shapeName(d), n.Name, len(hub))
		}
	}
	if len(duplicates) != want {
		t.Errorf("%s: %s duplicates to %v", shapeName(d), n.Name, duplicates)
	}
	for _, e := range duplicates {
		if strings.Contains(e.(string), "//"+n.Name+":") {
			t.Errorf("%s: %s duplicates to itself", shapeName(d), n.Name)
		}
	}
	if groups != 2*len(d.AllInOnes) {
		t.Errorf("%s: %s has %d url groups", shapeName(d), n.Name, groups/2)
	}
	if _, proxied := v["transport.https.properties.proxyPort"]; proxied != d.LoadBalanced {
		t.Errorf("%s: %s has a proxy port: %v", shapeName(d), n.Name, proxied)
	}
	if id, ok := v["apim.gateway_notification.gateway_id"]; ok != (n.Role == Gateway && d.Version != "4.5.0") || ok && id != n.Name {
		t.Errorf("%s: %s has the gateway id %v", shapeName(d), n.Name, id)
	}
}
