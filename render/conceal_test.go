package render

import (
	"errors"
	"strings"
	"testing"
)

const concealed = `# made by apimctl; edits are overwritten: change the inventory

[apim.ai]
key = "$secret{apim_ai_key}"

[apim.event_hub]
password = "$ref{super_admin.password}"

[[apim.gateway.environment]]
name = "Default"
password = "$secret{apim_gateway_environment_Default_password}"

[database.shared_db]
password = "$secret{database_shared_db_password}"

[some]
value = "$secret{some_value}"

[super_admin]
password = ""

[secrets]
already = "c2VhbGVk"
apim_ai_key = "<apim_ai_key: k>"
apim_gateway_environment_Default_password = "<apim_gateway_environment_Default_password: e>"
database_shared_db_password = "<database_shared_db_password: a&b<c>>"
some_value = "<some_value: told>"
`

// Secrets are behind $secret{}, as the vault is to read them, and references and what is encrypted already stay. What it was made of stays too.
func TestConceal(t *testing.T) {
	c := merged(t, Setting{Key: []string{"some", "value"}, Value: "told", Secret: true}, `
[super_admin]
password = ""
[apim.event_hub]
password = "$ref{super_admin.password}"
[apim.ai]
key = "k"
[database.shared_db]
password = "a&amp;b&lt;c&gt;"
[[apim.gateway.environment]]
name = "Default"
password = "e"
[secrets]
already = "c2VhbGVk"
`)
	before := string(c.TOML())
	had, err := c.Conceal(func(alias, value string) (string, error) { return "<" + alias + ": " + value + ">", nil })
	if err != nil {
		t.Fatal(err)
	}
	if string(had.TOML()) != concealed {
		t.Errorf("had\n%s\nwant\n%s", had.TOML(), concealed)
	}
	if string(c.TOML()) != before {
		t.Error("the configuration that it was made of changed")
	}
	masked := string(had.Masked())
	for _, secret := range []string{"<", "c2VhbGVk"} {
		if strings.Contains(masked, secret) {
			t.Errorf("%q is shown:\n%s", secret, masked)
		}
	}
	if !strings.Contains(masked, "$secret{some_value}") {
		t.Errorf("the reference is not shown:\n%s", masked)
	}
}

func TestConcealRefuses(t *testing.T) {
	c := merged(t, Setting{Key: []string{"a", "list"}, Value: []string{"told"}, Secret: true}, `
[x]
jms = "true'&amp;trust_store_password='word"
[b]
password = "1"
[secrets]
b_password = "c2VhbGVk"
`)
	_, err := c.Conceal(func(string, string) (string, error) { return "", errors.New("never") })
	if err == nil {
		t.Fatal("nothing is refused")
	}
	for _, want := range []string{"a.list: a secret in a list", "x.jms: a secret that is a part of a value", "b.password: [secrets] has b_password already"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "word") && strings.Contains(err.Error(), "told") {
		t.Errorf("a secret is in %v", err)
	}
}

func merged(t *testing.T, more Setting, toml string) Config {
	t.Helper()
	l, err := ParseTOML("x.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	c, err := Merge([]Layer{l, {Name: "group", Settings: []Setting{more}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
