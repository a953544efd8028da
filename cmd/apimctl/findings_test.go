package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"apimctl/playbooks"
	"apimctl/render"
	"apimctl/render/check"
)

// TestFindings shows every finding as a user meets it: an inventory with the mistake in a host's config, what validate says of it, and
// the mended one. The transcripts are in testdata/findings.
func TestFindings(t *testing.T) {
	for _, r := range check.Rules() {
		t.Run(r.Code, func(t *testing.T) {
			dir, err := os.Getwd()
			if err != nil {
				t.Fatal(err)
			}
			wrong := validated(t, r, r.Example.Wrong)
			if !strings.Contains(wrong, " "+r.Code+" ") && (refusedBefore[r.Code] == "" || !strings.Contains(wrong, refusedBefore[r.Code])) {
				t.Errorf("the wrong inventory does not have it:\n%s", wrong)
			}
			right := validated(t, r, r.Example.Right)
			if strings.Contains(right, " "+r.Code+" ") {
				t.Errorf("the mended inventory still has it:\n%s", right)
			}
			text := "The wrong inventory:\n" + wrong + "\nThe mended one:\n" + right
			golden(t, filepath.Join(dir, "testdata", "findings", r.Code+".txt"), text)
		})
	}
}

// refusedBefore are mistakes that no deployment.toml can be made of: rendering says so, before there is anything to check.
var refusedBefore = map[string]string{"APIM023": "the product's TOML parser refuses a list that mixes types"}

const findingsInventory = `name: prod
version: VERSION
distributions: {all-in-one: am.zip, gateway: gw.zip}
hostnames: {all-in-one: api.example.com, gateway: gw.example.com}
admin: {username: admin, password: "${env:SECRET}"}
ENCRYPTION
keystores:
  primary: {file: apim.jks, alias: apim, password: "${env:SECRET}"}
  truststore: {password: "${env:SECRET}"}
databases:
  driver: mysql.jar
  apim_db: {type: mysql, host: db.example.com, name: apim_db, username: apim, password: "${env:SECRET}"}
  shared_db: {type: mysql, host: db.example.com, name: shared_db, username: shared, password: "${env:SECRET}"}
hosts_file: {10.0.0.40: [db.example.com]}
groups:
  all-in-one: {hosts: {aio-1: {address: 10.0.0.11}, aio-2: {address: 10.0.0.12}}}
  gateway: {hosts: {gw-1: {address: 10.0.0.21}, gw-2: {address: 10.0.0.22, offset: 1}}}
  load-balancer: {hosts: {lb-1: {address: 10.0.0.31}}}
`

// validated is the config laid over the rule's host, and what validate says of the inventory that has it.
func validated(t *testing.T, r check.Rule, toml string) string {
	t.Helper()
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	version := cmp.Or(r.Example.Version, "4.6.0")
	text := strings.NewReplacer("VERSION", version, "ENCRYPTION", encryption(version)).Replace(findingsInventory)
	config := configOf(t, toml)
	if config != "" {
		text = strings.Replace(text, r.Example.Host+": {", r.Example.Host+": {config: "+config+", ", 1)
	}
	distributions(t, version, text)
	var out bytes.Buffer
	status := findingsApp(&out).run(context.Background(), []string{"validate"})
	if config == "" {
		config = "{}"
	}
	return fmt.Sprintf("  %s: {config: %s}\n$ apimctl validate\n%s[exit status %d]\n", r.Example.Host, config, out.String(), status)
}

// configOf is TOML as the inventory writes it, in one line.
func configOf(t *testing.T, toml string) string {
	t.Helper()
	l, err := render.ParseTOML("example", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	node := flow(l.Settings)
	if len(node.Content) == 0 {
		return ""
	}
	data, err := yaml.Marshal(node)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(data)), " ")
}

func flow(settings []render.Setting) *yaml.Node {
	m := &yaml.Node{Kind: yaml.MappingNode, Style: yaml.FlowStyle}
	for _, s := range settings {
		value := &yaml.Node{}
		if tables, ok := s.Value.([]render.Table); ok {
			value = &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
			for _, table := range tables {
				value.Content = append(value.Content, flow(table))
			}
		} else if err := value.Encode(s.Value); err == nil {
			value.Style |= yaml.FlowStyle
		}
		m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: render.JoinKey(s.Key)}, value)
	}
	return m
}

// distributions writes the inventory, and zips that know all that is rendered for it, and what the examples name.
func distributions(t testing.TB, version, inventory string) {
	t.Helper()
	write := func(name string, data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	zips := func(known string) {
		for name, product := range map[string][2]string{"am.zip": {"wso2am", "api-manager.sh"}, "gw.zip": {"wso2am-universal-gw", "gateway.sh"}} {
			more := map[string]string{"bin/" + product[1]: "#!/bin/sh\n"}
			for n, text := range catalogFiles {
				more["repository/resources/conf/"+n] = text
			}
			more["repository/resources/conf/templates/known.j2"] = known
			write(name, pack(product[0]+"-"+version, more))
		}
	}
	write("mysql.jar", []byte("a driver"))
	write("inventory.yaml", []byte(strings.NewReplacer("VERSION", version, "ENCRYPTION", encryption(version)).Replace(findingsInventory)))
	zips(loops)
	zips(loops + renderedKeys(t))
	write("inventory.yaml", []byte(inventory))
}

// renderedKeys are the keys of all nodes of the inventory here, as a template names them.
func renderedKeys(t testing.TB) string {
	t.Helper()
	a := findingsApp(&bytes.Buffer{})
	a.flags.inventory = "inventory.yaml"
	l, err := a.load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := playbooks.Settle(l.inv, l.products)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range d.Nodes {
		for _, e := range n.Config.Entries() {
			if !strings.Contains(e.Key, "[") {
				b.WriteString("{{" + e.Key + "}}")
			}
		}
	}
	return b.String() + examples
}

func findingsApp(out io.Writer) *app {
	return &app{out: out, errOut: out, env: func(string) (string, bool) { return "hush-home-7", true }}
}

func encryption(version string) string {
	if version == "4.7.0" {
		return "encryption_key: " + strings.Repeat("00112233445566778899aabbccddeeff", 2)
	}
	return ""
}

const (
	// loops are arrays of tables and open maps, as templates read them.
	loops = `{% for e in apim.gateway.environment %}{{e.name}}{{e.type}}{{e.display_in_api_console}}{{e.description}}{{e.show_as_token_endpoint_url}}
{{e.service_url}}{{e.username}}{{e.password}}{{e.ws_endpoint}}{{e.wss_endpoint}}{{e.http_endpoint}}{{e.https_endpoint}}{{e.gateway_type}}{{e.provider}}
{{e.websub_event_receiver_http_endpoint}}{{e.websub_event_receiver_https_endpoint}}{{e.visibility}}{{e.display_name}}{% endfor %}
{% for g in apim.event_hub.publish.url_group %}{{g.urls}}{{g.auth_urls}}{% endfor %}
{% for g in apim.throttling.url_group %}{{g.traffic_manager_urls}}{{g.traffic_manager_auth_urls}}{{g.type}}{% endfor %}
{% for l in event_listener %}{{l.id}}{{l.type}}{{l.name}}{{l.order}}{% for k, v in l.properties.items() %}{{k}}{% endfor %}{% endfor %}
{% for k, v in transport.https.properties.items() %}{{k}}{% endfor %}{% for k, v in transport.http.properties.items() %}{{k}}{% endfor %}
{% for k, v in database.shared_db.pool_options.items() %}{% endfor %}{% for k, v in transport.https.sslHostConfig.properties.items() %}{{k}}{% endfor %}`

	// examples are the keys that examples of rules name and that are no mistake.
	examples = `{{database.shared_db.pool_options.maxActive}}{{broker.transport.amqp.ssl_connection.ssl_enabled_protocols}}{{apim.ai.key}}
{{apim.event_hub.listener.max_thread_pool_size}}{{apim.jwt.generator_type}}{{apim.cors.allow_methods}}{{apim.oauth_config.enable_token_encryption}}
{{apim.oauth_config.enable_token_hashing}}{{apim.oauth_config.enable_outbound_auth_header}}{{database.apim_db.url}}{{database.shared_db.url}}`
)

var catalogFiles = map[string]string{
	"default.json":      `{"server.offset": "0", "apim.cache.resource.enable": true, "apim.ws.port": "9099"}`,
	"unit-resolve.json": `{"time": {"oauth.grant_type.token_exchange.iat_validity_period": "m"}}`,
	"validator.json":    `{"apim.jwt.generator_impl": [{"if": {"apim.jwt.generator_type": "custom"}, "match_regex": ".+", "error_message": "generator_impl class is required"}]}`,
	"infer.json":        `{"database.$1.type": {"mysql": {"database.$1.driver": "com.mysql.jdbc.Driver", "database.$1.url": "jdbc:mysql://$ref{database.$1.hostname}:$ref{database.$1.port}/$ref{database.$1.name}"}}}`,
}

func golden(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is no longer what is shown (go test -update writes it anew):\n%s", path, text)
	}
}
