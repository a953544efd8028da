package check_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pelletier/go-toml/v2"

	"apimctl/render/catalog"
	"apimctl/render/check"
)

// common is what every node of the clean deployment has; ME and OTHER stand for the all-in-one hosts.
const common = `
[server]
hostname = "HOSTNAME"
server_role = "default"
offset = OFFSET
[super_admin]
username = "admin"
password = "hush-home"
create_admin_account = true
[database.shared_db]
type = "mysql"
hostname = "db.example.com"
port = 3306
name = "shared_db"
username = "apim"
password = "hush-db"
[keystore.primary]
file_name = "apim.jks"
type = "JKS"
alias = "apim"
password = "hush-store"
key_password = "hush-store"
[truststore]
file_name = "client-truststore.jks"
password = "hush-trust"
[transport.https.properties]
proxyPort = 443
[apim.key_manager]
service_url = "https://api.example.com/services/"
username = "$ref{super_admin.username}"
password = "$ref{super_admin.password}"
[apim.event_hub]
enable = true
username = "$ref{super_admin.username}"
password = "$ref{super_admin.password}"
service_url = "https://api.example.com/services/"
[apim.sync_runtime_artifacts.gateway]
gateway_labels = ["Default"]
`

const allInOne = common + `
[database.apim_db]
type = "mysql"
hostname = "db.example.com"
port = 3306
name = "apim_db"
username = "apim"
password = "hush-db"
[[apim.gateway.environment]]
name = "Default"
type = "hybrid"
service_url = "https://gw.example.com/services/"
username = "${admin.username}"
ws_endpoint = "ws://gw.example.com:9099"
wss_endpoint = "wss://gw.example.com:8099"
http_endpoint = "http://gw.example.com"
https_endpoint = "https://gw.example.com"
[apim.devportal]
url = "https://api.example.com/devportal"
[[event_listener]]
id = "token_revocation"
name = "org.wso2.is.notification.ApimOauthEventInterceptor"
[event_listener.properties]
notification_endpoint = "https://api.example.com/internal/data/v1/notify"
'header.X-WSO2-KEY-MANAGER' = "default"
[apim.event_hub]
event_listening_endpoints = ["tcp://localhost:5672"]
event_duplicate_url = ["tcp://OTHER:5672"]
[[apim.event_hub.publish.url_group]]
urls = ["tcp://aio-1:9611"]
auth_urls = ["ssl://aio-1:9711"]
[[apim.event_hub.publish.url_group]]
urls = ["tcp://aio-2:9611"]
auth_urls = ["ssl://aio-2:9711"]
[apim.throttling]
event_duplicate_url = ["tcp://OTHER:5672"]
throttle_decision_endpoints = ["tcp://localhost:5672"]
[oauth.grant_type.token_exchange]
iat_validity_period = "1h"
`

const gateway = common + `
[apim.event_hub]
event_listening_endpoints = ["tcp://aio-1:5672", "tcp://aio-2:5672"]
[apim.throttling]
throttle_decision_endpoints = ["tcp://aio-1:5672", "tcp://aio-2:5672"]
[[apim.throttling.url_group]]
traffic_manager_urls = ["tcp://aio-1:9611"]
traffic_manager_auth_urls = ["ssl://aio-1:9711"]
[[apim.throttling.url_group]]
traffic_manager_urls = ["tcp://aio-2:9611"]
traffic_manager_auth_urls = ["ssl://aio-2:9711"]
`

// deployment is a clean one of two all-in-one nodes and two gateways behind a load balancer.
func deployment(t testing.TB, version string) check.Deployment {
	d := check.Deployment{
		Hosts:        map[string]string{"api.example.com": "10.0.0.31", "gw.example.com": "10.0.0.31", "db.example.com": "10.0.0.40"},
		LoadBalanced: true,
		Catalogs:     map[string]*catalog.Catalog{check.AllInOne: known(t), check.Gateway: known(t)},
	}
	for _, n := range []struct{ host, address, role, name, other, text string }{
		{"aio-1", "10.0.0.11", check.AllInOne, "api.example.com", "aio-2", allInOne},
		{"aio-2", "10.0.0.12", check.AllInOne, "api.example.com", "aio-1", allInOne},
		{"gw-1", "10.0.0.21", check.Gateway, "gw.example.com", "", gateway},
		{"gw-2", "10.0.0.22", check.Gateway, "gw.example.com", "", gateway},
	} {
		text := strings.NewReplacer("HOSTNAME", n.name, "OTHER", n.other, "OFFSET", offset(n.host)).Replace(n.text)
		node := check.Node{Host: n.host, Role: n.role, Version: version, Addresses: []string{n.address}, Config: parse(t, text)}
		if n.host == "gw-2" {
			node.Offset = 1
		}
		if version != "4.5.0" && n.role == check.Gateway {
			lay(node.Config, parse(t, "[apim.gateway_notification]\ngateway_id = \""+n.host+"\""))
		}
		if version == "4.7.0" {
			lay(node.Config, parse(t, "[encryption]\nkey = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""))
		}
		d.Nodes = append(d.Nodes, node)
	}
	return d
}

func offset(host string) string {
	if host == "gw-2" {
		return "1"
	}
	return "0"
}

// parse reads TOML in which a table may be opened twice: later ones add to it.
func parse(t testing.TB, text string) map[string]any {
	t.Helper()
	tree := map[string]any{}
	parts := strings.Split(text, "\n[apim.event_hub]\nevent_listening")
	for i, part := range parts {
		if i > 0 {
			part = "[apim.event_hub]\nevent_listening" + part
		}
		var more map[string]any
		if err := toml.Unmarshal([]byte(part), &more); err != nil {
			t.Fatalf("%v\n%s", err, part)
		}
		lay(tree, more)
	}
	return tree
}

// lay lays over over under; arrays replace.
func lay(under, over map[string]any) {
	for k, v := range over {
		had, ok := under[k].(map[string]any)
		if more, isTable := v.(map[string]any); ok && isTable {
			lay(had, more)
			continue
		}
		under[k] = v
	}
}

// with returns the clean deployment with something laid over one host's file.
func with(t testing.TB, version, host, text string) check.Deployment {
	t.Helper()
	if version == "" {
		version = "4.6.0"
	}
	d := deployment(t, version)
	i := slices.IndexFunc(d.Nodes, func(n check.Node) bool { return n.Host == host })
	if i < 0 {
		t.Fatalf("no host %q", host)
	}
	var over map[string]any
	if err := toml.Unmarshal([]byte(text), &over); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	lay(d.Nodes[i].Config, over)
	return d
}

// known is a small catalog that has the keys of the clean deployment and of the examples.
func known(t testing.TB) *catalog.Catalog {
	const conf = "repository/resources/conf/"
	keys := `server.hostname server.server_role server.offset super_admin.username super_admin.password super_admin.create_admin_account
keystore.primary.file_name keystore.primary.type keystore.primary.alias keystore.primary.password keystore.primary.key_password
truststore.file_name truststore.password truststore.type
apim.key_manager.service_url apim.key_manager.username apim.key_manager.password apim.key_manager.type
apim.event_hub.enable apim.event_hub.username apim.event_hub.password apim.event_hub.service_url apim.event_hub.event_listening_endpoints
apim.event_hub.event_duplicate_url apim.event_hub.listener.max_thread_pool_size
apim.sync_runtime_artifacts.gateway.gateway_labels apim.devportal.url apim.ai.key apim.jwt.generator_type apim.cors.allow_methods
apim.throttling.event_duplicate_url apim.throttling.throttle_decision_endpoints apim.gateway_notification.gateway_id
apim.oauth_config.enable_outbound_auth_header apim.oauth_config.enable_token_encryption apim.oauth_config.enable_token_hashing
database.shared_db.pool_options.maxActive broker.transport.amqp.ssl_connection.ssl_enabled_protocols
database.apim_db.url database.apim_db.username database.apim_db.password database.shared_db.username database.shared_db.password`
	template := `{% for e in apim.gateway.environment %}{{e.name}}{{e.type}}{{e.service_url}}{{e.username}}{{e.ws_endpoint}}{{e.wss_endpoint}}
{{e.http_endpoint}}{{e.https_endpoint}}{% endfor %}{% for g in apim.event_hub.publish.url_group %}{{g.urls}}{{g.auth_urls}}{% endfor %}
{% for g in apim.throttling.url_group %}{{g.traffic_manager_urls}}{{g.traffic_manager_auth_urls}}{% endfor %}
{% for l in event_listener %}{{l.id}}{{l.name}}{% for k, v in l.properties.items() %}{{k}}{% endfor %}{% endfor %}
{% for k, v in transport.https.properties.items() %}{{k}}{% endfor %}{% for k, v in database.shared_db.pool_options.items() %}{% endfor %}
{% for k, v in transport.https.sslHostConfig.properties.items() %}{{k}}{% endfor %}`
	for key := range strings.FieldsSeq(keys) {
		template += "{{" + key + "}}"
	}
	c, err := catalog.Read(fstest.MapFS{
		conf + "default.json":      {Data: []byte(`{"server.offset": "0", "apim.cache.resource.enable": true, "apim.ws.port": "9099"}`)},
		conf + "unit-resolve.json": {Data: []byte(`{"time": {"oauth.grant_type.token_exchange.iat_validity_period": "m"}}`)},
		conf + "validator.json":    {Data: []byte(`{"apim.jwt.generator_impl": [{"if": {"apim.jwt.generator_type": "custom"}, "match_regex": ".+", "error_message": "generator_impl class is required"}]}`)},
		conf + "infer.json": {Data: []byte(`{"database.$1.type": {"mysql": {"database.$1.driver": "com.mysql.jdbc.Driver",
			"database.$1.url": "jdbc:mysql://$ref{database.$1.hostname}:$ref{database.$1.port}/$ref{database.$1.name}"}}}`)},
		conf + "templates/a.j2": {Data: []byte(template)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// codes are the codes among findings, each once.
func codes(found []check.Finding) []string {
	set := map[string]bool{}
	for _, f := range found {
		set[f.Code] = true
	}
	return slices.Sorted(maps.Keys(set))
}
