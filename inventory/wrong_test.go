package inventory

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrong lays each change over the smallest inventory and wants exactly these problems. DIR stands for its folder.
func TestWrong(t *testing.T) {
	for _, test := range wrongInventories() {
		t.Run(test.name, func(t *testing.T) {
			dir := folder(t)
			put(t, filepath.Join(dir, "broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
			text := test.text
			if test.old != "" {
				if !strings.Contains(smallest, test.old) {
					t.Fatalf("the smallest inventory has no %q", test.old)
				}
				text = strings.Replace(smallest, test.old, test.text, 1)
			} else if strings.HasPrefix(text, "+") {
				text = smallest + text[1:]
			}
			had := problems(t, dir, text)
			if want := strings.ReplaceAll(test.want, "DIR", dir); had != want {
				t.Errorf("had\n%s\nwant\n%s", had, want)
			}
		})
	}
}

// problems is what Parse reports, without the path of the inventory.
func problems(t *testing.T, dir, text string) string {
	t.Helper()
	file := filepath.Join(dir, "inventory.yaml")
	_, err := Parse(file, []byte(text), environment(dir))
	var all Problems
	if !errors.As(err, &all) {
		t.Fatalf("the error is %v, not Problems", err)
	}
	return strings.ReplaceAll(all.Error(), file+":", "")
}

// A wrongInventory is the smallest one with old replaced by text, or with text after it ("+..."), or text alone.
type wrongInventory struct{ name, old, text, want string }

func wrongInventories() []wrongInventory {
	all := wrongShapes()
	all = append(all, wrongFiles()...)
	all = append(all, wrongHosts()...)
	all = append(all, wrongDrain()...)
	return append(all, wrongAcross()...)
}

func wrongShapes() []wrongInventory {
	return []wrongInventory{
		{"nothing", "", "", `1:1: is empty; begin with the example: apimctl init`},
		{"no mapping", "", "- a", `1:1: is a list, not a mapping; write a mapping`},
		{"syntax", "", "name: [", `1:1: did not find expected node content; mend the YAML`},
		{"syntax in a mapping", "name: t", "name: t\nadmin: {password: ${env:A}}", `2:1: did not find expected ',' or '}'; put "${...}" in quotes where it stands between braces or brackets`},
		{"syntax in a list", "", "+user_store: [a, b\n", `7:1: did not find expected ',' or ']'; mend the YAML`},
		{"syntax, two values", "", "+user_store: a: b\n", `7:1: mapping values are not allowed in this context; mend the YAML`},
		{"tab", "", "+admin:\n\tusername: abc\n", `8:1: found character that cannot start any token; mend the YAML`},
		{"not UTF-8", "", "+admin: {username: \"\u00e4\xff\"}\n", `7:21: is not UTF-8 from here on; save the file as UTF-8`},
		{"control character", "", "+admin: {username: \"a\x01\"}\n", `7:21: has a control character; take it away`},
		{"two documents", "", "+---\nname: x\n", `7:1: a second document begins here; keep one document in the file`},
		{"nothing required", "", "user_store: x\n", `1:1: distributions: is required; add it: the product's zips
1:1: groups: is required; add it: the hosts, by what they are; all-in-one is required
1:1: name: is required; add it: names the deployment on its hosts
1:1: version: is required; add it: the product's version`},
		{"unknown key", "name: t", "name: t\nhostname: {gateway: gw}", `2:1: hostname: unknown key; did you mean "hostnames"?`},
		{"unknown key, nothing near", "name: t", "name: t\nadmin: {zzzzzzzzz: 1}", `2:9: admin.zzzzzzzzz: unknown key; the keys here are username, password`},
		{"twice", "name: t", "name: t\nname: u", `2:1: name: stands twice, first in line 1; keep one of them`},
		{"alias", "name: t", "name: &n t\nuser_store: *n", `2:13: *n is an alias, which is not read here; write the value, or set it for the group or the file`},
		{"merge", "name: t", "name: t\nadmin: {<<: {username: abc}}", `2:9: admin: has a merge key, which is not read here; write the values, or set them for the group or the file`},
		{"not text", "name: t", "name: 5", `1:7: name: is a number, not text; put it in quotes`},
		{"empty value", "name: t", "name:", `1:6: name: is empty, not text; give a value or take the key away`},
		{"empty text", "name: t", "name: ''", `1:7: name: is empty; give a value or take the key away`},
		{"not a number", "name: t", "name: t\nssh: {port: ssh}", `2:13: ssh.port: is text, not a whole number; write a whole number`},
		{"quoted number", "name: t", "name: t\nssh: {port: \"22\"}", `2:13: ssh.port: is text, not a whole number; take the quotes away`},
		{"number too large", "name: t", "name: t\nssh: {port: 65536}", `2:13: ssh.port: is out of range; write a number from 1 to 65535`},
		{"not true or false", "name: t", "name: t\nssh: {become: 1}", `2:15: ssh.become: is a number, not true or false; write true or false`},
		{"no list", "name: t", "name: t\nssh: {bastions: b}", `2:17: ssh.bastions: is text, not a list; write a list`},
		{"no unit", "name: t", "name: t\ngate: {every: 5}", `2:15: gate.every: has no unit; write it like 5s or 5m`},
		{"no time", "name: t", "name: t\ngate: {every: soon}", `2:15: gate.every: "soon" is no time; write a number and a unit: 500ms, 2s, 10m or 1h`},
		{"too short a time", "name: t", "name: t\ngate: {every: 1ms}", `2:15: gate.every: is too short; write at least 10ms`},
		{"less than once", "name: t", "name: t\ngate: {every: 2m, for: 1m}", `2:24: gate.for: for 1m0s is less than every 2m0s; let for be at least every`},
		{"not enough in a row", "name: t", "name: t\ngate: {in_a_row: 0}", `2:18: gate.in_a_row: is out of range; write a number from 1 to 100`},
		{"tag", "name: t", "name: !age t", `1:7: name: is encrypted, and no identity is given; set secrets.identity, or export APIMCTL_IDENTITY=FILE`},
		{"version", "4.6.0", "4.6.1", `2:10: version: 4.6.1 is no version that apimctl knows; they are 4.5.0, 4.6.0, 4.7.0`},
		{"version, a number", "4.6.0", "4.6", `2:10: version: 4.6 is no version that apimctl knows; they are 4.5.0, 4.6.0, 4.7.0`},
		{"several at once", "", "nme: 5\nversion: 4.6.0\nssh: {port: x, usr: y}\ngroups: {gateways: {}}\n", `1:1: distributions: is required; add it: the product's zips
1:1: name: is required; add it: names the deployment on its hosts
1:1: nme: unknown key; did you mean "name"?
3:13: ssh.port: is text, not a whole number; write a whole number
3:16: ssh.usr: unknown key; did you mean "user"?
4:1: groups.all-in-one: is required; add the group with one host at least
4:10: groups.gateways: unknown group; did you mean "gateway"?`},
	}
}

func wrongFiles() []wrongInventory {
	return []wrongInventory{
		{"missing zip", "am.zip", "none.zip", `3:29: distributions.all-in-one: DIR/none.zip: is not there; put the file there or mend the path`},
		{"a folder as zip", "am.zip", ".ssh", `3:29: distributions.all-in-one: DIR/.ssh: is not a file; name the file itself`},
		{"url without digest", "am.zip", "https://example.com/am.zip", `3:29: distributions.all-in-one: is a URL without a digest; write {url: https://..., sha256: ...}`},
		{"url in a mapping without digest", "am.zip", "{url: https://example.com/am.zip}", `3:17: distributions.all-in-one.sha256: is required with url; add the digest that sha256sum prints`},
		{"http", "am.zip", "{url: \"http://example.com/am.zip\", sha256: abc}", `3:35: distributions.all-in-one.url: "http://example.com/am.zip" is no URL of this kind; write https://host[:port]
3:72: distributions.all-in-one.sha256: is no SHA-256; write the 64 hexadecimal digits that sha256sum prints`},
		{"file and url", "am.zip", "{file: am.zip, url: https://example.com/am.zip}", `3:29: distributions.all-in-one: needs file or url, and one of them only; write a path, or {url: https://..., sha256: ...}`},
		{"no zip for gateways", ", gateway: gw.zip", "", `3:1: distributions.gateway: is required with a gateway group; name wso2am-universal-gw-VERSION.zip`},
		{"unset variable", "name: t", "name: t\nadmin: {password: \"${env:NOT_SET}\"}", `2:19: admin.password: environment variable NOT_SET is not set; export it before you run apimctl`},
		{"empty variable", "name: t", "name: t\nadmin: {password: \"${env:EMPTY}\"}", `2:19: admin.password: is empty; give a value or take the key away`},
		{"missing file", "name: t", "name: t\nadmin: {password: \"${file:none}\"}", `2:19: admin.password: DIR/none: is not there; put the file there or mend the path`},
		{"folder as file", "name: t", "name: t\nadmin: {password: \"${file:.ssh}\"}", `2:19: admin.password: DIR/.ssh: is not a file; put the file there or mend the path`},
		{"unknown reference", "name: t", "name: t\nadmin: {password: \"${vault:x}\"}", `2:19: admin.password: ${vault:x} is no reference; write ${env:NAME}, ${file:PATH}, ${cmd:COMMAND} or ${var:NAME}; $${ for a plain ${`},
		{"variable that is no number", "name: t", "name: t\nssh: {port: \"${env:SECRET}\"}", `2:13: ssh.port: is out of range; write a number from 1 to 65535`},
		{"missing key", "name: t", "name: t\nssh: {key: ~/.ssh/none}", `2:12: ssh.key: DIR/.ssh/none: is not there; put the file there or mend the path`},
		{"home of another", "name: t", "name: t\nssh: {known_hosts: ~joe/x}", `2:20: ssh.known_hosts: ~ cannot be replaced in "~joe/x"; write the whole path`},
		{"missing driver", "name: t", "name: t\ndatabases: {driver: none.jar}", `2:1: databases.apim_db: is required; add it: of the all-in-one nodes
2:1: databases.shared_db: is required; add it: of every node
2:21: databases.driver: DIR/none.jar: is not there; put the file there or mend the path`},
		{"certificate", "name: t", "name: t\ncertificates: [{alias: wso2carbon, file: ca.pem}, {alias: a, file: word}, {alias: A, file: broken.pem}, {alias: b, file: none.pem}]", `2:24: certificates[0].alias: "wso2carbon" is the product's own alias; give the certificate another one
2:68: certificates[1].file: DIR/word: holds no PEM certificate; give one that begins with -----BEGIN CERTIFICATE-----
2:83: certificates[2].alias: A is also certificates[1]'s; give it another alias
2:92: certificates[2].file: DIR/broken.pem: holds a broken certificate; export it again as PEM
2:122: certificates[3].file: DIR/none.pem: is not there; put the file there or mend the path`},
	}
}

func wrongHosts() []wrongInventory {
	const aio, gw = "aio-1: {address: 10.0.0.1}", "gw-1: {address: 10.0.0.2}"
	return []wrongInventory{
		{"no all-in-one", "  all-in-one: {hosts: {aio-1: {address: 10.0.0.1}}}\n", "", `4:1: groups.all-in-one: is required; add the group with one host at least`},
		{"empty group", gw, "", `6:20: groups.gateway.hosts: the group is empty; add a host or take the group away`},
		{"group without hosts", "gateway: {hosts: {gw-1: {address: 10.0.0.2}}}", "gateway: {offset: 1}", `6:3: groups.gateway.hosts: is required; add it: the hosts by name, one at least; gw-[1:40] stands for forty`},
		{"unknown group", "  gateway: {hosts", "  gateways: {hosts", `6:3: groups.gateways: unknown group; did you mean "gateway"?`},
		{"no address", aio, "aio-1: {}", `5:24: groups.all-in-one.hosts.aio-1.address: is required; add it: IP address or host name, as this machine and the other nodes reach it; 10.0.1.[1:40] in a range`},
		{"empty host", aio, "aio-1: ~", `5:31: groups.all-in-one.hosts.aio-1: is empty, not a mapping; give a value or take the key away`},
		{"bad address", aio, "aio-1: {address: 10.0.0.256}", `5:41: groups.all-in-one.hosts.aio-1.address: "10.0.0.256" is no address; write an IP address or a host name`},
		{"bad host name", aio, "aio_1: {address: 10.0.0.1}", `5:24: groups.all-in-one.hosts.aio_1: "aio_1" is no host name; use letters, digits, hyphens and dots`},
		{"address as name", aio, "10.0.0.1: {address: 10.0.0.1}", `5:24: groups.all-in-one.hosts.10.0.0.1: "10.0.0.1" is no host name; use letters, digits, hyphens and dots`},
		{"reserved name", aio, "gateway: {address: 10.0.0.1}", `5:24: groups.all-in-one.hosts.gateway: "gateway" is a reserved name; give the host another name`},
		{"name of two", gw, "AIO-1: {address: 10.0.0.2}", `6:21: groups.gateway.hosts.AIO-1: host AIO-1 is also in groups.all-in-one.hosts.aio-1; give it another name, or take one of them away`},
		{"address of two", gw, "gw-1: {address: 10.0.0.1}", `6:37: groups.gateway.hosts.gw-1.address: 10.0.0.1 is also aio-1's, and both would use port 9443; give one of them another address or another offset`},
		{"offset that clashes", gw, "gw-1: {address: 10.0.0.1, offset: 320}", `6:37: groups.gateway.hosts.gw-1.address: 10.0.0.1 is also aio-1's, and both would use port 9763; give one of them another address or another offset`},
		{"folder of two", gw, "gw-1: {address: 10.0.0.2}, gw-2: {address: 10.0.0.2, offset: 1}", `1:1: hostnames.gateway: is required with 2 gateway hosts; name what clients call: your load balancer's name for them
6:64: groups.gateway.hosts.gw-2.address: 10.0.0.2 is also gw-1's, and both would be installed in /opt/wso2; give one of them another address or another install.dir`},
		{"offset out of range", gw, "gw-1: {address: 10.0.0.2, offset: 54425}", `6:55: groups.gateway.hosts.gw-1.offset: is out of range; write a number from 0 to 54424`},
		{"environment of an all-in-one", aio, "aio-1: {address: 10.0.0.1, environment: Default}", `5:64: groups.all-in-one.hosts.aio-1.environment: is not for all-in-one hosts; take it away`},
		{"config of a load balancer", "", "+  load-balancer: {hosts: {lb-1: {address: 10.0.0.3, config: {a: 1}}}}\n", `1:1: hostnames.all-in-one: is required with a load balancer; name what clients call
1:1: hostnames.gateway: is required with a load balancer; name what clients call
7:61: groups.load-balancer.hosts.lb-1.config: is not for load-balancer hosts; take it away`},
		{"range of addresses too short", gw, "\"gw-[1:3]\": {address: \"10.0.1.[1:2]\"}", `6:43: groups.gateway.hosts.gw-[1:3].address: stands for 2, the name for 3; let both ranges be of one length`},
		{"range backwards", gw, "\"gw-[3:1]\": {address: \"10.0.1.[3:1]\"}", `6:21: groups.gateway.hosts.gw-[3:1]: range [3:1] runs backwards; write it like gw-[1:40] or gw-[01:40]`},
		{"range of different widths", gw, "\"gw-[01:100]\": {address: \"10.0.1.[1:100]\"}", `6:21: groups.gateway.hosts.gw-[01:100]: range [01:100] has numbers of different widths; write it like gw-[1:40] or gw-[01:40]`},
		{"range too long", gw, "\"gw-[1:5001]\": {address: \"10.0.1.[1:5001]\"}", `6:21: groups.gateway.hosts.gw-[1:5001]: range [1:5001] is too long; write it like gw-[1:40] or gw-[01:40]`},
		{"range out of an address", gw, "\"gw-[1:3]\": {address: \"10.0.1.[254:256]\"}", `6:43: groups.gateway.hosts.gw-[1:3].address: "10.0.1.256" is no address; write an IP address or a host name`},
		{"range of one address", gw, "\"gw-[1:3]\": {address: 10.0.1.1}", `6:43: groups.gateway.hosts.gw-[1:3].address: stands for 1, the name for 3; let both ranges be of one length`},
		{"range over a name", gw, "\"gw-[1:3]\": {address: \"10.0.1.[1:3]\"}, gw-2: {address: 10.0.2.2}", `1:1: hostnames.gateway: is required with 4 gateway hosts; name what clients call: your load balancer's name for them
6:60: groups.gateway.hosts.gw-2: host gw-2 is also in groups.gateway.hosts.gw-[1:3]; give it another name, or take one of them away`},
		{"root", aio, "aio-1: {address: 10.0.0.1, install: {user: root}}", `5:67: groups.all-in-one.hosts.aio-1.install.user: the service never runs as root; name an account of its own; it is created if absent`},
		{"relative folder", aio, "aio-1: {address: 10.0.0.1, install: {dir: opt}}", `5:66: groups.all-in-one.hosts.aio-1.install.dir: is no absolute path; write one like /opt/wso2, without spaces`},
		{"heap", aio, "aio-1: {address: 10.0.0.1, install: {heap: {min: 2g}}}", `5:73: groups.all-in-one.hosts.aio-1.install.heap.min: min 2g is more than max 1024m; let min be at most max`},
		{"heap without unit", aio, "aio-1: {address: 10.0.0.1, install: {heap: {min: '2'}}}", `5:73: groups.all-in-one.hosts.aio-1.install.heap.min: is no size; write it like 512m or 2g`},
		{"option with a space", aio, "aio-1: {address: 10.0.0.1, install: {java_opts: ['-Da=b c']}}", `5:73: groups.all-in-one.hosts.aio-1.install.java_opts[0]: is no JVM argument; write one argument for each element, beginning with -, without spaces`},
		{"bastion", aio, "aio-1: {address: 10.0.0.1, ssh: {bastions: ['b:0', '@b', 'u@b:22']}}", `5:68: groups.all-in-one.hosts.aio-1.ssh.bastions[0]: "b:0" has no good port; write a number from 1 to 65535
5:75: groups.all-in-one.hosts.aio-1.ssh.bastions[1]: "@b" is no bastion; write [user@]host[:port]`},
	}
}

func wrongDrain() []wrongInventory {
	return []wrongInventory{
		{"drain without restore", "name: t", "name: t\ndrain: {command: [lb, out, '{host}']}", `2:1: drain: has one of command and restore; set both`},
		{"drain by nothing", "name: t", "name: t\ndrain: {command: [], restore: [lb]}", `2:18: drain.command: is empty; name a program and its arguments`},
		{"drain by unknown names", "name: t", "name: t\ndrain: {command: [lb, 'out {node}'], restore: [lb, '{group}/{host}']}", `2:23: drain.command[1]: {node} stands for nothing; write {host}, {address} or {group}`},
		{"drain with a secret", "name: t", "name: t\ndrain: {command: [lb, \"${env:SECRET}\"], restore: [lb]}", `2:23: drain.command[1]: ${env:SECRET} would be seen in the list of processes; have the command read it itself`},
		{"drain beside a load balancer", "", "+  load-balancer: {hosts: {lb-1: {address: 10.0.0.3}}}\nhostnames: {all-in-one: a.b, gateway: c.d}\ndrain: {command: [lb], restore: [lb]}\n", `9:1: drain: is for a load balancer of your own, and there is a group load-balancer; take one of them away`},
	}
}

func wrongAcross() []wrongInventory {
	const two = "aio-1: {address: 10.0.0.1}, aio-2: {address: 10.0.0.3}"
	return []wrongInventory{
		{"two all-in-ones", "aio-1: {address: 10.0.0.1}", two, `1:1: databases: are required with 2 all-in-one hosts; the embedded H2 cannot be shared: add driver, apim_db and shared_db
1:1: hostnames.all-in-one: is required with 2 all-in-one hosts; name what clients call: your load balancer's name for them`},
		{"load balancer without hostnames", "", "+  load-balancer: {hosts: {lb-1: {address: 10.0.0.3}}}\n", `1:1: hostnames.all-in-one: is required with a load balancer; name what clients call
1:1: hostnames.gateway: is required with a load balancer; name what clients call`},
		{"one hostname for both", "", "+  load-balancer: {hosts: {lb-1: {address: 10.0.0.3}}}\nhostnames: {all-in-one: a.b, gateway: a.b}\n", `8:39: hostnames.gateway: is the all-in-one's too; the load balancer tells them apart by name: give it another one`},
		{"management hostname is the gateway's", "", "+  load-balancer: {hosts: {lb-1: {address: 10.0.0.3}}}\nhostnames: {all-in-one: a.b, gateway: c.d}\nload_balancer: {management: C.d}\n", `9:29: load_balancer.management: is hostnames.gateway too; the load balancer tells them apart by name: give it another one`},
		{"bad hostname", "name: t", "name: t\nhostnames: {gateway: \"https://gw\"}", `2:22: hostnames.gateway: "https://gw" is no host name; use letters, digits, hyphens and dots`},
		{"h2", "name: t", "name: t\ndatabases: {driver: driver.jar, apim_db: {type: h2}}", `2:1: databases.shared_db: is required; add it: of every node
2:33: databases.apim_db.password: is required; add it: of the user
2:33: databases.apim_db.username: is required; add it: whom the product logs in as
2:49: databases.apim_db.type: "h2" is not known here; it may be mysql, mariadb, postgre, mssql, oracle, db2`},
		{"postgresql", "name: t", "name: t\ndatabases: {driver: driver.jar, shared_db: {type: postgresql, host: db, name: s, username: u, password: \"${env:SECRET}\"}}", `2:1: databases.apim_db: is required; add it: of the all-in-one nodes
2:51: databases.shared_db.type: "postgresql" is not known here; did you mean "postgre"?`},
		{"oracle", "name: t", "name: t\ndatabases: {driver: driver.jar, apim_db: {type: oracle, name: x, username: u, password: \"${env:SECRET}\"}, shared_db: {type: oracle, url: \"oracle:x\", username: u, password: \"${env:SECRET}\"}}", `2:33: databases.apim_db.host: is required; say where the database is, or give its url
2:33: databases.apim_db.sid: is required; name the database, or give its url
2:138: databases.shared_db.url: is no JDBC URL; begin it with jdbc:`},
		{"encryption key too early", "name: t", "name: t\nencryption_key: \"${env:SECRET}\"", `2:17: encryption_key: is not 64 hexadecimal digits; make one with: openssl rand -hex 32
2:17: encryption_key: version 4.6.0 does not know it; take it away, or use 4.7.0 or later`},
		{"encryption key missing", "4.6.0", "4.7.0", `1:1: encryption_key: is required from 4.7.0 on; make one with: openssl rand -hex 32, and give it as ${env:NAME} or ${file:PATH}`},
		{"notification too early", "4.6.0", "4.5.0\nfeatures: {gateway_notification: true}", `3:34: features.gateway_notification: version 4.5.0 does not know it; take it away, or use 4.6.0 or later`},
		{"environment not defined", "name: t", "name: t\nenvironments: {Defualt: {}}", `7:3: groups.gateway.environment: environment Default is not among environments; did you mean "Defualt"?`},
		{"environment", "name: t", "name: t\nenvironments: {'a b': {}, Default: {type: prod, ws: \"wss://x\", vhosts: [{wss: \"wss:/x\"}]}}", `2:16: environments.a b: is no good environment; use letters, digits, dots, hyphens and underscores
2:43: environments.Default.type: "prod" is not known here; it may be hybrid, production, sandbox
2:53: environments.Default.ws: "wss://x" is no URL of this kind; write ws://host[:port]
2:73: environments.Default.vhosts[0].hostname: is required; add it: what clients call
2:79: environments.Default.vhosts[0].wss: "wss:/x" is no URL of this kind; write wss://host[:port]`},
		{"admin", "name: t", "name: t\nadmin: {username: 'a b', password: abc}", `2:19: admin.username: is no good user name; use 3 to 30 characters without spaces
2:36: admin.password: is no good password; use 5 to 30 characters without spaces`},
		{"keystore", "name: t", "name: t\nkeystores: {tls: {file: a/b.jks, key_password: \"${env:SECRET}\"}, truststore: {alias: x, type: jks, password: abc}}", `2:25: keystores.tls.file: "a/b.jks" is no file name; write the name alone, without a folder
2:48: keystores.tls.key_password: differs from password; the product demands that they are equal: leave key_password out
2:79: keystores.truststore.alias: unknown key; the keys here are file, type, password
2:95: keystores.truststore.type: "jks" is not known here; did you mean "JKS"?
2:110: keystores.truststore.password: is too short for a keystore; use 6 characters or more`},
		{"hosts file", "name: t", "name: t\nhosts_file: {db: [db], 10.0.0.9: [gw-1, 'a b'], 10.0.0.8: x}", `2:14: hosts_file.db: is no IP address; write one, with a list of names
2:35: hosts_file.10.0.0.9[0]: gw-1 is a node, at 10.0.0.2; take it away: nodes are in the block already
2:41: hosts_file.10.0.0.9[1]: "a b" is no host name; use letters, digits, hyphens and dots
2:59: hosts_file.10.0.0.8: is text, not a list; write a list`},
		{"analytics", "name: t", "name: t\nfeatures: {analytics: {type: choreo}}", `2:12: features.analytics.key: is required for choreo; give it as ${env:NAME} or ${file:PATH}
2:12: features.analytics.url: is required for choreo; give the config endpoint`},
		{"jwt", "name: t", "name: t\nfeatures: {jwt: {header: 'X Y', encoding: base65}}", `2:26: features.jwt.header: is no header name; use letters, digits and hyphens
2:43: features.jwt.encoding: "base65" is not known here; did you mean "base64"?`},
		{"keep artifacts", "name: t", "name: t\nfeatures: {keep_artifacts: {apis: [a/b.xml]}}", `2:36: features.keep_artifacts.apis[0]: "a/b.xml" is no file name; write the name alone, without a folder`},
		{"config", "gateway: {hosts", "gateway: {config: {a.b: 1, a: {b: 2}, 'x..y': 1, \"'q\": 1, l: [~], n: .inf, s: !x y, big: 99999999999999999999}, hosts", `6:1: groups.gateway.config.a.b: is set twice, in lines 6 and 6; keep one of them
6:41: groups.gateway.config.x..y: key "x..y" has an empty part; write a.b.c, and 'a.b' in quotes for a name with dots
6:52: groups.gateway.config.'q: key "'q" has a quote that does not end; write a.b.c, and 'a.b' in quotes for a name with dots
6:65: groups.gateway.config.l[0]: is empty, which TOML has no word for; take it away
6:72: groups.gateway.config.n: is no number that TOML can hold; put it in quotes
6:81: groups.gateway.config.s: is of a kind that TOML does not have; write text, a number, true or false
6:92: groups.gateway.config.big: is no number that TOML can hold; put it in quotes`},
		{"driver", "name: t", "name: t\ndatabases: {driver: {package: \"a b\"}, manage: all, admin: {username: u}, apim_db: {type: mysql, host: db, name: a, username: u, password: \"${env:SECRET}\"}, " +
			"shared_db: {type: mysql, host: db, name: s, username: u, password: \"${env:SECRET}\"}}", `2:31: databases.driver.package: is no package name; use letters, digits, dots and hyphens
2:47: databases.manage: "all" is not known here; it may be check, schema, none
2:52: databases.admin.password: is required; add it: of the user`},
		{"pool", "name: t", "name: t\ndatabases: {driver: driver.jar, apim_db: {type: mysql, host: db, name: a, username: u, password: \"${env:SECRET}\", pool: {maxActive: [1], maxWait: ~}}}", `2:1: databases.shared_db: is required; add it: of every node
2:133: databases.apim_db.pool.maxActive: is not a plain value; write text, a number, true or false
2:147: databases.apim_db.pool.maxWait: is not a plain value; write text, a number, true or false`},
	}
}
