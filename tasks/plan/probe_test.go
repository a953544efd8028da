package plan

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func TestProbe(t *testing.T) {
	m := remotetest.New()
	asked := 0
	m.Serve("127.0.0.1:500", statuses(&asked, 500))
	m.Serve("127.0.0.1:302", http.RedirectHandler("http://elsewhere/", http.StatusFound))
	m.Serve("127.0.0.1:200", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("4.6.0")) }))
	m.Listen("127.0.0.1:1", func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4096)) // all that was asked: else the asker may notice while it writes
		_ = c.Close()
	})
	pid := "4711\n" + strings.Repeat("\x00", 95)
	m.Set("/home/a.pid", text(0o644, "", pid))
	m.Set("/home/gone.pid", text(0o644, "", "4712\n"))
	m.Set("/home/bad.pid", text(0o644, "", "../x"))
	m.Set("/proc/4711/cmdline", text(0o444, "", "java\x00-Dcarbon.home=/opt/wso2/gateway-2\x00start\x00"))
	m.Set("/home/log", text(0o644, "", "INFO\nWSO2 Carbon started in 12 sec\n"))
	for _, test := range []struct {
		probe Probe
		said  string
		yes   bool
	}{
		{Probe{Kind: "http", URL: "http://127.0.0.1:500/x"}, "500 Internal Server Error", false},
		{Probe{Kind: "http", URL: "http://127.0.0.1:500/x", Status: 500}, "500 Internal Server Error", true},
		{Probe{Kind: "http", URL: "http://127.0.0.1:302/x"}, "302 Found", false},
		{Probe{Kind: "http", URL: "http://127.0.0.1:200/x", Contains: "4.6"}, "200 OK", true},
		{Probe{Kind: "http", URL: "http://127.0.0.1:200/x", Contains: "4.7"}, `200 OK without "4.7"`, false},
		{Probe{Kind: "http", URL: "http://127.0.0.1:9/x"}, "connection refused", false},
		{Probe{Kind: "http", URL: "http://127.0.0.1:1/x"}, "EOF", false},
		{Probe{Kind: "tcp", Addr: "127.0.0.1:1"}, "connected", true},
		{Probe{Kind: "tcp", Addr: "127.0.0.1:9"}, "connection refused", false},
		{Probe{Kind: "tcp", Addr: "127.0.0.1:9", Gone: true}, "connection refused", true},
		{Probe{Kind: "tcp", Addr: "127.0.0.1:1", Gone: true}, "connected", false},
		{Probe{Kind: "process", PIDFile: "/home/a.pid", Command: "-Dcarbon.home=/opt/wso2/gateway-2"}, "process 4711 runs", true},
		{Probe{Kind: "process", PIDFile: "/home/a.pid", Command: "-Dcarbon.home=/opt/wso2/gateway"}, "process 4711 is another one", false},
		{Probe{Kind: "process", PIDFile: "/home/gone.pid", Command: "x"}, "process 4712 has ended", false},
		{Probe{Kind: "process", PIDFile: "/home/gone.pid", Command: "x", Gone: true}, "process 4712 has ended", true},
		{Probe{Kind: "process", PIDFile: "/home/bad.pid", Command: "x"}, "/home/bad.pid names no process", false},
		{Probe{Kind: "process", PIDFile: "/home/no.pid", Command: "x"}, "/home/no.pid names no process", false},
		{Probe{Kind: "log", Log: "/home/log", Line: "Carbon started in"}, "the log says so", true},
		{Probe{Kind: "log", Log: "/home/log", Line: "Carbon ended"}, "the log does not say so", false},
		{Probe{Kind: "log", Log: "/home/none", Line: "x"}, "there is no log", false},
		{Probe{Kind: "all", Any: []Probe{{Kind: "tcp", Addr: "127.0.0.1:1", Of: "a"}, {Kind: "tcp", Addr: "127.0.0.1:1", Of: "b"}}}, "all say yes", true},
		{Probe{Kind: "all", Any: []Probe{{Kind: "tcp", Addr: "127.0.0.1:1", Of: "a"}, {Kind: "tcp", Addr: "127.0.0.1:9", Of: "b"}}}, "b: connection refused", false},
		{Probe{Kind: "magic", Gone: true}, "there is no such kind of probe", false},
	} {
		said, err := test.probe.Try(t.Context(), m)
		if said != test.said || (err == nil) != test.yes {
			t.Errorf("%+v: %q, %v", test.probe, said, err)
		}
	}
}

// signed is a certificate for name, and the PEM of it; signed by issuer, or by itself.
func signed(t *testing.T, name string, issuer *tls.Certificate) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: issuer == nil, BasicConstraintsValid: true,
	}
	parent, signer := c, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

func TestProbeTrust(t *testing.T) {
	self, selfPEM := signed(t, "localhost", nil)
	ca, caPEM := signed(t, "the CA", nil)
	leaf, leafPEM := signed(t, "gw.example.com", &ca)
	_, otherPEM := signed(t, "localhost", nil)
	for name, test := range map[string]struct {
		cert        tls.Certificate
		trust, host string
		yes         bool
	}{
		"nothing is verified":        {self, "", "", true},
		"itself":                     {self, selfPEM, "", true},
		"itself among others":        {self, otherPEM + selfPEM, "localhost", true},
		"itself by another name":     {self, selfPEM, "gw.example.com", false},
		"another self-signed":        {self, otherPEM, "", false},
		"a chain":                    {leaf, caPEM, "", true},
		"a chain with its name":      {leaf, caPEM, "gw.example.com", true},
		"a chain with another name":  {leaf, caPEM, "localhost", false},
		"a leaf that a CA signed":    {leaf, leafPEM, "gw.example.com", true},
		"a CA that did not sign it":  {leaf, otherPEM, "", false},
		"no certificate to trust at": {self, "nonsense", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			m, asked := remotetest.New(), 0
			m.ServeTLS("127.0.0.1:9443", statuses(&asked, 200), test.cert)
			said, err := Probe{Kind: "http", URL: "https://127.0.0.1:9443/", Trust: test.trust, ServerName: test.host}.Try(t.Context(), m)
			if (err == nil) != test.yes || (asked == 1) != test.yes {
				t.Errorf("%q, %v", said, err)
			}
		})
	}
}

func TestProbeOverABrokenConnection(t *testing.T) {
	lost := errors.New("connection lost")
	m := remotetest.New()
	m.Answer("tail", func([]string) (string, error) { return "", lost })
	said, err := Probe{Kind: "log", Log: "/l", Line: "x"}.Try(t.Context(), m)
	if said != "connection lost" || !errors.Is(err, lost) {
		t.Errorf("%q, %v", said, err)
	}
	_, err = Probe{Kind: "log", Log: "/l", Line: "x", Gone: true}.Try(t.Context(), remote.Imagine(m))
	if !errors.Is(err, lost) {
		t.Errorf("a lost connection is taken for a no: %v", err)
	}
}
