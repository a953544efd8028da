package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers says what each package may import of ours, as design.md draws it. What is not named here may not exist.
var layers = map[string][]string{
	"inventory":                   {"inventory/sealed"},
	"inventory/sealed":            nil,
	"inventory/dist":              nil,
	"inventory/pki":               nil,
	"render":                      nil,
	"render/catalog":              nil,
	"render/check":                {"render/catalog"},
	"tasks/keystore":              nil,
	"tasks/remote":                nil,
	"tasks/remote/remotetest":     {"tasks/remote"},
	"tasks/lock":                  {"tasks/remote"},
	"tasks/journal":               {"tasks/remote"},
	"tasks/journal/journaltest":   {"tasks/journal"},
	"tasks/logs":                  {"tasks/remote"},
	"tasks/plan":                  {"tasks/remote", "render"},
	"tasks/database":              {"tasks/remote"},
	"tasks/database/databasetest": nil,
	"tasks/hardening":             {"tasks", "tasks/remote", "render", "render/check"},
	"tasks":                       {"tasks/plan", "tasks/remote", "tasks/keystore", "tasks/database", "render"},
	"playbooks":                   {"tasks", "tasks/plan", "tasks/lock", "tasks/journal", "tasks/remote", "tasks/keystore", "tasks/database", "tasks/hardening", "render", "render/catalog", "render/check", "inventory", "inventory/pki"},
	"cmd/apimctl":                 nil, // everything
}

func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "apimctl/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for l := range strings.Lines(string(out)) {
		names := strings.Fields(strings.ReplaceAll(l, "apimctl/", ""))
		pkg, ok := layers[names[0]]
		if !ok && !strings.HasPrefix(names[0], "testdata/") {
			t.Errorf("%s is in no layer: say in layers what it may import", names[0])
		}
		if names[0] == "cmd/apimctl" {
			continue
		}
		for i, imported := range names[1:] {
			ours := strings.Contains(strings.Fields(l)[i+1], "apimctl/")
			if ours && !slices.Contains(pkg, imported) {
				t.Errorf("%s imports %s", names[0], imported)
			}
		}
	}
}
