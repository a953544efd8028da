package main

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"apimctl/render/check"
	"apimctl/tasks/hardening"
)

// checkRules are all rules that check applies, by code.
func checkRules() []check.Rule {
	return append(append(check.Rules(), check.Checklist()...), hardening.Rules()...)
}

// What SARIF 2.1.0 is, as far as findings need it.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// sarif prints findings for code scanners. Places on hosts are logical ones: "gw-1: /etc/hosts". Scanners want a file of theirs too, or
// show nothing: it is the inventory, where none is known.
func (a *app) sarif(all []checked) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "apimctl", Version: version}
	run.Tool.Driver.Rules = []sarifRule{}
	for i, c := range all {
		if i == 0 || all[i-1].Code != c.Code {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{c.Code, sarifText{c.Title}, sarifText{c.Why}, sarifText{c.Fix}})
		}
		result := sarifResult{RuleID: c.Code, Level: c.Severity.String(), Message: sarifText{c.hosts() + c.Where + ": " + c.Seen}}
		if c.Severity == check.Info {
			result.Level = "note"
		}
		result.Locations = c.locations(a.flags.inventory)
		run.Results = append(run.Results, result)
	}
	return a.encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func (c checked) locations(inventory string) []sarifLocation {
	var l sarifLocation
	at := url.URL{Path: filepath.ToSlash(cmp.Or(c.File, inventory))}
	l.Physical.Artifact.URI = at.String()
	l.Physical.Region.StartLine = max(1, c.Line)
	for _, h := range c.Hosts {
		l.Logical = append(l.Logical, sarifLogical{h + ": " + c.Where, "resource"})
	}
	return []sarifLocation{l}
}

type (
	junitSuite struct {
		XMLName  xml.Name    `xml:"testsuite"`
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure,omitempty"`
	}
	junitFailure struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// junit prints a test for each rule; one that found something failed.
func (a *app) junit(all []checked) error {
	found := map[string][]checked{}
	for _, c := range all {
		found[c.Code] = append(found[c.Code], c)
	}
	suite := junitSuite{Name: "apimctl check"}
	for _, r := range checkRules() {
		one := junitCase{Class: "apimctl.check", Name: r.Code + " " + r.Title}
		if of := found[r.Code]; of != nil {
			var text strings.Builder
			for _, c := range of {
				fmt.Fprintf(&text, "%s%s: %s\n", c.hosts(), c.place(), c.Seen)
			}
			fmt.Fprintf(&text, "%s\nMend it: %s\n", r.Why, r.Fix)
			one.Failure = &junitFailure{Message: r.Title, Type: r.Severity.String(), Text: text.String()}
			suite.Failures++
		}
		suite.Cases = append(suite.Cases, one)
	}
	suite.Tests = len(suite.Cases)
	data, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	_, err = io.WriteString(a.out, xml.Header+string(data)+"\n")
	return err
}

// hosts are those that have it, as they stand before what they have: "gw-1, gw-2: ".
func (c checked) hosts() string {
	if len(c.Hosts) == 0 {
		return ""
	}
	return strings.Join(c.Hosts, ", ") + ": "
}
