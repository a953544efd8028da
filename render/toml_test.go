package render

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseTOML(t *testing.T) {
	const data = "# comment\nglobal = 1\n[a]\nx = 'lit' # c\ny.\"z.z\" = 0x10\nlist = [ 1, # c\n 2 ]\n" +
		"inline = { p = true, q.r = 1.5 }\n[[t]]\nn = 1\n[t.sub]\nk = \"\"\"\nm\nl\"\"\"\n[[t.deep]]\nd = 1\n[[t.deep]]\nd = 2\n[[t]]\nn = 2\n[b]\ntables = [{ x = 1 }, { x = 2 }]\n"
	c := parsed(t, "deployment.toml", []byte(data))
	want := map[string]any{
		"global": int64(1), "a.x": "lit", "a.y.'z.z'": int64(16), "a.list": []any{int64(1), int64(2)},
		"a.inline.p": true, "a.inline.q.r": 1.5, "t[0].n": int64(1), "t[0].sub.k": "m\nl", "t[1].n": int64(2),
		"t[0].deep[0].d": int64(1), "t[0].deep[1].d": int64(2), "b.tables[0].x": int64(1), "b.tables[1].x": int64(2),
	}
	if had := values(c); !reflect.DeepEqual(had, want) {
		t.Errorf("had %v\nwant %v", had, want)
	}
	for key, line := range map[string]int{"global": 2, "a.list": 6, "a.inline.q.r": 8, "t[0].sub.k": 12, "t[1].n": 20} {
		if o, _ := c.Origin(key); o.Line != line {
			t.Errorf("%s is in line %d, want %d", key, o.Line, line)
		}
	}
	if err := Reread(c, c.TOML()); err != nil {
		t.Error(err)
	}
}

func TestParseTOMLRefuses(t *testing.T) {
	for data, want := range map[string]string{
		"a = 1\nb = \n":            "x.toml:2: ",
		"a = 1\na = 2\n":           "x.toml",
		"[a]\nb = 1\n[a]\nc = 1":   "x.toml",
		"\nd = 2026-01-01\n":       "x.toml: line 2: d: a date",
		"a = 99999999999999999999": "x.toml:1: ",
	} {
		if _, err := ParseTOML("x.toml", []byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: had %v, want %s", data, err, want)
		}
	}
}

func TestReread(t *testing.T) {
	c := parsed(t, "x", []byte("a = 1\n[b]\nc = 'planted'\n[[d]]\ne = 1\n"))
	for data, want := range map[string]string{
		"a = 1\n[b]\nc = 'other'\n[[d]]\ne = 1\n":        "differs at b.c",
		"a = '1'\n[b]\nc = 'planted'\n[[d]]\ne = 1\n":    "differs at a",
		"a = 1\n[b]\nc = 'planted'\n[[d]]\ne = 2\n":      "differs at d.e",
		"a = 1\n[b]\nc = 'planted'\n[[d]]\n[[d]]\n":      "differs at d",
		"a = 1\n[b]\nc = 'planted'\nx=1\n[[d]]\ne = 1":   "differs at b.x",
		"a = 1\na = 2\n[b]\nc = 'planted'\n[[d]]\ne = 1": "cannot be read again",
	} {
		if err := Reread(c, []byte(data)); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "planted") {
			t.Errorf("%q: had %v, want %s", data, err, want)
		}
	}
}

func FuzzTOML(f *testing.F) {
	f.Add("key", "value", "x")
	f.Add("header.X-WSO2", "a \"b\" 'c' \\ \x00\x7f\u2028é\U0001F600", "\r\n\t'''\"\"\"")
	f.Add("a", "$ref{x}", "'&amp;")
	f.Fuzz(func(t *testing.T, key, a, b string) {
		settings := []Setting{
			{Key: []string{"x", key}, Value: a},
			{Key: []string{"x", "list"}, Value: []string{a, b}},
			{Key: []string{"y"}, Value: []any{map[string]any{key: b}, map[string]any{"n": map[string]any{key: a}}}},
		}
		first, err := Merge([]Layer{{Name: "fuzz", Settings: settings}})
		valid := utf8.ValidString(a) && utf8.ValidString(b) && checkSegment(key) == nil && key != "list"
		if (err == nil) != valid {
			t.Fatalf("%q %q %q: %v", key, a, b, err)
		}
		if err != nil {
			return
		}
		data := first.TOML()
		if err := Reread(first, data); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		l, err := ParseTOML("again", data)
		if err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		c, err := Merge([]Layer{l})
		if err != nil || string(c.TOML()) != string(data) {
			t.Fatalf("parsed and written again it differs: %v\n%s\n%s", err, data, c.TOML())
		}
		if v := values(c); v["x."+quoteSegment(key)] != a || v["y[0]."+quoteSegment(key)] != b {
			t.Fatalf("%q %q are lost: %v", a, b, v)
		}
	})
}

func TestDiffTOML(t *testing.T) {
	const had = "[server]\noffset = 0\nhostname = 'x'\n[super_admin]\npassword = 'planted1'\n[[t]]\na = 1\n[[apim.gateway.environment]]\nname = 'A'\n[[apim.gateway.environment]]\nname = 'B'\n"
	const want = "[[apim.gateway.environment]]\nname = 'B'\n[super_admin]\npassword = 'planted2'\n[server]\nhostname = 'x'\noffset = 1\n[[t]]\na = 1\nb = [1]\n"
	lines, err := DiffTOML([]byte(had), []byte(want))
	expected := []string{
		`- apim.gateway.environment[A].name = "A"`,
		"- server.offset = 0", "+ server.offset = 1",
		"- super_admin.password = (secret)", "+ super_admin.password = (secret)",
		"+ t[0].b = [1]",
	}
	if err != nil || !reflect.DeepEqual(lines, expected) {
		t.Errorf("had %q, %v\nwant %q", lines, err, expected)
	}
	if lines, err := DiffTOML([]byte(want), []byte(want)); err != nil || len(lines) != 0 {
		t.Errorf("a file differs from itself: %q, %v", lines, err)
	}
	if lines, err := DiffTOML(nil, []byte("a = 1")); err != nil || len(lines) != 1 {
		t.Errorf("had %q, %v", lines, err)
	}
	if _, err := DiffTOML([]byte("a = "), nil); err == nil {
		t.Error("what is no TOML is compared")
	}
}
