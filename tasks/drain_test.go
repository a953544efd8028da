package tasks

import (
	"crypto/tls"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// A connection to a port counts as in flight where it comes from a balancer, and what is left is no failure.
func TestInFlight(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	client, err := net.Dial("tcp4", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	port := ln.Addr().(*net.TCPAddr).Port
	for name, row := range map[string]struct {
		ports     []int
		balancers []string
		left      bool
	}{
		"the balancer's":   {[]int{port, 1}, []string{"192.0.2.1", "127.0.0.1"}, true},
		"somebody else's":  {[]int{port}, []string{"192.0.2.1"}, false},
		"anybody's":        {[]int{port}, []string{"lb.example.com"}, true},
		"of another port":  {[]int{1}, []string{"127.0.0.1"}, false},
		"of an IPv6 peer":  {[]int{port}, []string{"::1"}, false},
		"of a mapped peer": {[]int{port}, []string{"::ffff:127.0.0.1"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			argv := InFlight("gw-1", row.ports, row.balancers, 0).Argv
			out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
			if err != nil || strings.Contains(string(out), "are left") != row.left {
				t.Errorf("%v: %q", err, out)
			}
		})
	}
}

// The portals' hostname closes what is inside to all but the nodes, and a node is not trusted for another name.
func TestNginxServes(t *testing.T) {
	l := newLive(t)
	status := func(path string) int {
		t.Helper()
		c := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "api.am.wso2.com"},
		}}
		r, err := http.NewRequest(http.MethodGet, "https://"+l.at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "api.am.wso2.com"
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	for _, row := range []struct {
		change func(*Nginx)
		want   map[string]int
	}{
		{func(*Nginx) {}, map[string]int{"/publisher": 200, "/carbon/": 403, "/services/Version": 403, "/%63arbon": 403, "/t/a.com/carbon": 403, "/x/..;/carbon": 400}},
		{func(lb *Nginx) { lb.Config.Allow = []string{"127.0.0.1"} }, map[string]int{"/publisher": 200, "/services/Version": 200, "/carbon/": 200}},
		{func(lb *Nginx) { lb.Config.Allow = []string{"127.0.0.2"} }, map[string]int{"/publisher": 200, "/services/Version": 403, "/carbon/": 403}},
		{func(lb *Nginx) { lb.Config.ServerName = "localhost" }, map[string]int{"/publisher": 502}},
	} {
		row.change(&l.lb)
		l.mustDo(l.all())
		for _, moving := range []bool{false, true} { // clients to new connections
			if moving {
				l.write("apimctl-prod.moving", "")
			}
			for path, want := range row.want {
				if had := status(path); had != want {
					t.Errorf("%s: %d, not %d (moving: %v)", path, had, want, moving)
				}
			}
		}
	}
}
