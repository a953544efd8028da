package check_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"apimctl/render/check"
	"apimctl/tasks/hardening"
)

var update = flag.Bool("update", false, "write docs/checks.md anew")

const preamble = "# Checks\n\n" +
	"`apimctl validate`, and the first step of `plan` and `apply`, look for these mistakes before a host is touched; for the rest see\n[the production checklist](#the-production-checklist) below.\n" +
	"Warnings never stop; `--strict` makes them errors. Codes stay. `apimctl explain CODE` prints what is here.\n\n" +
	"This page is made from the rules in `render/check`: `go test ./render/check -run TestDocs -update`.\n" +
	"The examples belong to a deployment of two all-in-one nodes, `aio-1` and `aio-2`, and two gateways, `gw-1` and\n" +
	"`gw-2`, behind a load balancer. Each is laid over a deployment.toml without mistakes.\n\n"

const checklist = "\n# The production checklist\n\n" +
	"`apimctl check` looks for what is above, and for this, on hosts (HOST) and in their configuration (APIM). `--severity` says what counts.\n" +
	"Nothing of it stops an apply. [hardening.md](hardening.md) tells how to mend most of it at once.\n\n"

func TestDocs(t *testing.T) {
	const file = "../../docs/checks.md"
	want := document(t)
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if had, err := os.ReadFile(file); err != nil || !bytes.Equal(had, want) {
		t.Errorf("docs/checks.md is not what the rules say (%v); run go test ./render/check -run TestDocs -update", err)
	}
}

func document(t *testing.T) []byte {
	b := bytes.NewBufferString(preamble + "| code | severity | mistake |\n|---|---|---|\n")
	for _, r := range check.Rules() {
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s |\n", r.Code, strings.ToLower(r.Code), r.Severity, r.Title)
	}
	for _, r := range check.Rules() {
		version := ""
		if r.Example.Version != "" {
			version = ", version " + r.Example.Version
		}
		fmt.Fprintf(b, "\n## %s\n\n%s: %s.\n\n%s\n\n%s\n\n", r.Code, strings.ToUpper(r.Severity.String()[:1])+r.Severity.String()[1:], r.Title, r.Why, r.Fix)
		fmt.Fprintf(b, "On %s%s:\n\n```toml\n%s\n```\n\n```\n", r.Example.Host, version, r.Example.Wrong)
		for _, f := range check.Check(with(t, r.Example.Version, r.Example.Host, r.Example.Wrong)) {
			if f.Code == r.Code {
				fmt.Fprintln(b, f)
			}
		}
		mended := "Mended:\n\n```toml\n" + r.Example.Right + "\n```\n"
		if r.Example.Right == "" {
			mended = "Mended: without it.\n"
		}
		fmt.Fprintf(b, "```\n\n%s", mended)
	}
	more := append(check.Checklist(), hardening.Rules()...)
	b.WriteString(checklist + "| code | severity | what is found |\n|---|---|---|\n")
	for _, r := range more {
		fmt.Fprintf(b, "| [%s](#%s) | %s | %s |\n", r.Code, strings.ToLower(r.Code), r.Severity, r.Title)
	}
	for _, r := range more {
		fmt.Fprintf(b, "\n## %s\n\n%s: %s.\n\n%s\n\n%s\n", r.Code, strings.ToUpper(r.Severity.String()[:1])+r.Severity.String()[1:], r.Title, r.Why, r.Fix)
	}
	return b.Bytes()
}

func TestDocsNameEachCodeOnce(t *testing.T) {
	text := string(document(t))
	for _, r := range slices.Concat(check.Rules(), check.Checklist(), hardening.Rules()) {
		if strings.Count(text, "## "+r.Code+"\n") != 1 || !slices.Contains(strings.Split(text, "\n"), "## "+r.Code) {
			t.Errorf("%s has no chapter of its own", r.Code)
		}
	}
}
