package inventory

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"apimctl/testdata/refdata"
)

func TestSmallest(t *testing.T) {
	dir := folder(t)
	inv := parse(t, dir, smallest)

	want := Host{
		Name: "gw-1", Role: Gateway, Address: "10.0.0.2", Environment: "Default",
		SSH:     SSH{Become: true, ConnectTimeout: 15 * time.Second, Keepalive: 15 * time.Second, Config: filepath.Join(dir, ".ssh/config")},
		Install: Install{Dir: "/opt/wso2", User: "wso2carbon", Group: "wso2", Heap: Heap{"256m", "1024m"}, Service: "auto"},
		Gate:    Gate{Every: 2 * time.Second, For: 10 * time.Minute, InARow: 3, Events: true, APIs: true, Stop: 5 * time.Minute},
	}
	if had := fmt.Sprintf("%+v", inv.Hosts[1]); had != fmt.Sprintf("%+v", want) {
		t.Errorf("had  %s\nwant %+v", had, want)
	}
	if inv.Hosts[0].Name != "aio-1" || len(inv.Hosts) != 2 {
		t.Errorf("hosts are %v", inv.Hosts)
	}
	if inv.Hostnames[AllInOne] != "aio-1" || inv.Hostnames[Gateway] != "gw-1" {
		t.Errorf("hostnames are %v, not the nodes' own", inv.Hostnames)
	}
	if inv.Proxy != (Proxy{}) || inv.Databases.APIM != nil || inv.Admin.Password.Reveal() != "admin" {
		t.Errorf("proxy %v, databases %v, admin %v", inv.Proxy, inv.Databases, inv.Admin)
	}
	store := Keystore{"wso2carbon.jks", "JKS", NewSecret("wso2carbon"), "wso2carbon", NewSecret("wso2carbon")}
	if k := inv.Keystores; k.Primary != store || k.TLS != store || k.Internal != store || k.Truststore.File != "client-truststore.jks" {
		t.Errorf("keystores are %+v", k)
	}
	if f := inv.Features; !f.GatewayNotification || f.TokenProtection != "none" || f.JWT != nil {
		t.Errorf("features are %+v", f)
	}
}

func TestLoadSharedExample(t *testing.T) {
	data, err := os.ReadFile(refdata.Path(t, "inventory-example.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, "dist/wso2am-4.6.0.zip", "dist/wso2am-universal-gw-4.6.0.zip", "drivers/mysql-connector-j-8.4.0.jar")
	inv := parse(t, dir, string(data))
	if len(inv.Hosts) != 5 || inv.Hosts[3].Name != "gw-2" || inv.Hosts[3].SSH.Port != 2222 || inv.Hosts[3].SSH.User != "deploy" {
		t.Errorf("hosts are %+v", inv.Hosts)
	}
	if inv.Databases.APIM.Password.Reveal() != "s3cret-value" || inv.Databases.Shared.Name != "shared_db" {
		t.Errorf("databases are %+v", inv.Databases)
	}
	if inv.Proxy != (Proxy{443, 80}) || inv.Features.JWT == nil || inv.Features.Analytics.Type != "elk" {
		t.Errorf("proxy %+v, features %+v", inv.Proxy, inv.Features)
	}
}

func TestExamples(t *testing.T) {
	dir := folder(t, "dist/wso2am-4.6.0.zip", "dist/wso2am-universal-gw-4.6.0.zip", "drivers/mysql-connector-j.jar",
		"wso2am-4.6.0.zip", "wso2am-universal-gw-4.6.0.zip", "mysql-connector-j.jar")
	for _, test := range []struct {
		name, text string
		hosts      int
		warnings   int
	}{
		{"printed by init", Example, 5, 2},
		{"smallest.yaml", read(t, "../examples/smallest.yaml"), 2, 3},
		{"ha.yaml", read(t, "../examples/ha.yaml"), 5, 2},
	} {
		inv := parse(t, dir, test.text)
		if len(inv.Hosts) != test.hosts {
			t.Errorf("%s has %d hosts, not %d", test.name, len(inv.Hosts), test.hosts)
		}
		if len(inv.Warnings()) != test.warnings {
			t.Errorf("%s has the warnings\n%v", test.name, Problems(inv.Warnings()))
		}
	}
}

// TestExampleComments takes the marks off the commented keys of the example: what it proposes has to load too.
func TestExampleComments(t *testing.T) {
	proposed := regexp.MustCompile(`(?m)^( *)# ( *)(-|[a-z_]+:|gw-\[|  - |10\.)`)
	text := proposed.ReplaceAllString(Example, "$1$2$3")
	if text == Example {
		t.Fatal("the example proposes nothing")
	}
	dir := folder(t, "dist/wso2am-4.6.0.zip", "dist/wso2am-universal-gw-4.6.0.zip", "drivers/mysql-connector-j.jar")
	put(t, filepath.Join(dir, "corporate-ca.pem"), certificate(t))
	inv := parse(t, dir, text)
	if len(inv.Hosts) != 43 || len(inv.Certificates) != 1 || !inv.Features.EventHubTLS || inv.Gate.InARow != 3 {
		t.Errorf("hosts %d, certificates %v, features %+v", len(inv.Hosts), inv.Certificates, inv.Features)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestLoadOfNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := Load(path, environment(""))
	var problems Problems
	if !errors.As(err, &problems) || problems[0].What != "is not there" {
		t.Errorf("the error is %v", err)
	}
}
