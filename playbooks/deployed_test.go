package playbooks

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"apimctl/tasks/plan"
)

// healthy is what a node answers that is: the control plane lists one API, and a gateway has whatever it is asked for.
var healthy = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == dataPath {
		_, _ = io.WriteString(w, pizza)
	}
})

const pizza = `{"count":1,"list":[{"name":"Pizza","version":"1.0.0","apiType":"HTTP"}]}`

// sides answers as the control plane with a list, and as a gateway that has the APIs named, to the administrator alone.
func sides(list, has string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch q := r.URL.Query(); {
		case user != "admin" || password != "admin":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == dataPath && q.Get("expand") == "false" && q.Get("gatewayLabel") == "Default":
			_, _ = io.WriteString(w, list)
		case r.URL.Path == artifactPath && q.Get("version") == "1" && strings.Contains(has, q.Get("apiName")):
			_, _ = io.WriteString(w, `{"api":"<api/>"}`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	})
}

// A gateway whose health check says 200 is not healthy before it has what the control plane lists for its label.
func TestGatewayHasItsAPIs(t *testing.T) {
	entry := func(name, more string) string { return fmt.Sprintf(`{"name":%q,"version":"1"%s}`, name, more) }
	list := func(entries ...string) string { return `{"list":[` + strings.Join(entries, ",") + `]}` }
	for _, c := range []struct{ list, has, said string }{
		{list(entry("A", `,"apiType":"HTTP"`), entry("B", "")), "A B", "2 of 2 APIs are deployed"},
		{list(entry("A", ""), entry("B", "")), "B", "!1 of 2 APIs are not deployed: A 1 (404 Not Found)"},
		{list(entry("A", ""), entry("B", ""), entry("C", ""), entry("D", "")), "", "!4 of 4 APIs are not deployed: A 1 (404 Not Found), B 1 (404 Not Found), C 1 (404 Not Found) and 1 more"},
		{list(entry("A", ""), entry("A", "")), "A", "1 of 1 APIs are deployed"},
		{list(), "", "there is no API to compare"},
		{list(entry("A", `,"apiType":"WS"`), entry("B", `,"organization":"tenant.com"`)), "", "there is no API to compare"},
		{`{"error":"x"}`, "", "!https://api.example.com:9443/internal/data/v1/apis?expand=false&gatewayLabel=Default: 200 OK, and no list of APIs"},
	} {
		b := settled(t, twoAndTwo)
		gw := b.hosts["gw-1"]
		gw.ServeTLS("api.example.com:9443", sides(c.list, c.has), b.shown)
		gw.ServeTLS("localhost:9443", sides(c.list, c.has), b.shown)
		said, err := b.rung(t, "gw-1", "apis").Try(t.Context(), gw)
		if want, no := strings.CutPrefix(c.said, "!"); said != want || no != (err != nil) {
			t.Errorf("%s: it says %q (%v), not %q", c.list, said, err, c.said)
		}
	}
}

// Whom the control plane or a gateway does not let in ends the wait at once, and waits no longer than that: accounts get locked.
func TestRefusedCredentialsEndTheWait(t *testing.T) {
	for _, at := range []string{"api.example.com:9443", "localhost:9443"} {
		b := settled(t, strings.Replace(twoAndTwo, "ssh:", "admin: {username: admin, password: planted-2}\nssh:", 1))
		many := `{"list":[{"name":"A","version":"1"},{"name":"B","version":"1"},{"name":"C","version":"1"}]}`
		gw := b.hosts["gw-1"]
		lists := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, many) })
		gw.ServeTLS("api.example.com:9443", lists, b.shown)
		gw.ServeTLS("localhost:9443", healthy, b.shown)
		asked := 0
		gw.ServeTLS(at, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			sides(pizza, "").ServeHTTP(w, r)
		}), b.shown)
		err := plan.Wait{Probe: b.rung(t, "gw-1", "apis"), Every: 1, For: 1e12}.Apply(t.Context(), gw)
		if err == nil || !strings.HasPrefix(err.Error(), "the credentials are refused; the probe was told last: https://"+at) || asked != 3 {
			t.Errorf("%s was asked %d times: %v", at, asked, err)
		}
	}
}

// An all-in-one is asked for its internal data as gateways do; and neither is asked for anything with gate.apis false.
func TestAllInOneAnswersGateways(t *testing.T) {
	b := settled(t, twoAndTwo)
	aio := b.hosts["aio-1"]
	aio.ServeTLS("localhost:9443", sides(pizza, ""), b.shown)
	data := b.deployment.ladder(b.node("aio-1"), "")[4].Probe
	if said, err := data.Try(t.Context(), aio); err != nil || said != "200 OK" {
		t.Errorf("%s: %q, %v", data, said, err)
	}
	b = settled(t, strings.Replace(twoAndTwo, "for: 5s}", "for: 5s, apis: false}", 1))
	for _, n := range b.deployment.Nodes {
		for _, w := range b.deployment.ladder(n, "") {
			if w.Probe.Login != nil || w.Probe.Kind == "apis" {
				t.Errorf("%s: %s is asked", n.Name, w)
			}
		}
	}
}

// Where nobody knows what the control plane's certificate leads to, nobody is sent the administrator's password.
func TestPasswordGoesToNoStranger(t *testing.T) {
	b := settled(t, strings.Replace(twoAndTwo, "proxy: {https: 0, http: 0}", "proxy: {https: 443, http: 80}", 1))
	for _, w := range b.deployment.ladder(b.node("gw-1"), "") {
		if w.Probe.Kind == "apis" {
			t.Errorf("a balancer of their own: %s", w)
		}
	}
	for _, server := range []string{"https://api.example.com:443", "http://localhost:9763"} {
		p := plan.Probe{Kind: "http", URL: server + dataPath, Login: &plan.Login{User: "admin", Password: "planted"}}
		if said, err := p.Try(t.Context(), b.hosts["gw-1"]); err == nil || !strings.Contains(said, "the password goes to no stranger") {
			t.Errorf("%s: %s, %v", server, said, err)
		}
	}
}

// A node takes API calls on the port that its deployment.toml says.
func TestTrafficPort(t *testing.T) {
	for config, want := range map[string]int{
		"": 8243, "{transport.passthru_https.listener.parameters.port: 9000}": 9000, "{transport.passthru_https.listener.enable: false}": 0,
	} {
		text := twoAndTwo
		if config != "" {
			text = strings.Replace(text, "gw-1: {", "gw-1: {config: "+config+", ", 1)
		}
		if port, open := newBench(t, text).node("gw-1").apiPort(); port != want || open != (want > 0) {
			t.Errorf("%s: %d, %v", config, port, open)
		}
	}
}

// Whom a table of deployment.toml names is known where it does not depend on the host.
func TestLogin(t *testing.T) {
	for toml, want := range map[string]*plan.Login{
		"": {User: "admin", Password: "admin"},
		`{apim.event_hub.username: 'a&amp;b', apim.event_hub.password: "$x"}`:                 {User: "a&b", Password: "$x"},
		`{apim.event_hub.password: "$env{PASSWORD}"}`:                                         nil,
		`{apim.event_hub.password: "$ref{apim.event_hub.password}"}`:                          nil,
		`{apim.event_hub.username: "$ref{apim.x}", apim.x: "$ref{apim.y}", apim.y: "events"}`: {User: "events", Password: "admin"},
	} {
		text := twoAndTwo
		if toml != "" {
			text = strings.Replace(text, "gw-1: {", "gw-1: {config: "+toml+", ", 1)
		}
		had := settled(t, text).node("gw-1").login("apim.event_hub")
		if (had == nil) != (want == nil) || had != nil && (had.User != want.User || had.Password.Reveal() != want.Password.Reveal()) {
			t.Errorf("%s: %+v, not %+v", toml, had, want)
		}
	}
}

// rung is the probe of a kind in a node's ladder.
func (b *bench) rung(t *testing.T, node, kind string) plan.Probe {
	t.Helper()
	for _, w := range b.deployment.ladder(b.node(node), "") {
		if w.Probe.Kind == kind {
			return w.Probe
		}
	}
	t.Fatalf("%s is not asked for %s", node, kind)
	return plan.Probe{}
}
