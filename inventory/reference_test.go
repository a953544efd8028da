package inventory

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the tests would compare with")

// TestReference keeps docs/inventory.md and the schema equal to the table of keys.
func TestReference(t *testing.T) {
	intro, err := os.ReadFile("testdata/reference-intro.md")
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	page.Write(intro)
	page.WriteString("\n# Keys\n\nA key in **bold** is required.\n")
	writeRows(&page, "", "The file itself", fileTable().rows())
	golden(t, "../docs/inventory.md", page.Bytes())

	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(schema) {
		t.Error("the schema is no JSON")
	}
	golden(t, "../docs/inventory.schema.json", schema)
}

func golden(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(filepath.FromSlash(path), want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	had, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(had, want) {
		t.Errorf("%s is not what the table of keys says: run this test with -update", path)
	}
}

// writeRows writes a mapping's keys as a table, then those of the mappings in it; mappings with the same keys share one.
func writeRows(w *bytes.Buffer, path, title string, rows []row) {
	fmt.Fprintf(w, "\n## %s\n\n| key | type | default | meaning |\n|---|---|---|---|\n", title)
	for _, r := range rows {
		name := "`" + r.Name + "`"
		if r.Required {
			name = "**" + name + "**"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s |\n", name, kindOf(r), defaultOf(r), cell(meaning(r)))
	}
	for i, r := range rows {
		alike := func(other row) bool { return r.Keys != nil && reflect.DeepEqual(r.Keys, other.Keys) }
		if r.Keys == nil || slices.ContainsFunc(rows[:i], alike) {
			continue
		}
		title := "`" + below(path, r) + "`"
		for _, other := range rows[i+1:] {
			if alike(other) {
				title += ", `" + below(path, other) + "`"
			}
		}
		writeRows(w, below(path, r), title, r.Keys)
	}
}

func below(path string, r row) string {
	path = join(path, r.Name)
	if r.Named != "" {
		path += "." + r.Named
	}
	if r.List {
		path += "[]"
	}
	return path
}

func kindOf(r row) string {
	switch {
	case r.Same != "":
		return "mapping, as [`" + r.Same + "`](#" + r.Same + ")"
	case r.OneOf != nil && r.Named == "":
		return "`" + strings.Join(r.OneOf, "`, `") + "`"
	case r.OneOf != nil:
		return "mapping of `" + strings.Join(r.OneOf, "`, `") + "`"
	case r.Named != "":
		return "mapping of " + r.Named + " to " + r.Type
	}
	return r.Type
}

func defaultOf(r row) string {
	if r.Default != "" {
		return "`" + r.Default + "`"
	}
	return cell(r.Note)
}

func meaning(r row) string {
	if r.Since == "" {
		return r.Doc
	}
	return r.Doc + "; from version " + r.Since + " on"
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// TestRows demands a meaning of every key, and a default that its values allow.
func TestRows(t *testing.T) {
	var check func(path string, rows []row)
	check = func(path string, rows []row) {
		for _, r := range rows {
			at := join(path, r.Name)
			if r.Doc == "" || r.Type == "" {
				t.Errorf("%s has no meaning or no type", at)
			}
			if r.Default != "" && r.OneOf != nil && !slices.Contains(r.OneOf, r.Default) {
				t.Errorf("%s is %s by default, which it may not be", at, r.Default)
			}
			if scalar := r.Keys == nil && r.Same == ""; scalar && r.Default == "" && r.Note == "" && !r.Required {
				t.Errorf("%s does not say what it is by default", at)
			}
			check(at, r.Keys)
		}
	}
	check("", fileTable().rows())
}
