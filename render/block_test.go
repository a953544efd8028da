package render

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestBlock(t *testing.T) {
	const b, e = "# apimctl prod begin", "# apimctl prod end"
	for name, tt := range map[string]struct{ had, want string }{
		"empty":              {"", b + "\nx\ny\n" + e + "\n"},
		"at the end":         {"127.0.0.1 localhost\n", "127.0.0.1 localhost\n" + b + "\nx\ny\n" + e + "\n"},
		"no final newline":   {"a", "a\n" + b + "\nx\ny\n" + e + "\n"},
		"in place":           {"a\n" + b + "\nold\n" + e + "\nz", "a\n" + b + "\nx\ny\n" + e + "\nz"},
		"CRLF":               {"a\r\nb\r\n", "a\r\nb\r\n" + b + "\r\nx\r\ny\r\n" + e + "\r\n"},
		"CRLF in place":      {"a\r\n" + b + "\r\nold\r\n" + e + "\r\nz\r\n", "a\r\n" + b + "\r\nx\r\ny\r\n" + e + "\r\nz\r\n"},
		"another deployment": {"# apimctl test begin\n# apimctl test end\n", "# apimctl test begin\n# apimctl test end\n" + b + "\nx\ny\n" + e + "\n"},
		"end without line":   {b + "\n" + e, b + "\nx\ny\n" + e + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			had, err := Block([]byte(tt.had), "prod", []string{"x", "y"})
			if err != nil || string(had) != tt.want {
				t.Errorf("had %q, %v\nwant %q", had, err, tt.want)
			}
		})
	}
	if had, err := Block([]byte("a\n"+b+"\nx\n"+e+"\nz\n"), "prod", nil); err != nil || string(had) != "a\nz\n" {
		t.Errorf("the block does not go: %q, %v", had, err)
	}
}

func TestBlockRefuses(t *testing.T) {
	const b, e = "# apimctl prod begin\n", "# apimctl prod end\n"
	for had, want := range map[string]string{
		"a\n" + b + "x\n":  `line 2: "# apimctl prod begin" without its end`,
		"a\n" + e:          `line 2: "# apimctl prod end" without its begin`,
		b + e + "\n" + b:   `line 4: a second "# apimctl prod begin", the first is in line 1`,
		b + b + e:          `line 2: a second "# apimctl prod begin", the first is in line 1`,
		b + e + e:          `line 3: "# apimctl prod end" without its begin`,
		"\r\n  " + b + "x": `line 2: "# apimctl prod begin" without its end`,
	} {
		if _, err := Block([]byte(had), "prod", []string{"x"}); err == nil || err.Error() != want {
			t.Errorf("%q: had %v, want %s", had, err, want)
		}
	}
	for _, bad := range []string{"a\nb", "a\r", "# apimctl prod end", " # apimctl prod begin"} {
		if _, err := Block(nil, "prod", []string{bad}); err == nil {
			t.Errorf("%q is taken for a line", bad)
		}
	}
}

func FuzzBlock(f *testing.F) {
	f.Add([]byte("127.0.0.1 localhost\n"), "10.0.0.1 a")
	f.Add([]byte("a\r\n# apimctl prod begin\r\nx\r\n# apimctl prod end\r\nb"), "y")
	f.Add([]byte("\n# apimctl prod begin\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, line string) {
		once, err := Block(data, "prod", []string{line})
		if err != nil {
			return
		}
		twice, err := Block(once, "prod", []string{line})
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("twice is not once: %q, %q, %v", once, twice, err)
		}
		from, to, _ := findBlock(data, "# apimctl prod begin", "# apimctl prod end")
		if !bytes.HasPrefix(once, data[:from]) || !bytes.HasSuffix(once, data[to:]) {
			t.Fatalf("the lines around it do not stay: %q, %q", data, once)
		}
		gone, err := Block(once, "prod", nil)
		if at, _, found := findBlock(gone, "# apimctl prod begin", "# apimctl prod end"); err != nil || found != nil || at != len(gone) || len(gone) > len(data)+2 {
			t.Fatalf("the block does not go: %q, %v", gone, err)
		}
	})
}

func TestHostLines(t *testing.T) {
	had, err := HostLines(map[string][]string{
		"10.0.0.12":   {"aio-2"},
		"10.0.0.9":    {"gw-1", "api.example.com", "gw-1"},
		"10.0.0.11":   nil,
		"fd00::1":     {"six"},
		"db.internal": {"db"},
	})
	want := []string{"10.0.0.9 api.example.com gw-1", "10.0.0.12 aio-2", "fd00::1 six"}
	if err != nil || !reflect.DeepEqual(had, want) {
		t.Errorf("had %q, %v\nwant %q", had, err, want)
	}
	if _, err := HostLines(map[string][]string{"10.0.0.1": {"a b"}}); err == nil || !strings.Contains(err.Error(), "10.0.0.1") {
		t.Errorf("had %v", err)
	}
}
