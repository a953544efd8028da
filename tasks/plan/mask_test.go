package plan

import (
	"strings"
	"testing"

	"apimctl/tasks/remote"
)

const planted = "hunter2-PLANTED"

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		`password = "X"`:                                  `password = (secret)`,
		`  key_password="X"  # why`:                       `  key_password=(secret)`,
		`"client.secret" : X`:                             `"client.secret" : (secret)`,
		`clientSecret: X`:                                 `clientSecret: (secret)`,
		`encryption.key = 'X'`:                            `encryption.key = (secret)`,
		`export DB_PASSWORD='X y'`:                        `export DB_PASSWORD=(secret)`,
		`Environment="A=1" "DB_PASSWORD=X y"`:             `Environment="A=1" "DB_PASSWORD=(secret)"`,
		`Environment=DB_PASSWORD=X`:                       `Environment=DB_PASSWORD=(secret)`,
		`# password = X`:                                  `# password = (secret)`,
		`<password>X</password>`:                          `<password>(secret)</password>`,
		`<user name="a" password="X"/>`:                   `<user name="a" password=(secret)/>`,
		`user = {name = "a", password = "X"}`:             `user = {name = "a", password = (secret)}`,
		`url = "jdbc:mysql://h/db?user=a&password=X&a=b"`: `url = "jdbc:mysql://h/db?user=a&password=(secret)&a=b"`,
		`url = "https://admin:X@h:9443/x"`:                `url = "https://(secret)@h:9443/x"`,
		`url = "https://admin:a/X@b@h:9443/x"`:            `url = "https://(secret)@h:9443/x"`,
		`keystore.primary.alias = "wso2carbon"`:           `keystore.primary.alias = "wso2carbon"`,
		`token_endpoint = "https://h/oauth2/token"`:       `token_endpoint = "https://h/oauth2/token"`,
		`file_name = "client-truststore.jks"`:             `file_name = "client-truststore.jks"`,
		"[apim.token.revocation]\nkey = X":                "[apim.token.revocation]\nkey = (secret)",
		"password = \"\"\"\nX\nX\"\"\"\nhostname = \"h\"": "password = (secret)\n(secret)\n(secret)\nhostname = \"h\"",
		"passwords = [\n  \"X\",\n]\na = 1":               "passwords = (secret)\n(secret)\n(secret)\na = 1",
		"secret:\n  first: X\n  then: X\nother: y":        "secret:\n(secret)\n(secret)\nother: y",
		"password: |\n  X\n\n  X\nother: y":               "password: (secret)\n(secret)\n(secret)\n(secret)\nother: y",
		"password=X\\\n  X\nother=y":                      "password=(secret)\n(secret)\nother=y",
		"-----BEGIN RSA PRIVATE KEY-----\nX\n-----END RSA PRIVATE KEY-----\nother=y": "(secret)\n(secret)\n(secret)\nother=y",
		"urls = [\n  \"https://h\",\n]":                                              "urls = [\n  \"https://h\",\n]",
		"X":                                                                          "(secret)",
		"db:5432:apim:wso2:X":                                                        "(secret)",
		"# a comment\n\n[server]\nhostname = \"h\"\n":                                "# a comment\n\n[server]\nhostname = \"h\"\n",
	} {
		in := strings.ReplaceAll(in, "X", planted)
		had, now := mask(in, in, true)
		if had != want || now != want {
			t.Errorf("%s\nbecomes %s\nand     %s\nwant    %s", in, had, now, want)
		}
	}
}

func TestMaskSaysWhatChanged(t *testing.T) {
	had := "[a]\npassword = \"1\"\n[b]\npassword = \"2\"\n[[c]]\npassword = \"3\"\n[[c]]\npassword = \"4\"\n"
	want := strings.NewReplacer("2", "1", "4", "5").Replace(had) + "token = \"6\"\n"
	_, masked := mask(had, want, true)
	if masked != "[a]\npassword = (secret)\n[b]\npassword = (secret, changed)\n[[c]]\npassword = (secret)\n[[c]]\npassword = (secret, changed)\ntoken = (secret)\n" {
		t.Error(masked)
	}
}

// What differs is never shown as nothing, even where the masks are the same.
func TestSecretDiffIsNotEmpty(t *testing.T) {
	for had, want := range map[string]string{
		"password = \"a\"\n": "password = \"b\"\n",
		"bare":               "other",
		"a:b:c\n":            "a:b:d\n",
		"password = \"a\" #": "password = \"a\"",
	} {
		p := Put{Path: "/f", Had: remote.File{Mode: 0o600, Data: []byte(had)}, Want: remote.File{Mode: 0o600, Data: []byte(want), Secret: true}}
		if !strings.Contains(p.Diff(), "+") || !strings.Contains(p.Diff(), "changed)") {
			t.Errorf("%q -> %q:\n%s", had, want, p.Diff())
		}
	}
}

// FuzzMask plants a secret as the value of a secret's key, among whatever lines: no diff shows it.
func FuzzMask(f *testing.F) {
	f.Add("[a]\nx = 1\n", "y = 2\n", "z")
	f.Add("urls = [\n", "]\n", "secret:\n")
	f.Add("a:\n", "  b: c\n", "text = \"\"\"\n")
	f.Fuzz(func(t *testing.T, before, after, other string) {
		if strings.Contains(before+after+other, planted) {
			t.Skip()
		}
		for _, line := range []string{"password = \"" + planted + "\"\n", "db.passwd=" + planted + "\n", "  - client_secret: " + planted + "\n", "<password>" + planted + "</password>\n", "u = \"http://a:" + planted + "@h/\"\n"} {
			p := Put{
				Path: "/f",
				Had:  remote.File{Mode: 0o600, Data: []byte(before + "\n" + line + other)},
				Want: remote.File{Mode: 0o600, Data: []byte(other + "\n" + line + after), Secret: true},
			}
			if strings.Contains(p.Diff(), planted) {
				t.Errorf("shown in:\n%s", p.Diff())
			}
		}
	})
}
