package check

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

var textRules = []ruling{
	{Rule: Rule{
		Code: "APIM030", Severity: Error, Title: "curly quotes",
		Why:     "They come along when snippets are copied from documentation pages, and the product takes them for a part of the value.",
		Fix:     "Write straight quotes, or none.",
		Example: Example{Host: "aio-1", Wrong: "[transport.https.sslHostConfig.properties]\nprotocols = \"“+TLSv1.2,+TLSv1.3”\"", Right: "[transport.https.sslHostConfig.properties]\nprotocols = \"+TLSv1.2,+TLSv1.3\""},
	}, value: curlyQuotes},
	{Rule: Rule{
		Code: "APIM031", Severity: Error, Title: "bare & or < in a value",
		Why:     "The product copies values into XML files without escaping them, so these two make the files malformed and the server does not start.",
		Fix:     "Write &amp; and &lt;.",
		Example: Example{Host: "aio-1", Wrong: "[database.shared_db]\nurl = \"jdbc:mysql://db.example.com:3306/shared_db?useSSL=true&autoReconnect=true\"", Right: "[database.shared_db]\nurl = \"jdbc:mysql://db.example.com:3306/shared_db?useSSL=true&amp;autoReconnect=true\""},
	}, value: bareXML},
	{Rule: Rule{
		Code: "APIM032", Severity: Error, Title: "password that a JMS URL cannot carry",
		Why:     "The product puts the password of the event hub into an amqp:// URL as it is; @ : / ? and ' end it early there.",
		Fix:     "Give the account another password, or set jms.password of the section to the URL-encoded one.",
		Example: Example{Host: "aio-1", Wrong: "[apim.event_hub]\npassword = \"hush@home\"", Right: "[apim.event_hub]\npassword = \"hush-home\""},
	}, node: jmsPassword},
	{Rule: Rule{
		Code: "APIM033", Severity: Error, Title: "admin account that the user store refuses",
		Why:     "The user store takes names of 3 to 30 and passwords of 5 to 30 characters without white space, unless its patterns are set. The account is not made, and nothing can log in.",
		Fix:     "Choose another name or password, or set user_store.username_java_regex or user_store.password_java_regex.",
		Example: Example{Host: "aio-1", Wrong: "[super_admin]\nusername = \"ad min\"", Right: "[super_admin]\nusername = \"admin\""},
	}, node: adminAccount},
	{Rule: Rule{
		Code: "APIM034", Severity: Error, Title: "encryption key of the wrong shape",
		Why:     "The symmetric key of 4.7.0 is 64 hexadecimal digits.",
		Fix:     "Make one with: openssl rand -hex 32",
		Example: Example{Host: "aio-1", Version: "4.7.0", Wrong: "[encryption]\nkey = \"short\"", Right: "[encryption]\nkey = \"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""},
	}, node: keyShape},
}

func curlyQuotes(c *run, n *node, e entry) {
	for _, s := range e.strings() {
		if strings.ContainsAny(s, "“”„‘’") {
			c.report(n, e.key, "the value has curly quotes", "write straight ones, or none")
			return
		}
	}
}

// asItIs are tables that do not land in XML.
var asItIs = regexp.MustCompile(`^(secrets|runtime_secrets|system\.parameter|synapse_properties|passthru_http|n_http|encryption)\.`)

var entity = regexp.MustCompile(`&(?:amp|lt|gt|quot|apos|#\d+|#x[0-9A-Fa-f]+);`)

func bareXML(c *run, n *node, e entry) {
	if asItIs.MatchString(e.generic) {
		return
	}
	for _, s := range e.strings() {
		if s = entity.ReplaceAllString(s, ""); strings.ContainsAny(s, "&<") {
			c.report(n, e.key, "the value has a bare & or <, which breaks the XML that it lands in", "write &amp; or &lt;")
			return
		}
	}
}

// jmsPassword looks at the password that each section's JMS URL gets: its own, the section's or the admin's.
func jmsPassword(c *run, n *node) {
	seen := map[string]bool{}
	for _, section := range []string{"apim.event_hub", "apim.throttling"} {
		key := n.firstSet(section+".jms.password", section+".password", "super_admin.password")
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		if p := html.UnescapeString(n.text(key)); !atRunTime.MatchString(p) && strings.ContainsAny(p, "@:/?'") {
			c.report(n, key, "the password has a character that the JMS URL cannot carry: one of @ : / ? '", "")
		}
	}
}

// firstSet returns the first key that the file sets.
func (n *node) firstSet(keys ...string) string {
	for _, k := range keys {
		if _, ok := n.own[k]; ok {
			return k
		}
	}
	return ""
}

func adminAccount(c *run, n *node) {
	for _, a := range []struct {
		key, regex string
		low, high  int
	}{
		{"super_admin.username", "user_store.username_java_regex", 3, 30},
		{"super_admin.password", "user_store.password_java_regex", 5, 30},
	} {
		s := html.UnescapeString(n.text(a.key))
		if n.firstSet(a.key) == "" || atRunTime.MatchString(s) || n.firstSet(a.regex) != "" {
			continue
		}
		if count := utf8.RuneCountInString(s); count < a.low || count > a.high || strings.ContainsAny(s, " \t\r\n\v\f") {
			c.report(n, a.key, "the user store takes no "+strings.TrimPrefix(a.key, "super_admin.")+" like this: it is too short, too long or has white space", "")
		}
	}
}

var hexKey = regexp.MustCompile(`^[0-9A-Fa-f]{64}$`)

func keyShape(c *run, n *node) {
	const key = "encryption.key"
	if s := n.text(key); n.firstSet(key) != "" && !atRunTime.MatchString(s) && !hexKey.MatchString(s) {
		c.report(n, key, "the key is not 64 hexadecimal digits", "make one with openssl rand -hex 32")
	}
}
