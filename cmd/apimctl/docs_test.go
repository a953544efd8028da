package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"apimctl/playbooks"
)

// docs/commands.md is made of the commands themselves.
func TestCommandsDoc(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Commands\n\nThis page is made of what `apimctl help` says: `go test ./cmd/apimctl -run TestCommandsDoc -update`.\n\n")
	root := (&app{}).root()
	fmt.Fprintf(&b, "%s\n", root.Long)
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			describe(&b, c)
		}
	}
	dir, err := filepath.Abs("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, dir, b.String())
}

func describe(b *strings.Builder, c *cobra.Command) {
	c.InitDefaultHelpFlag()
	about := c.Long
	if about == "" {
		about = c.Short + "."
	}
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n```\n%s\n```\n", c.CommandPath(), about, c.UseLine())
	if c.Example != "" {
		fmt.Fprintf(b, "\nFor example:\n\n```\n%s\n```\n", strings.ReplaceAll(strings.TrimPrefix(c.Example, "  "), "\n  ", "\n"))
	}
	fmt.Fprintf(b, "\n```\n%s```\n", c.LocalFlags().FlagUsages())
	for _, sub := range c.Commands() {
		describe(b, sub)
	}
}

// Every kind of event, and every field, is described in docs/events.md, and nothing that there is not.
func TestEventsDoc(t *testing.T) {
	data, err := os.ReadFile("../../docs/events.md")
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z.]+)` \\|").FindAllStringSubmatch(string(data), -1) {
		described[m[1]] = true
	}
	there := map[string]bool{}
	for _, kind := range eventKinds(t) {
		there[kind] = true
	}
	e := reflect.TypeFor[playbooks.Event]()
	for i := range e.NumField() {
		if name, _, _ := strings.Cut(e.Field(i).Tag.Get("json"), ","); name != "-" {
			there[name] = true
		}
	}
	for name := range there {
		if !described[name] {
			t.Errorf("%s is not described", name)
		}
	}
	for name := range described {
		if !there[name] {
			t.Errorf("%s is described, and there is none", name)
		}
	}
}

// eventKinds are the values of the constants of event.go.
func eventKinds(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../playbooks/event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok {
			for _, e := range v.Values {
				if l, ok := e.(*ast.BasicLit); ok && l.Kind == token.STRING {
					kind, _ := strconv.Unquote(l.Value)
					kinds = append(kinds, kind)
				}
			}
		}
		return true
	})
	if len(kinds) < 9 {
		t.Fatalf("only %d kinds of events were found", len(kinds))
	}
	return kinds
}

// Links of the documents lead to files that are there.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}
