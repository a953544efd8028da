package sealed

import (
	"errors"
	"strings"
	"testing"

	"filippo.io/age"
)

func keyring(t testing.TB) (Keyring, string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	k, err := Identities([]byte(id.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	return k, id.Recipient().String()
}

const around = `# a comment
admin:   {username: admin,   password: "old"}   # kept
ssh:
  key:    'it''s'      # kept too
  password: plain # and this
list:
- one
- two
text: |
  a
   b

last: "é \"x\""
`

func read(t testing.TB, data string) *Text {
	t.Helper()
	text, err := Read([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Every value can be encrypted in its place. What stands around it keeps its bytes, and decrypting gives the value back.
func TestSetKeepsTheRest(t *testing.T) {
	k, _ := keyring(t)
	const secret = "p\"a's #s: {x}\\ é\nsecond line"
	for _, v := range read(t, around).Values {
		data, err := k.Set(read(t, around), v.Path, secret)
		if err != nil {
			t.Errorf("%s: %v", v.Path, err)
			continue
		}
		if had, want := string(data[:v.start]), around[:v.start]; had != want {
			t.Errorf("%s: before it stands %q, not %q", v.Path, had, want)
		}
		if rest := around[v.end:]; !strings.HasSuffix(string(data), rest) {
			t.Errorf("%s: behind it stands not %q:\n%s", v.Path, rest, data)
		}
		if had, err := k.Value(read(t, string(data)), v.Path); err != nil || had != secret {
			t.Errorf("%s: decrypted it is %q, %v", v.Path, had, err)
		}
	}
}

// An editor that changes one value changes the lines of that value alone.
func TestEditChangesOneValue(t *testing.T) {
	k, _ := keyring(t)
	data := around
	for _, path := range []string{"admin.password", "ssh.password", "list[1]"} {
		news, err := k.Set(read(t, data), path, "secret of "+path)
		if err != nil {
			t.Fatal(err)
		}
		data = string(news)
	}
	clear, err := k.Reveal(read(t, data))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(clear), "BEGIN AGE") || !strings.Contains(string(clear), `!age "secret of ssh.password"`) {
		t.Fatalf("the editor is shown\n%s", clear)
	}
	same, err := k.Conceal(read(t, data), read(t, string(clear)))
	if err != nil || string(same) != data {
		t.Errorf("an edit of nothing: %v\n%s\nbecame\n%s", err, data, same)
	}
	edited := strings.Replace(string(clear), "secret of ssh.password", "another", 1)
	news, err := k.Conceal(read(t, data), read(t, edited))
	if err != nil {
		t.Fatal(err)
	}
	had, now := read(t, data), read(t, string(news))
	for i, v := range now.Values {
		if (v.Text != had.Values[i].Text) != (v.Path == "ssh.password") {
			t.Errorf("%s: changed is %v", v.Path, v.Text != had.Values[i].Text)
		}
	}
	if plain, err := k.Value(now, "ssh.password"); err != nil || plain != "another" {
		t.Errorf("the edited value is %q, %v", plain, err)
	}
}

// An anchor stays with its value, through all that changes it, and what names it still does.
func TestAnchorsStay(t *testing.T) {
	k, _ := keyring(t)
	for _, had := range []string{
		"a: &x b\nc: *x\n", "a: &x 'b' # why\nc: *x\n", "{a: &x b, c: *x}\n", "a: &x !age b\nc: *x\n", "a: !age &x \"b\"\nc: *x\n", "a: &x |\n  b\n\nc: *x\n",
	} {
		data, err := k.Set(read(t, had), "a", "secret")
		if err != nil {
			t.Errorf("%q: %v", had, err)
			continue
		}
		clear, err := k.Reveal(read(t, string(data)))
		if err != nil || !strings.Contains(string(clear), `a: &x !age "secret"`) {
			t.Errorf("%q: the editor is shown %q, %v", had, clear, err)
		}
		same, err := k.Conceal(read(t, string(data)), read(t, string(clear)))
		if err != nil || string(same) != string(data) {
			t.Errorf("%q: %q became %q, %v", had, data, same, err)
		}
		if data, _, err = k.Rekey(read(t, string(same))); err != nil || strings.Count(string(data), "&x !age ") != 1 {
			t.Errorf("%q: rekeyed it is %q, %v", had, data, err)
		}
	}
}

// After a change of recipients the one who left reads nothing, and the one who came reads all.
func TestRekey(t *testing.T) {
	old, _ := keyring(t)
	came, recipient := keyring(t)
	data, err := old.Set(read(t, around), "ssh.password", "x")
	if err != nil {
		t.Fatal(err)
	}
	to, err := old.For([]string{recipient})
	if err != nil {
		t.Fatal(err)
	}
	if to.Reads() || !old.Reads() {
		t.Error("who can read what is told wrong")
	}
	data, count, err := to.Rekey(read(t, string(data)))
	if err != nil || count != 1 {
		t.Fatalf("%d values, %v", count, err)
	}
	now := read(t, string(data))
	if had, err := came.Value(now, "ssh.password"); err != nil || had != "x" {
		t.Errorf("who came reads %q, %v", had, err)
	}
	var at *Error
	_, err = old.Value(now, "ssh.password")
	if !errors.As(err, &at) || at.Line != 5 || !strings.Contains(err.Error(), "for others than the given identity") {
		t.Errorf("who left gets %v", err)
	}
}

// A ciphertext with any one character changed, or cut short anywhere, is never taken for a value.
func TestDamaged(t *testing.T) {
	k, _ := keyring(t)
	file, err := k.Seal("secret")
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(file) - 1 {
		other := byte('A')
		if file[i] == other {
			other = 'B'
		}
		for _, broken := range []string{file[:i], file[:i] + string(other) + file[i+1:]} {
			if plain, err := k.Open(broken); err == nil && plain != "secret" {
				t.Fatalf("%q is read from\n%s", plain, broken)
			} else if err == nil && broken == file[:i] {
				t.Fatalf("cut at %d it is read", i)
			}
		}
	}
}

// An identity file may be locked with a passphrase.
func TestLockedIdentity(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.NewScryptRecipient("word")
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(10)
	locked, err := Keyring{recipients: []age.Recipient{r}}.Seal(id.String() + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if k, err := Identities([]byte(locked), "word"); err != nil || !k.Reads() {
		t.Errorf("the passphrase opens it: %v", err)
	}
	for word, want := range map[string]string{"": "locked with a passphrase", "other": "another passphrase"} {
		if _, err := Identities([]byte(locked), word); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v", word, err)
		}
	}
}

// FuzzSet wants of every YAML text that a value is encrypted and all else stays, or an error.
func FuzzSet(f *testing.F) {
	for _, text := range []string{around, "a: b", "a: [b, {c: 'd'}]", "a:\n  - |\n    x\n", "? a\n: b", "a: &x b\nc: !t d", "a: &x !t b\nc: *x", "a: !t &x\nb: &y", "a: b\n  c\nd: e", "\xef\xbb\xbfa: b"} {
		f.Add(text, 0)
	}
	f.Fuzz(func(t *testing.T, data string, i int) {
		text, err := Read([]byte(data))
		if err != nil || i < 0 || i >= len(text.Values) {
			return
		}
		v := text.Values[i]
		news, err := text.write(map[int]string{i: v.sealedAs("AGE\nfile\n")})
		if err != nil {
			return
		}
		now, err := Read(news)
		if err != nil || len(now.Values) != len(text.Values) {
			t.Fatalf("%q became %q: %v", data, news, err)
		}
	})
}
