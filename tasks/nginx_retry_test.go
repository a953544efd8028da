package tasks

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"apimctl/render"
)

// What a gateway took and did not answer is given to another one where it may be repeated, and a POST never is; where none was reached, whatever it is.
func TestNginxGoesToAnotherNode(t *testing.T) {
	l := newLive(t)
	var broken, took atomic.Int64
	breaks := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		broken.Add(1)
		panic(http.ErrAbortHandler) // ends the connection
	}))
	t.Cleanup(breaks.Close)
	answers := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { took.Add(1) }))
	t.Cleanup(answers.Close)
	at := func(name string, port int) render.Peer {
		return render.Peer{Name: name, Address: "127.0.0.1", Offset: port - 8243}
	}
	port := func(s *httptest.Server) int { return s.Listener.Addr().(*net.TCPAddr).Port }
	send := func(method string) int {
		t.Helper()
		c := http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "gw.wso2.com"},
		}}
		r, err := http.NewRequest(method, "https://"+l.at+"/x", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "gw.wso2.com"
		answer, err := c.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}

	l.lb.Config.Gateways = []render.Peer{at("gw-1", port(breaks)), at("gw-2", port(answers))}
	l.mustDo(l.all())
	if had := send(http.MethodGet); had != 200 || broken.Load() != 1 || took.Load() != 1 {
		t.Errorf("a GET: %d; %d were broken off, %d answered", had, broken.Load(), took.Load())
	}
	lost, sent := 0, 0
	for ; sent < 4 && lost == 0; sent++ {
		if send(http.MethodPost) == http.StatusBadGateway {
			lost++
		}
	}
	if lost != 1 || broken.Load() != 2 || took.Load() != int64(sent) { // one of them the GET
		t.Errorf("of %d POSTs %d are lost; %d requests were broken off, %d answered", sent, lost, broken.Load(), took.Load())
	}

	l.lb.Config.Gateways = []render.Peer{at("gw-1", freePort(t)), at("gw-2", port(answers))}
	l.mustDo(l.all())
	for range 4 {
		if had := send(http.MethodPost); had != 200 {
			t.Errorf("a POST, with one gateway gone: %d", had)
		}
	}
}
