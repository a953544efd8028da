package plan

import (
	"io/fs"
	"strings"
	"testing"

	"apimctl/tasks/remote"
	"apimctl/tasks/remote/remotetest"
)

func text(mode uint32, owner, data string) remote.File {
	return remote.File{Mode: fs.FileMode(mode), Owner: owner, Data: []byte(data)}
}

func TestPut(t *testing.T) {
	old := text(0o644, "root:root", "one\ntwo\n")
	secret := remote.File{Mode: 0o600, Owner: "w:w", Data: []byte("password = \"hunter2\"\n"), Secret: true}
	other := secret
	other.Data = []byte("password = \"hunter3\"\n")
	for name, test := range map[string]struct {
		had, want remote.File
		says      string
		diff      string
	}{
		"nothing lacks":       {old, old, "", ""},
		"owner is not wanted": {old, text(0o644, "", "one\ntwo\n"), "", ""},
		"new":                 {remote.File{}, text(0o640, "w:w", "a\n"), "write /f", "--- /dev/null\n+++ /f (0640 w:w)\n@@ -0,0 +1 @@\n+a\n"},
		"new and empty":       {remote.File{}, text(0o640, "w:w", ""), "write /f", ""},
		"content": {
			old, text(0o600, "", "one\n2\n"), "write /f",
			"--- /f (0644 root:root)\n+++ /f (0600)\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n",
		},
		"no end of line":  {old, text(0o644, "", "one\ntwo"), "write /f", "--- /f (0644 root:root)\n+++ /f (0644)\n@@ -1,2 +1,2 @@\n one\n-two\n+two\n\\ No newline at end of file\n"},
		"mode":            {old, text(0o640, "", "one\ntwo\n"), "set mode 0640 of /f", ""},
		"owner":           {old, text(0o644, "w:w", "one\ntwo\n"), "set owner w:w of /f", ""},
		"mode and owner":  {old, text(0o640, "w:w", "one\ntwo\n"), "set mode 0640 and owner w:w of /f", ""},
		"removal":         {old, remote.File{}, "remove /f", "--- /f (0644 root:root)\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n"},
		"directory":       {remote.File{}, remote.Dir(0o750, "w:w"), "make directory /f", ""},
		"directory's":     {remote.Dir(0o755, "w:w"), remote.Dir(0o750, ""), "set mode 0750 of /f", ""},
		"no directory":    {remote.Dir(0o755, "w:w"), remote.File{}, "remove /f", ""},
		"link":            {remote.Link("a"), remote.Link("releases/b"), "link /f -> releases/b", ""},
		"link for a file": {old, remote.Link("b"), "link /f -> b", "--- /f (0644 root:root)\n+++ /f (0777)\n@@ -1,2 +0,0 @@\n-one\n-two\n"},
		"binary":          {old, text(0o644, "", "\x00\x01"), "write /f", "no text: 8 bytes -> 2 bytes\n"},
		"secret":          {secret, other, "write /f", "--- /f (0600 w:w)\n+++ /f (0600 w:w)\n@@ -1 +1 @@\n-password = (secret)\n+password = (secret, changed)\n"},
		"secret binary":   {secret, remote.File{Mode: 0o600, Data: []byte("\x00hunter2"), Secret: true}, "write /f", ""},
	} {
		t.Run(name, func(t *testing.T) {
			changes := File("/f", test.had, test.want)
			if test.says == "" {
				if changes != nil {
					t.Fatalf("%v", changes)
				}
				return
			}
			if len(changes) != 1 || changes[0].String() != test.says {
				t.Fatalf("%v", changes)
			}
			if d := changes[0].Diff(); d != test.diff {
				t.Errorf("diff:\n%s\nwant:\n%s", d, test.diff)
			}
		})
	}
}

func TestApplyIsWhatFileLacks(t *testing.T) {
	m := remotetest.New()
	had, _ := m.File(t.Context(), "/etc/hosts")
	want := had
	want.Data = []byte("127.0.0.1 localhost\n10.0.0.1 gw-1\n")
	for range 2 {
		if err := (Put{Path: "/etc/hosts", Had: had, Want: want}).Apply(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if now, _ := m.File(t.Context(), "/etc/hosts"); File("/etc/hosts", now, want) != nil {
			t.Errorf("still lacking: %+v", now)
		}
	}
}

func TestRun(t *testing.T) {
	m := remotetest.New()
	r := Run{Cmd: remote.Cmd{Argv: []string{"tee", "/etc/it's new"}, Stdin: "hunter2"}, Touches: []string{"/etc/it's new"}}
	if s := r.String(); s != `run tee '/etc/it'\''s new'` {
		t.Error(s)
	}
	i := remote.Imagine(m)
	if err := r.Apply(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if s, err := i.Sum(t.Context(), "/etc/it's new"); s.SHA256 != remote.Unknown || err != nil {
		t.Errorf("imagined: %+v, %v", s, err)
	}
	if len(m.Ran()) != 0 {
		t.Error("imagining ran it")
	}
	if err := r.Apply(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if f := m.At("/etc/it's new"); string(f.Data) != "hunter2" {
		t.Errorf("%q", f.Data)
	}
	r.Does = "stop wso2-gateway"
	if r.String() != "stop wso2-gateway" || r.Diff() != "" {
		t.Error(r.String(), r.Diff())
	}
	if s := (Unpack{Archive: remote.Archive{Local: "/zips/wso2am-4.6.0.zip"}, Dir: "/opt/r"}).String(); !strings.HasPrefix(s, "unpack wso2am-4.6.0.zip to /opt/r") {
		t.Error(s)
	}
}
