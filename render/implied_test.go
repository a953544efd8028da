package render

import (
	"reflect"
	"strings"
	"testing"
)

type databaseCase struct {
	in   Database
	want map[string]any
}

func databaseCases() map[string]databaseCase {
	return map[string]databaseCase{
		"mysql": {
			Database{Type: "mysql", Host: "db", Name: "n", Pool: map[string]string{"maxActive": "100", "testOnBorrow": "true", "x": "a&b"}},
			map[string]any{
				"type": "mysql", "driver": "com.mysql.cj.jdbc.Driver", "hostname": "db", "port": "3306", "name": "n",
				"validationQuery": "SELECT 1", "pool_options.maxActive": int64(100), "pool_options.testOnBorrow": true,
				"pool_options.x": "a&amp;b",
			},
		},
		"a url for XML": {
			Database{Type: "mysql", URL: "jdbc:mysql://db:3306/n?a=1&b=2", Driver: "com.mysql.jdbc.Driver"},
			map[string]any{
				"type": "mysql", "driver": "com.mysql.jdbc.Driver", "validationQuery": "SELECT 1",
				"url": "jdbc:mysql://db:3306/n?a=1&amp;b=2",
			},
		},
		"a url that is for XML already": {
			Database{Type: "mariadb", URL: "jdbc:mariadb://db/n?a=1&amp;b=2", ValidationQuery: "SELECT 2"},
			map[string]any{
				"type": "mariadb", "driver": "org.mariadb.jdbc.Driver", "validationQuery": "SELECT 2",
				"url": "jdbc:mariadb://db/n?a=1&amp;b=2",
			},
		},
		"postgresql": {
			Database{Type: "postgresql", Host: "db", Name: "n"},
			map[string]any{
				"type": "postgre", "driver": "org.postgresql.Driver", "hostname": "db", "port": "5432", "name": "n",
				"validationQuery": "SELECT 1",
			},
		},
		"mssql": {
			Database{Type: "mssql", Host: "db", Port: 1, Name: "n"},
			map[string]any{
				"type": "mssql", "driver": "com.microsoft.sqlserver.jdbc.SQLServerDriver", "hostname": "db", "port": "1", "name": "n",
				"validationQuery": "SELECT 1",
			},
		},
		"oracle": {
			Database{Type: "oracle", Host: "db", SID: "orcl"},
			map[string]any{
				"type": "oracle", "driver": "oracle.jdbc.OracleDriver", "hostname": "db", "port": "1521", "sid": "orcl",
				"validationQuery": "SELECT 1 FROM DUAL",
			},
		},
		"db2": {
			Database{Type: "db2", Host: "db", Name: "n"},
			map[string]any{
				"type": "db2", "driver": "com.ibm.db2.jcc.DB2Driver", "hostname": "db", "port": "50000", "name": "n",
				"validationQuery": "SELECT 1 FROM sysibm.sysdummy1",
			},
		},
		"h2": {
			Database{Type: "h2", URL: "jdbc:h2:./y"},
			map[string]any{"type": "h2", "driver": "org.h2.Driver", "url": "jdbc:h2:./y", "validationQuery": "SELECT 1"},
		},
	}
}

func TestDatabases(t *testing.T) {
	under := Layer{Name: "distribution", Settings: []Setting{
		set("database.shared_db.type", "h2"), set("database.shared_db.url", "jdbc:h2:./x"), set("database.shared_db.username", "wso2carbon"),
	}}
	for name, tt := range databaseCases() {
		t.Run(name, func(t *testing.T) {
			d := single()
			tt.in.Username, tt.in.Password = "u<", "p"
			tt.want["username"], tt.want["password"] = "u&lt;", "p"
			d.Databases.Shared = &tt.in
			had := map[string]any{}
			for _, e := range config(t, d, gateway(d, 0), under).Explain("database.shared_db") {
				had[strings.TrimPrefix(e.Key, "database.shared_db.")] = e.Value
			}
			if !reflect.DeepEqual(had, tt.want) {
				t.Errorf("had %v\nwant %v", had, tt.want)
			}
		})
	}
}

func TestImpliedRefuses(t *testing.T) {
	for want, change := range map[string]func(*Deployment){
		`version: "4.4.0" is not known`:                            func(d *Deployment) { d.Version = "4.4.0" },
		`version: "4.60.0" is not known`:                           func(d *Deployment) { d.Version = "4.60.0" },
		"encryption_key: the product knows it from 4.7.0 on":       func(d *Deployment) { d.EncryptionKey = strings.Repeat("a", 64) },
		"encryption_key: it is not 64":                             func(d *Deployment) { d.Version, d.EncryptionKey = "4.7.0", "abc" },
		"groups.all-in-one: at least one host":                     func(d *Deployment) { d.AllInOnes = nil },
		"gateway-1: offset 60000":                                  func(d *Deployment) { d.Gateways[0].Offset = 60000 },
		`databases.apim_db: type "access"`:                         func(d *Deployment) { d.Databases.APIM.Type = "access" },
		"databases.shared_db: it has neither a url":                func(d *Deployment) { d.Databases.Shared.Host = "" },
		"databases.apim_db: port 70000":                            func(d *Deployment) { d.Databases.APIM.Port = 70000 },
		`databases.apim_db: pool option "a b"`:                     func(d *Deployment) { d.Databases.APIM.Pool = map[string]string{"a b": "1"} },
		"keystores.tls: the alias is missing":                      func(d *Deployment) { d.Keystores.TLS.Alias = "" },
		"keystores.tls: the product wants the key's password":      func(d *Deployment) { d.Keystores.TLS.KeyPassword = "another" },
		`keystores.primary: "a/b.jks" is not the name`:             func(d *Deployment) { d.Keystores.Primary = &Keystore{File: "a/b.jks"} },
		`keystores.truststore: type "PEM"`:                         func(d *Deployment) { d.Keystores.Truststore = &Truststore{File: "x", Type: "PEM"} },
		`features: oauth_keys: "both"`:                             func(d *Deployment) { d.Features.OAuthKeys = "both" },
		"features: cache_invalidation: the domain":                 func(d *Deployment) { d.Features.CacheInvalidation = &CacheInvalidation{} },
		"features: analytics: moesif needs its key":                func(d *Deployment) { d.Features.Analytics = &Analytics{Type: "moesif"} },
		"features: analytics: choreo needs its token":              func(d *Deployment) { d.Features.Analytics = &Analytics{Type: "choreo"} },
		`features: analytics: type "splunk"`:                       func(d *Deployment) { d.Features.Analytics = &Analytics{Type: "splunk"} },
		`features: jwt: encoding "rot13"`:                          func(d *Deployment) { d.Features.JWT = &JWT{Encoding: "rot13"} },
		`features: jwt: signing algorithm "RS1"`:                   func(d *Deployment) { d.Features.JWT = &JWT{SigningAlgorithm: "RS1"} },
		"admin.password: the product's user store wants 5 to 30":   func(d *Deployment) { d.AdminPassword = "" },
		"databases.apim_db.password: XML loses spaces at its ends": func(d *Deployment) { d.Databases.APIM.Password = "x " },
		"keystores.truststore.password: keytool wants 6 character": func(d *Deployment) { d.Keystores.Truststore = &Truststore{File: "x"} },
	} {
		d := single()
		change(&d)
		_, err := Implied(d, gateway(d, 0))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("had %v, want %s", err, want)
		}
	}
	if _, err := Implied(single(), Node{single().AllInOnes[0], "worker"}); err == nil {
		t.Error("a role that there is not is rendered")
	}
}

func TestUpdateLevel(t *testing.T) {
	d := single()
	d.Version = "4.6.0.12"
	if v := values(config(t, d, gateway(d, 0))); v["apim.gateway_notification.gateway_id"] != "gateway-1" {
		t.Error("an update of 4.6.0 is not rendered as 4.6.0")
	}
}

func TestEnvironments(t *testing.T) {
	under := Layer{Name: "distribution", Settings: []Setting{
		set("apim.gateway.environment", []Table{{set("name", "Default"), set("https_endpoint", "https://localhost:8243"), set("new_in_4_8", true)}}),
		set("apim.sync_runtime_artifacts.gateway.gateway_labels", []string{"Default"}),
	}}
	d := single()
	v := values(config(t, d, allInOne(d, 0), under))
	if v["apim.gateway.environment[Default].new_in_4_8"] != true || v["apim.gateway.environment[Default].https_endpoint"] != "https://gw.wso2.com:8243" {
		t.Errorf("the shipped environment is not merged with: %v", v)
	}
	d.Gateways = append(peers("gateway", 1, 0), Peer{Name: "edge-1", Offset: 2, Environment: "Edge"})
	d.Gateways[0].Environment = "Core"
	d.Environments = []Environment{{Name: "Edge", HTTPS: "https://edge.example.com"}}
	v = values(config(t, d, allInOne(d, 0), under))
	for key, want := range map[string]any{
		"apim.gateway.environment[Default].name":             nil,
		"apim.gateway.environment[Core].https_endpoint":      "https://gw.wso2.com:8243",
		"apim.gateway.environment[Edge].https_endpoint":      "https://edge.example.com",
		"apim.gateway.environment[Edge].wss_endpoint":        "wss://edge-1:8101",
		"apim.gateway.environment[Edge].service_url":         "https://edge-1:9445/services/",
		"apim.sync_runtime_artifacts.gateway.gateway_labels": []any{"Edge"},
	} {
		if !reflect.DeepEqual(v[key], want) {
			t.Errorf("%s = %v, want %v", key, v[key], want)
		}
	}
	if v := values(config(t, d, gateway(d, 1), under)); !reflect.DeepEqual(v["apim.sync_runtime_artifacts.gateway.gateway_labels"], []any{"Edge"}) {
		t.Error("the label of a gateway is not its environment")
	}
}

func TestWithoutGatewaysOrNames(t *testing.T) {
	d := single()
	d.Gateways, d.Hostnames = nil, Hostnames{}
	v := values(config(t, d, allInOne(d, 0)))
	for key, want := range map[string]any{
		"server.hostname": "all-in-one-1",
		"apim.gateway.environment[Default].https_endpoint": "https://all-in-one-1:8243",
		"apim.event_hub.service_url":                       "https://all-in-one-1:9443/services/",
	} {
		if v[key] != want {
			t.Errorf("%s = %v, want %v", key, v[key], want)
		}
	}
}

func TestAnalytics(t *testing.T) {
	under := Layer{Name: "distribution", Settings: []Setting{
		set("apim.analytics.type", "moesif"), set("apim.analytics.auth_token", ""), set("apim.analytics.enable", false),
	}}
	for _, tt := range []struct {
		in   Analytics
		want map[string]any
	}{
		{Analytics{Type: "elk"}, map[string]any{"enable": true, "type": "elk"}},
		{
			Analytics{Type: "moesif", Key: "k", BaseURL: "https://m"},
			map[string]any{"enable": true, "type": "moesif", "properties.moesifKey": "k", "properties.moesif_base_url": "https://m"},
		},
		{
			Analytics{Type: "choreo", Token: "t"},
			map[string]any{"enable": true, "auth_token": "t", "config_endpoint": "https://analytics-event-auth.choreo.dev/auth/v1"},
		},
	} {
		d := single()
		d.Features.Analytics = &tt.in
		had := map[string]any{}
		for _, e := range config(t, d, gateway(d, 0), under).Explain("apim.analytics") {
			had[strings.TrimPrefix(e.Key, "apim.analytics.")] = e.Value
		}
		if !reflect.DeepEqual(had, tt.want) {
			t.Errorf("had %v, want %v", had, tt.want)
		}
		if len(config(t, d, allInOne(d, 0)).Explain("apim.analytics")) != 0 {
			t.Error("an all-in-one node publishes analytics")
		}
	}
}

func TestOptions(t *testing.T) {
	d := everything("4.6.0")
	d.Proxy, d.UserStore = Proxy{HTTPS: 8443, HTTP: 8080}, "read_only_ldap_unique_id"
	d.Features.CacheInvalidation.Excluded = []string{"OAuthCache"}
	d.Features.JWT.ExpirySeconds, d.Features.NoGatewayNotification = 900, true
	d.Features.Analytics.Properties = map[string]string{"auth.api.url": "https://a/?b&c"}
	d.Environments[0].Visibility, d.Environments[0].HideInConsole, d.Environments[0].HideTokenURL = "admin,ops", true, true
	d.Environments[0].VHosts = []VHost{{Hostname: "eu.example.com", WS: "ws://eu.example.com/ws"}}
	aio, gw := values(config(t, d, allInOne(d, 0))), values(config(t, d, gateway(d, 0)))
	const env = "apim.gateway.environment[Default]."
	for key, want := range map[string]any{
		"user_store.type":                         "read_only_ldap_unique_id",
		"transport.https.properties.proxyPort":    int64(8443),
		"apim.event_hub.service_url":              "https://api.am.wso2.com:8443/services/",
		"apim.cache_invalidation.excluded_caches": []any{"OAuthCache"},
		env + "http_endpoint":                     "http://gw.wso2.com:8080",
		env + "visibility":                        []any{"admin", "ops"},
		env + "display_in_api_console":            false,
		env + "show_as_token_endpoint_url":        false,
		env + "virtual_host[0].https_endpoint":    "https://eu.example.com:8443",
		env + "virtual_host[0].ws_endpoint":       "ws://eu.example.com/ws",
		env + "virtual_host[0].wss_endpoint":      "wss://eu.example.com:8099",
	} {
		if !reflect.DeepEqual(aio[key], want) {
			t.Errorf("%s = %v, want %v", key, aio[key], want)
		}
	}
	for key, want := range map[string]any{
		"transport.http.properties.proxyPort":      int64(8080),
		"apim.jwt.expiry_time":                     int64(900),
		"apim.gateway_notification.enabled":        false,
		"apim.analytics.properties.'auth.api.url'": "https://a/?b&amp;c",
	} {
		if !reflect.DeepEqual(gw[key], want) {
			t.Errorf("%s = %v, want %v", key, gw[key], want)
		}
	}
}
