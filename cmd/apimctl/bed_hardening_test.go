package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// A plant is a fault on a host of the bed: how it is made and, where no task mends it, how it is taken away.
type plant struct {
	code, host, where string // what check has to say of it
	make, mend        string
}

// plants are faults of hosts. Nothing is installed on gw-2.
var plants = []plant{
	{
		"HOST009", "aio-1", "clock",
		`printf '#!/bin/sh\ncase $* in *%%s*) echo $(($(/bin/date +%%s) + 600)).0 ;; *) exec /bin/date "$@" ;; esac\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date`,
		`rm /usr/local/bin/date`,
	},
	{
		"HOST010", "gw-2", "time zone", // a file of one zone, an hour east
		`mv /etc/localtime /etc/localtime.away 2>/dev/null; z='\0\0\0\0'; printf "TZif$z$z$z$z$z$z$z$z\0\0\0\1\0\0\0\4\0\0\16\20\0\0CET\0" >/etc/localtime`,
		`rm /etc/localtime; mv /etc/localtime.away /etc/localtime 2>/dev/null; true`,
	},
	{"HOST007", "gw-2", "/mnt/small", `true`, `true`},
	{
		"HOST013", "gw-2", "java",
		java + `cp release release.away && echo 'JAVA_VERSION="1.8.0_402"' >release`, java + `cat release.away >release && rm release.away`,
	},
	{"HOST012", "aio-1", "ps", `mv /usr/bin/ps /usr/bin/ps.away`, `mv /usr/bin/ps.away /usr/bin/ps`},
	{"HOST014", "gw-1", "/usr/lib/jvm/java-17-openjdk-amd64/bin/keytool", java + `mv bin/keytool bin/keytool.away`, java + `mv bin/keytool.away bin/keytool`},
	{"HOST020", "gw-1", "db.wso2.com", `echo 10.9.9.9 db.wso2.com >>/etc/hosts`, `sed '/^10.9.9.9 /d' /etc/hosts >/var/tmp/h; cat /var/tmp/h >/etc/hosts`},
	{"HOST021", "aio-1", "localhost", `cp /etc/hosts /var/tmp/hosts.away; sed /localhost/d /var/tmp/hosts.away >/etc/hosts`, `cat /var/tmp/hosts.away >/etc/hosts`},
	{"HOST023", "aio-1", "port 8021", `systemd-run -q --unit=squatter systemd-socket-activate -l 8021 /bin/cat`, `systemctl stop squatter`},
	{"HOST024", "db", ":3306", `systemctl stop mariadb`, mariadb},
	{"HOST030", "gw-1", "max open files", lower + `--nofile=1024:1024`, `systemctl restart wso2-gateway`},
	{"HOST031", "gw-1", "max processes", lower + `--nproc=4096:4096`, `true`},
	{
		"HOST032", "aio-1", "wso2-all-in-one.service",
		`d=/etc/systemd/system/wso2-all-in-one.service.d; mkdir $d; printf '[Service]\nLimitNOFILE=1024\n' >$d/low.conf; systemctl daemon-reload`,
		`rm -r /etc/systemd/system/wso2-all-in-one.service.d; systemctl daemon-reload`,
	},
	{"HOST041", "aio-1", "/etc/sysctl.d/99-old.conf", `echo net.ipv4.tcp_tw_recycle = 1 >/etc/sysctl.d/99-old.conf`, `rm /etc/sysctl.d/99-old.conf`},
	{"HOST033", "aio-1", "/etc/security", `rm /etc/security/limits.d/90-apimctl-bed.conf`, ""},
	{"HOST034", "aio-1", "wso2-all-in-one.service", `sed -i '/^NoNew\|^Private\|^Protect/d' /etc/systemd/system/wso2-all-in-one.service; systemctl daemon-reload`, ""},
	{"HOST050", "gw-1", "/opt/wso2/gateway/repository/conf/deployment.toml", `chmod 644 /opt/wso2/gateway/repository/conf/deployment.toml`, ""},
	{"HOST051", "aio-1", "/opt/wso2/all-in-one/repository/resources/security/wso2carbon.jks", `chmod 644 /opt/wso2/all-in-one/repository/resources/security/wso2carbon.jks`, ""},
	{"HOST052", "gw-1", "/opt/wso2/gateway/bin/gateway.sh", `chmod 777 /opt/wso2/gateway/bin/gateway.sh`, ""},
	{"HOST054", "aio-1", "log4j2.properties", `sed -i /strategy.max/d /opt/wso2/all-in-one/repository/conf/log4j2.properties`, ""},
}

const lower = `runuser -u wso2carbon -- prlimit --pid $(tr -cd 0-9 </opt/wso2/gateway/wso2carbon.pid) `

// misconfigured is what the inventory of the faults says of gw-1, with the finding that each of them is.
var misconfigured = []struct{ setting, code, where string }{
	{`apim.cors.allow_origins: "*"`, "APIM104", "apim.cors.allow_origins"},
	{`monitoring.jmx.rmi_server_start: true`, "APIM103", "monitoring.jmx.rmi_server_start"},
	{`database.shared_db.type: h2`, "APIM101", "database.shared_db.type"},
	{`keystore.tls.password: wso2carbon`, "APIM090", "keystore.tls.password"},
	{`transport.passthru_https.sender.parameters.HostnameVerifier: AllowAll`, "APIM102", "transport.passthru_https.sender.parameters.HostnameVerifier"},
	{`apim.wss.ssl_enabled_protocols: "TLSv1.1,TLSv1.2"`, "APIM100", "apim.wss.ssl_enabled_protocols"},
	{`transport.https.sslHostConfig.properties.protocols: "+TLSv1,+TLSv1.2"`, "APIM100", "transport.https.sslHostConfig.properties.protocols"},
	{`transport.passthru_https.listener.parameters.HttpsProtocols: "TLSv1"`, "APIM100", "transport.passthru_https.listener.parameters.HttpsProtocols"},
	{`transport.binary.receiver.sslEnabledProtocols: "TLSv1.1"`, "APIM100", "transport.binary.receiver.sslEnabledProtocols"},
}

// A bedFinding is what the JSON says of a finding.
type bedFinding struct {
	Code, Where, Seen string
	Hosts             []string
}

// shut says whether a finding is of what a container has from its engine, and no task can mend there.
func (b *bed) shut(t *testing.T, c bedFinding) bool {
	t.Helper()
	most := strings.TrimSpace(b.on(t, "aio-1", `sh -c 'ulimit -Hn'`))
	return c.Code == "HOST040" || c.Code == "HOST030" && strings.HasPrefix(c.Seen, most+",")
}

const hardenedBed = `
hardening: {all: true}
keystores: {primary: {password: "${env:BED_STORE_WORD}"}, truststore: {password: "${env:BED_STORE_WORD}"}}
certificates: {mode: generate, passphrase: "${env:BED_PASSPHRASE}"}
install:`

// TestBedHardening plants faults on a hardened deployment, has check find each of them, mends them, and has check find none.
func TestBedHardening(t *testing.T) {
	b := openBed(t)
	b.vars["BED_STORE_WORD"], b.vars["BED_PASSPHRASE"] = bedStoreWord, "planted-passphrase"
	b.secrets = append(b.secrets, bedStoreWord, "planted-passphrase")
	without := fmt.Sprintf(`%s: {config: {apim.cors.allow_origins: "https://first.example.com"}, address: %s}`, "aio-2", b.vars["BED_AIO_2"])
	b.edits = []string{"\ninstall:", hardenedBed, without, ""} // two nodes are enough, and gw-2 stays bare
	b.wipe(t)
	t.Cleanup(func() {
		b.wipe(t)
		b.onNodes(t, `rm -f /etc/security/limits.d/90-apimctl-bed.conf /etc/sysctl.d/90-apimctl-bed.conf`, "")
		_ = os.RemoveAll(b.dir + "/pki")
	})
	good := b.inventory(t, "hardened")
	b.wants(t, exitOK, "apply", "-i", good, "--yes", "--limit", "aio-1,gw-1")
	b.clean(t, good)
	b.wants(t, exitOK, "check", "-i", good, "--fix", "--yes", "--limit", "aio-1,gw-1")

	for _, p := range plants {
		b.on(t, p.host, p.make)
	}
	b.finds(t)
	b.mended(t)
	if r := b.wants(t, exitOK, "check", "-i", good, "--fix", "--yes", "--limit", "aio-1,gw-1"); strings.Contains(r.out, "nothing to do") {
		t.Error("--fix mends nothing")
	}
	b.clean(t, good)
	if r := b.wants(t, exitOK, "check", "-i", good, "--fix", "--yes", "--limit", "aio-1,gw-1"); !strings.Contains(r.out, "nothing to do") {
		t.Errorf("a second --fix does\n%s", r.out)
	}
}

// mended takes away what no task mends: all of it, for the bed's other tests.
func (b *bed) mended(t *testing.T) {
	t.Helper()
	for _, p := range slices.Backward(plants) {
		if out, err := b.exec(p.host, p.mend, "").CombinedOutput(); err != nil {
			t.Errorf("%s: %s: %v\n%s", p.host, p.mend, err, out)
		}
	}
}

// finds wants check to find every fault, on its host.
func (b *bed) finds(t *testing.T) {
	t.Helper()
	var config []string
	for _, m := range misconfigured {
		config = append(config, m.setting)
	}
	faulty := b.inventory(t, "faulty", "gw-2: {", "gw-2: {install: {dir: /mnt/small/wso2}, ",
		`gw-1: {config: {apim.cors.allow_origins: "https://first.example.com"}`, "gw-1: {config: {"+strings.Join(config, ", ")+"}")
	found := b.checks(t, faulty)
	has := func(code, host, where string) {
		t.Helper()
		if !slices.ContainsFunc(found, func(c bedFinding) bool {
			return c.Code == code && strings.HasSuffix(c.Where, where) && (host == "db" || slices.Contains(c.Hosts, host))
		}) {
			t.Errorf("%s is not found at %s of %s", code, where, host)
		}
	}
	for _, p := range plants {
		has(p.code, p.host, p.where)
	}
	for _, m := range misconfigured {
		has(m.code, "gw-1", m.where)
	}
	if t.Failed() {
		for _, c := range found {
			t.Log(c.Code, c.Hosts, c.Where, c.Seen)
		}
	}
}

// clean wants check to find nothing but what a container cannot have otherwise. A node that was just started is given a moment.
func (b *bed) clean(t *testing.T, inv string) {
	t.Helper()
	var found []bedFinding
	for range 20 {
		if found = slices.DeleteFunc(b.checks(t, inv, "--limit", "aio-1,gw-1"), func(c bedFinding) bool { return b.shut(t, c) }); len(found) == 0 {
			return
		}
		time.Sleep(500 * time.Millisecond)
	}
	for _, c := range found {
		t.Error("it finds", c.Code, c.Hosts, c.Where, c.Seen)
	}
}

func (b *bed) checks(t *testing.T, inv string, more ...string) []bedFinding {
	t.Helper()
	r := b.run(t, append([]string{"check", "-i", inv, "--output", "json"}, more...)...)
	if r.status != exitChanges && r.status != exitOK {
		t.Fatalf("check: exit status %d\n%s%s", r.status, r.out, r.err)
	}
	var found []bedFinding
	if err := json.Unmarshal([]byte(r.out), &found); err != nil {
		t.Fatalf("%v\n%s", err, r.out)
	}
	return found
}
