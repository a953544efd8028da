package plan

import (
	"fmt"
	"slices"
	"testing"

	"apimctl/tasks/remote"
)

func TestNames(t *testing.T) {
	var forty, padded []string
	for i := range 40 {
		forty = append(forty, fmt.Sprint("gw-", i+1))
	}
	for i := 7; i < 15; i++ {
		padded = append(padded, fmt.Sprintf("gw%02d.eu", i))
	}
	for want, hosts := range map[string][]string{
		"":                           nil,
		"gw-1, gw-2, gw-3":           {"gw-1", "gw-2", "gw-3"},
		"gw-[1:40]":                  forty,
		"am-1, am-2, gw-[1:40]":      append([]string{"am-1", "am-2"}, forty...),
		"gw-[1:3], gw-[5:40]":        slices.Concat(forty[:3], forty[4:]),
		"gw[07:14].eu":               padded,
		"a, b, c, d, e, f, g":        {"a", "b", "c", "d", "e", "f", "g"},
		"a1, b2, c3, d4, e5, f6, g7": {"a1", "b2", "c3", "d4", "e5", "f6", "g7"},
		"x-9, x-[010:013], y, z":     {"x-9", "x-010", "x-011", "x-012", "x-013", "y", "z"},
	} {
		if got := Names(hosts); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestGroup(t *testing.T) {
	hosts := func(content string) Step {
		return Step{"hosts file", []Change{Put{Path: "/etc/hosts", Had: remote.File{}, Want: text(0o644, "", content)}}}
	}
	stop := func(why string) Step {
		return Step{"service", []Change{Run{Cmd: remote.Cmd{Argv: []string{"stop"}}, Why: []string{why}}}}
	}
	p := Plan{"prod", []Play{
		{"prepare", []Batch{{[]Lane{
			{"am-1", []Step{hosts("a\n"), stop("x")}},
			{"gw-1", []Step{hosts("b\n"), stop("y")}},
			{"gw-2", []Step{hosts("a\n"), stop("x")}},
		}}}},
		{"start", []Batch{{[]Lane{{"gw-1", []Step{hosts("a\n")}}}}, {[]Lane{{"gw-2", []Step{hosts("a\n")}}}}}},
	}}
	var got []string
	for _, g := range Group(p) {
		got = append(got, fmt.Sprint(g.Play, ": ", g.Task, ": ", Names(g.Hosts), ": ", g.Changes))
	}
	want := []string{
		"prepare: hosts file: am-1, gw-2: [write /etc/hosts]",
		"prepare: service: am-1, gw-2: [run stop]",
		"prepare: hosts file: gw-1: [write /etc/hosts]",
		"prepare: service: gw-1: [run stop]",
		"start: hosts file: gw-1, gw-2: [write /etc/hosts]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
