package tasks

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// nginx logs whom it sent each request to a gateway's APIs to, and what came back, beside its own log: those to portals are not among them.
func TestNginxLogsGateways(t *testing.T) {
	l := newLive(t)
	l.mustDo(l.all())
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	for host, n := range map[string]int{"gw.wso2.com": 3, "api.am.wso2.com": 2} {
		c.Transport.(*http.Transport).TLSClientConfig.ServerName = host
		for range n {
			r, err := http.NewRequest(http.MethodGet, "https://"+l.at+"/x", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			answer, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
		}
	}
	l.quit() // a request is logged once it is over
	node := net.JoinHostPort("127.0.0.1", strconv.Itoa(l.lb.Config.Gateways[0].Offset+8243))
	if had := l.read("apimctl-prod.log"); had != strings.Repeat(node+"|200\n", 3) {
		t.Errorf("of %s: %q", node, had)
	}
	if n := strings.Count(l.read("access.log"), "GET /x"); n != 5 {
		t.Errorf("nginx's own log has %d requests", n)
	}
}
