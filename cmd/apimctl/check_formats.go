package main

import (
	"encoding/xml"
	"fmt"
	"io"
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
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
)

// sarif prints findings for code scanners. Places on hosts are logical ones: "gw-1: /etc/hosts".
func (a *app) sarif(all []checked) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "apimctl", Version: version}
	run.Tool.Driver.Rules = []sarifRule{}
	for i, c := range all {
		if i == 0 || all[i-1].Code != c.Code {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{c.Code, sarifText{c.Title}, sarifText{c.Why}, sarifText{c.Fix}})
		}
		result := sarifResult{RuleID: c.Code, Level: c.Severity.String(), Message: sarifText{c.Where + ": " + c.Seen}}
		if c.Severity == check.Info {
			result.Level = "note"
		}
		result.Locations = c.locations()
		run.Results = append(run.Results, result)
	}
	return a.encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func (c checked) locations() []sarifLocation {
	var l sarifLocation
	if c.File != "" {
		l.Physical = &sarifPhysical{}
		l.Physical.Artifact.URI = c.File
		if c.Line > 0 {
			l.Physical.Region = &sarifRegion{c.Line}
		}
	}
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
				fmt.Fprintf(&text, "%s: %s: %s\n", strings.Join(c.Hosts, ", "), c.place(), c.Seen)
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
