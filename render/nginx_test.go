package render

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// balanced is a deployment's balancer with its files in dir.
func balanced(dir string) NginxInput {
	return NginxInput{
		Name: "prod", AllInOne: "api.am.wso2.com", Gateway: "gw.wso2.com",
		AllInOnes:   []Peer{{Name: "aio-1", Address: "10.0.0.11"}, {Name: "aio-2", Address: "10.0.0.12"}},
		Gateways:    []Peer{{Name: "gw-1", Address: "10.0.0.21"}, {Name: "gw-2", Address: "10.0.0.22", Offset: 1}},
		Ports:       DefaultNginxPorts(),
		Certificate: dir + "/prod.crt", Key: dir + "/prod.key", Trusted: dir + "/prod-nodes.pem",
		Allow: []string{"10.0.0.11", "10.0.0.12", "10.0.0.21", "10.0.0.22"},
		Log:   dir + "/watched.log", Moving: "/run/apimctl-prod.moving",
	}
}

func nginxInputs(dir string) map[string]NginxInput {
	drained := balanced(dir)
	drained.Down = []string{"aio-1", "gw-2"}
	other := balanced(dir)
	other.Name, other.Management, other.ServerName = "pre-prod.1", "gwm.wso2.com", "*.nodes.example.com"
	other.Ports = NginxPorts{HTTPS: 8443, HTTP: 8080}
	other.AllInOnes[1].Offset = 2
	single := balanced(dir)
	single.AllInOnes, single.Gateways, single.Gateway = single.AllInOnes[:1], nil, ""
	return map[string]NginxInput{"ha": balanced(dir), "drained": drained, "other": other, "single": single}
}

func TestNginxGolden(t *testing.T) {
	for name, in := range nginxInputs("/etc/nginx/apimctl") {
		t.Run(name, func(t *testing.T) { golden(t, "nginx-"+name+".conf", Nginx(in)) })
	}
}

// What nginx itself says of each.
func TestNginxTakesIt(t *testing.T) {
	nginx, err := exec.LookPath("nginx")
	required := os.Getenv("APIMCTL_NGINX") == "required" // as in testdata/bed/test.sh
	switch {
	case err != nil && required:
		t.Fatal(err)
	case err != nil:
		t.Skip("no nginx on PATH")
	}
	dir := t.TempDir()
	throwaway(t, dir)
	for name, in := range nginxInputs(dir) {
		t.Run(name, func(t *testing.T) {
			write(t, filepath.Join(dir, "conf"), string(Nginx(in)))
			write(t, filepath.Join(dir, "nginx.conf"), "pid "+dir+"/pid; error_log stderr; events {}\nhttp { access_log off; include "+dir+"/conf;\n"+
				"client_body_temp_path "+dir+"/b; proxy_temp_path "+dir+"/p; fastcgi_temp_path "+dir+"/f; uwsgi_temp_path "+dir+"/u; scgi_temp_path "+dir+"/s; }\n")
			out, err := exec.Command(nginx, "-t", "-p", dir, "-c", dir+"/nginx.conf").CombinedOutput()
			said := string(out)
			if !required && strings.Contains(said, "Permission denied") && strings.Contains(said, "bind()") {
				t.Skip("ports below 1024 are not ours")
			}
			if err != nil || strings.Contains(said, "[warn]") {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}

// throwaway makes prod.crt, prod.key and prod-nodes.pem in dir.
func throwaway(t *testing.T, dir string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"prod.crt": {Type: "CERTIFICATE", Bytes: der}, "prod-nodes.pem": {Type: "CERTIFICATE", Bytes: der}, "prod.key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		write(t, filepath.Join(dir, name), string(pem.EncodeToMemory(block)))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A node that is down is down wherever it stands, and a sole all-in-one is asked whatever it said before.
func TestNginxDown(t *testing.T) {
	in := balanced("/etc/nginx/apimctl")
	in.Down = []string{"aio-2", "gw-1"}
	for l := range strings.Lines(string(Nginx(in))) {
		l = strings.TrimSpace(l)
		if !strings.HasPrefix(l, "server ") || strings.HasSuffix(l, "{") {
			continue
		}
		isDown := strings.HasSuffix(l, "# aio-2") || strings.HasSuffix(l, "# gw-1")
		if isDown != strings.Contains(l, " down;") {
			t.Error(l)
		}
		if strings.HasSuffix(l, "# aio-1") && !strings.Contains(l, " max_fails=0;") {
			t.Error(l)
		}
	}
}

// Nodes name all their peers at these ports themselves.
func TestNginxBalancesNoEvents(t *testing.T) {
	for name, in := range nginxInputs("/etc/nginx/apimctl") {
		if m := regexp.MustCompile(`:(5672|8672|9611|9711)\b`).Find(Nginx(in)); m != nil {
			t.Errorf("%s balances %s", name, m)
		}
	}
}

// What leads to the console or the admin services is closed, however it is written; what only looks like it is not.
func TestNginxInside(t *testing.T) {
	closed, wrong := regexp.MustCompile(inside), regexp.MustCompile("(?i)"+crooked)
	for path, want := range map[string]bool{
		"/services": true, "/services/Version": true, "/carbon/admin/login.jsp": true, "/carbon;x=1/admin": true, "/t/a.com/carbon/": true, "/t;x/a.com/services": true,
		"/publisher/..;/carbon": true, "/;/carbon": true, "/.;y/carbon": true, "/t/;/a.com/carbon": true,
		"/a/b/;x/../../carbon": true, "/a/%2E./b;c": true,
		"/publisher": false, "/devportal/services": false, "/api/am/publisher/v4/apis": false, "/internal/data/v1/apis": false, "/oauth2/token;jsessionid=1": false, "/t/a.com/devportal": false,
		"/publisher/;jsessionid=1": false, "/a/../b?x=;": false, "/a;b?x=..": false,
	} {
		if (closed.MatchString(path) || wrong.MatchString(path)) != want {
			t.Errorf("%s: closed is %v", path, !want)
		}
	}
}
