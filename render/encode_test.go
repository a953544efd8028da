package render

import (
	"encoding/xml"
	"net/url"
	"strings"
	"testing"
)

// inXML is what a program reads where the product's template put s into an XML file.
func inXML(t *testing.T, s string) string {
	t.Helper()
	var v struct {
		Text string `xml:",chardata"`
	}
	if err := xml.Unmarshal([]byte("<Password>"+s+"</Password>"), &v); err != nil {
		t.Errorf("%q is no XML: %v", s, err)
	}
	return v.Text
}

// inJMS is the password that a JMS client reads from the URL that the product's template makes.
func inJMS(t *testing.T, user, password string) (string, string) {
	t.Helper()
	u, err := url.Parse("amqp://" + user + ":" + password + "@clientid/carbon?brokerlist='tcp://h:5672'")
	if err != nil {
		t.Errorf("%q makes no URL: %v", password, err)
		return "", ""
	}
	p, _ := u.User.Password()
	return u.User.Username(), p
}

// resolve follows a $ref as the product's config-mapper does.
func resolve(v map[string]any, key string) string {
	s, _ := v[key].(string)
	if ref, ok := strings.CutPrefix(s, "$ref{"); ok {
		return resolve(v, strings.TrimSuffix(ref, "}"))
	}
	return s
}

func jmsPassword(v map[string]any, table string) string {
	if v[table+".jms.password"] != nil {
		return resolve(v, table+".jms.password")
	}
	return resolve(v, "super_admin.password")
}

// TestEveryCharacter carries each printable ASCII character in the passwords of admin, databases and keystores to
// every place that they land in, or wants a reason.
func TestEveryCharacter(t *testing.T) {
	for c := ' '; c <= '~'; c++ {
		password := "Abc" + string(c) + "dEf1"
		for _, several := range []bool{false, true} {
			adminCarries(t, password, several)
		}
		d := single()
		d.Databases.APIM.Password, d.Databases.Shared.Password = password, password
		v := values(config(t, d, allInOne(d, 0)))
		for _, key := range []string{"database.apim_db.password", "database.shared_db.password"} {
			if had := inXML(t, resolve(v, key)); had != password {
				t.Errorf("%s: had %q, want %q", key, had, password)
			}
		}
		keystoreCarries(t, password)
	}
}

func adminCarries(t *testing.T, password string, several bool) {
	t.Helper()
	d, refused := single(), strings.Contains(password, " ")
	d.AdminPassword = password
	if several {
		d.AllInOnes = peers("all-in-one", 2, 0)
		refused = strings.ContainsAny(password, " \"#%&'/:<>?@[\\]^`{|}")
	}
	if _, err := Implied(d, allInOne(d, 0)); refused {
		if err == nil || !strings.Contains(err.Error(), "admin.password: ") {
			t.Errorf("%q with several nodes %v: had %v, want a reason", password, several, err)
		}
		return
	}
	for _, n := range nodes(d) {
		v := values(config(t, d, n))
		for _, key := range []string{"super_admin.password", "apim.key_manager.password", "apim.event_hub.password"} {
			if had := inXML(t, resolve(v, key)); had != password {
				t.Errorf("%s: had %q, want %q", key, had, password)
			}
		}
		for _, table := range []string{"apim.event_hub", "apim.throttling"} {
			if _, had := inJMS(t, "admin", jmsPassword(v, table)); had != password {
				t.Errorf("%s: had %q, want %q", table, had, password)
			}
		}
		if several { // event_duplicate_url: jndi2.properties takes event_hub's own password
			if _, had := inJMS(t, "admin", resolve(v, "apim.event_hub.password")); had != password {
				t.Errorf("event_duplicate_url: had %q, want %q", had, password)
			}
		}
	}
}

func keystoreCarries(t *testing.T, password string) {
	t.Helper()
	d := single()
	d.Features.EventHubTLS = &EventHubTLS{}
	d.Keystores.TLS.Password, d.Keystores.Truststore = password, &Truststore{File: "t.jks", Password: password}
	v := values(config(t, d, allInOne(d, 0)))
	for _, key := range []string{
		"keystore.tls.password", "truststore.password", "broker.transport.amqp.ssl_connection.keystore.password",
	} {
		if had := inXML(t, resolve(v, key)); had != password {
			t.Errorf("%s: had %q, want %q", key, had, password)
		}
	}
	ssl := inXML(t, "ssl='"+resolve(v, "apim.event_hub.jms.ssl")+"'")
	options := map[string]string{}
	for _, o := range strings.Split(ssl, "&") {
		name, quoted, _ := strings.Cut(o, "=")
		value, err := url.PathUnescape(strings.Trim(quoted, "'"))
		if err != nil || !strings.HasPrefix(quoted, "'") || !strings.HasSuffix(quoted, "'") {
			t.Errorf("%s: %v", o, err)
		}
		options[name] = value
	}
	if options["ssl"] != "true" || options["key_store_password"] != password || options["trust_store_password"] != password {
		t.Errorf("the options are %v", options)
	}
}

func TestCheckPassword(t *testing.T) {
	for _, tt := range []struct {
		kind PasswordKind
		in   string
		want string // of the reason; "" is none
	}{
		{AdminPassword, "admin", ""},
		{AdminPassword, "$env{ADMIN_PASSWORD}", ""},
		{AdminPassword, "abcd", "5 to 30 characters"},
		{AdminPassword, strings.Repeat("x", 31), "5 to 30 characters"},
		{AdminPassword, "abc$env{X}", "start of a reference"},
		{AdminPassword, "abc${x}", "start of a reference"},
		{DatabasePassword, "a{{b", "start of a command"},
		{DatabasePassword, "a{%b", "start of a command"},
		{DatabasePassword, "ab\n", "not printable ASCII"},
		{DatabasePassword, "pässword", "not printable ASCII"},
		{DatabasePassword, " ab", "loses spaces"},
		{DatabasePassword, "", ""},
		{KeystorePassword, "short", "6 characters"},
		{SharedAdminPassword, "ab@cde", "several all-in-one nodes"},
		{SharedAdminPassword, "ab-._~!$()*+,;=c", ""},
	} {
		err := CheckPassword(tt.kind, tt.in)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d %q: had %v, want %q", tt.kind, tt.in, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), tt.in) && tt.in != "" {
			t.Errorf("the reason shows the password: %v", err)
		}
	}
}

func TestAdminUser(t *testing.T) {
	d := single()
	d.AdminUser = "ops@example.com"
	v := values(config(t, d, gateway(d, 0)))
	if user, _ := inJMS(t, resolve(v, "apim.throttling.jms.username"), "x"); user != d.AdminUser {
		t.Errorf("the user in JMS is %q", user)
	}
	for _, bad := range []string{"ab", "a:bc", "a b c", "ünder"} {
		d.AdminUser = bad
		if _, err := Implied(d, gateway(d, 0)); err == nil || !strings.Contains(err.Error(), "admin.username") {
			t.Errorf("%q: had %v", bad, err)
		}
	}
}
