package sealed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// An Error is what is wrong with a value of a text.
type Error struct {
	Value
	Err error
}

// Error is "LINE:COLUMN: PATH: CAUSE".
func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s: %v", e.Line, e.Column, e.Path, e.Err) }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Set is the text with the value at a path encrypted.
func (k Keyring) Set(t *Text, path, plain string) ([]byte, error) {
	i := slices.IndexFunc(t.Values, func(v Value) bool { return v.Path == path })
	if i < 0 {
		return nil, &Problem{path + " is not written there", "write it first, with any value: it is replaced"}
	}
	file, err := k.Seal(plain)
	if err != nil {
		return nil, err
	}
	return t.write(map[int]string{i: t.Values[i].sealedAs(file)})
}

// opened gives every encrypted value of a text in the clear, with its number among all.
func (k Keyring) opened(t *Text, to func(i int, v Value, plain string) error) error {
	for i, v := range t.Values {
		if !v.Sealed {
			continue
		}
		plain, err := k.Open(v.Text)
		if err != nil {
			return &Error{v, err}
		}
		if err := to(i, v, plain); err != nil {
			return err
		}
	}
	return nil
}

// Rekey is the text with every encrypted value encrypted again, for the recipients of now. It says how many there are.
func (k Keyring) Rekey(t *Text) (data []byte, count int, err error) {
	news := map[int]string{}
	err = k.opened(t, func(i int, v Value, plain string) error {
		file, err := k.Seal(plain)
		news[i] = v.sealedAs(file)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	data, err = t.write(news)
	return data, len(news), err
}

// Reveal is the text for an editor: every encrypted value in the clear, behind its tag.
func (k Keyring) Reveal(t *Text) ([]byte, error) {
	news := map[int]string{}
	err := k.opened(t, func(i int, v Value, plain string) error {
		news[i] = v.anchor + Tag + " " + quote(plain)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t.write(news)
}

// Conceal is an edited text with every value behind a tag encrypted. A value that the text of before has too keeps its bytes, that of
// the same path first: encrypting again would change them.
func (k Keyring) Conceal(before, edited *Text) ([]byte, error) {
	paths, plains := map[string]string{}, map[string]string{}
	err := k.opened(before, func(_ int, v Value, plain string) error {
		paths[v.Path+"\n"+plain], plains[plain] = v.Text, v.Text
		return nil
	})
	if err != nil {
		return nil, err
	}
	news := map[int]string{}
	for i, v := range edited.Values {
		if !v.Sealed {
			continue
		}
		file := v.Text
		if !isArmored(file) {
			var had bool
			if file, had = paths[v.Path+"\n"+v.Text]; !had {
				file, had = plains[v.Text]
			}
			if !had {
				if file, err = k.Seal(v.Text); err != nil {
					return nil, err
				}
			}
		}
		news[i] = v.sealedAs(file)
	}
	return edited.write(news)
}

// Block is an encrypted value as it is pasted behind a key that is indented by so many spaces.
func Block(file string, indent int) string {
	pad := "\n" + strings.Repeat(" ", indent+2)
	return Tag + " |" + pad + strings.ReplaceAll(strings.TrimSpace(file), "\n", pad)
}

// sealedAs is what stands in the value's place once it is encrypted.
func (v Value) sealedAs(file string) string {
	if v.flow {
		return v.anchor + Tag + " " + quote(file)
	}
	return v.anchor + Block(file, v.indent)
}

// quote is a text between double quotes: what JSON writes YAML reads.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a text can be
	return strings.TrimSpace(b.String())
}

// write puts other bytes in the place of values. It reads what it made, and fails where anything else would have become different.
func (t *Text) write(news map[int]string) ([]byte, error) {
	var out []byte
	at := 0
	for i, v := range t.Values {
		if text, ok := news[i]; ok && v.start >= at && v.end >= v.start {
			out = append(append(out, t.data[at:v.start]...), text...)
			at = v.end
		}
	}
	out = append(out, t.data[at:]...)
	now, err := Read(out)
	if err == nil && len(now.Values) != len(t.Values) {
		err = fmt.Errorf("has %d values, not %d", len(now.Values), len(t.Values))
	}
	for i := 0; err == nil && i < len(now.Values); i++ {
		had, v := t.Values[i], now.Values[i]
		text, changed := news[i]
		switch {
		case v.Path != had.Path || v.anchor != had.anchor || !changed && (v.Text != had.Text || v.Sealed != had.Sealed):
			err = &Error{had, &Problem{"cannot be changed in place here", "write the value on one line, or paste what apimctl secrets encrypt prints"}}
		case changed && strings.TrimSpace(v.Text) != strings.TrimSpace(textOf(text)):
			err = &Error{had, &Problem{"cannot be replaced here", "write it on one line, or paste what apimctl secrets encrypt prints"}}
		}
	}
	return out, err
}

// textOf is what YAML makes of a value that stands alone.
func textOf(value string) string {
	var n yaml.Node
	if err := yaml.Unmarshal([]byte("a: "+value+"\n"), &n); err != nil {
		return ""
	}
	return n.Content[0].Content[1].Value
}

// Value is the value at a path of a text, decrypted where it is encrypted.
func (k Keyring) Value(t *Text, path string) (string, error) {
	for _, v := range t.Values {
		if v.Path != path {
			continue
		}
		if !v.Sealed {
			return v.Text, nil
		}
		plain, err := k.Open(v.Text)
		if err != nil {
			return "", &Error{v, err}
		}
		return plain, nil
	}
	return "", &Problem{path + " is not written there", "name a key as messages do: a.b.c"}
}
