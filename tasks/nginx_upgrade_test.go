package tasks

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"apimctl/render"
)

// shifted is a gateway that listens on ports, all moved by the same offset, with TLS where they say so.
func shifted(t *testing.T, ports map[int]bool, h http.Handler) (offset int) {
	t.Helper()
	for offset = 20000; offset < 40000; offset += 100 {
		if listening(t, ports, offset, h) {
			return offset
		}
	}
	t.Fatal("no ports are free")
	return 0
}

func listening(t *testing.T, ports map[int]bool, offset int, h http.Handler) bool {
	all := map[int]net.Listener{}
	for port := range ports {
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+offset)))
		if err != nil {
			for _, ln := range all {
				_ = ln.Close()
			}
			return false
		}
		all[port] = ln
	}
	for port, ln := range all {
		s := httptest.NewUnstartedServer(h)
		_ = s.Listener.Close()
		s.Listener = ln
		if ports[port] {
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
	}
	return true
}

// upgrading says what it was asked for, and gives it: from then on it sends back what it gets.
func upgrading(w http.ResponseWriter, r *http.Request) {
	asked := strings.Join([]string{r.Header.Get("Upgrade"), r.Header.Get("Connection"), r.Header.Get("Sec-WebSocket-Key")}, "|")
	w.Header().Set("X-Asked", asked)
	if r.Header.Get("Upgrade") == "" {
		return
	}
	conn, client, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Asked: %s\r\n\r\n", asked)
	_, _ = io.Copy(conn, client)
}

// A door is a port of the balancer.
type door struct {
	port          int
	tls, upgrades bool
}

// asks sends a request with headers, and says what came back, and what the gateway was asked for. Where it got another protocol, it tries that.
func (d door) asks(t *testing.T, headers string) (status int, asked string) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(d.port)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if d.tls {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true, ServerName: "gw.wso2.com"})
	}
	if _, err := io.WriteString(conn, "GET /chat HTTP/1.1\r\nHost: gw.wso2.com\r\n"+headers+"\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.StatusCode == http.StatusSwitchingProtocols {
		back := make([]byte, 5)
		_, err := io.WriteString(conn, "hello")
		if err == nil {
			_, err = io.ReadFull(in, back)
		}
		if err != nil || string(back) != "hello" {
			t.Errorf("%d: %v: %q comes back", d.port, err, back)
		}
	}
	return r.StatusCode, r.Header.Get("X-Asked")
}

// A client that asks for a websocket gets it from a gateway at the ports for that and for WebSub, with TLS and without; at the one of APIs it does
// not, and who does not ask is not taken for one who does.
func TestNginxUpgrades(t *testing.T) {
	l := newLive(t)
	const upgrade = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n"
	in := &l.lb.Config
	in.Ports = render.NginxPorts{HTTPS: in.Ports.HTTPS, WSS: freePort(t), WS: freePort(t), WebSubHTTPS: freePort(t), WebSubHTTP: freePort(t)}
	offset := shifted(t, map[int]bool{8243: true, 8099: true, 9099: false, 8021: true, 9021: false}, http.HandlerFunc(upgrading))
	in.Gateways = []render.Peer{{Name: "gw-1", Address: "127.0.0.1", Offset: offset}}
	l.mustDo(l.all())
	for name, x := range map[string]door{
		"wss": {in.Ports.WSS, true, true}, "ws": {in.Ports.WS, false, true},
		"WebSub https": {in.Ports.WebSubHTTPS, true, true}, "WebSub http": {in.Ports.WebSubHTTP, false, true}, "APIs": {in.Ports.HTTPS, true, false},
	} {
		status, asked := x.asks(t, "")
		if status != http.StatusOK || asked != "||" {
			t.Errorf("%s: who asks for nothing has %d, and the gateway has %s", name, status, asked)
		}
		want, wants := http.StatusSwitchingProtocols, "websocket|upgrade|k"
		if !x.upgrades {
			want, wants = http.StatusOK, "||k"
		}
		if status, asked := x.asks(t, upgrade); status != want || asked != wants {
			t.Errorf("%s: %d, not %d, and the gateway has %s, not %s", name, status, want, asked, wants)
		}
	}
}
