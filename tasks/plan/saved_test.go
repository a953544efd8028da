package plan

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"apimctl/tasks/remote"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sample is a plan with a change of every kind, and secrets.
func sample(password string) Plan {
	toml := remote.File{Mode: 0o600, Owner: "wso2:wso2", Data: []byte("[super_admin]\npassword = \"" + password + "\"\n"), Secret: true}
	steps := []Step{
		{"hosts file", []Change{Put{Path: "/etc/hosts", Had: text(0o644, "root:root", "a\n"), Want: text(0o644, "root:root", "a\nb <c> & d\n")}}},
		{"deployment.toml", []Change{
			Put{Path: "/opt/d", Had: remote.File{}, Want: remote.Dir(0o750, "wso2:wso2")},
			Put{Path: "/opt/l", Had: remote.File{}, Want: remote.Link("d")},
			Put{Path: "/opt/d/deployment.toml", Had: remote.File{}, Want: toml},
			Put{Path: "/opt/old", Had: text(0o644, "root:root", "x"), Want: remote.File{}},
		}},
		{"distribution", []Change{Unpack{remote.Archive{Local: "/my/wso2am-4.6.0.zip", SHA256: "abc", Size: 7, Pack: "/opt/packs/abc.zip"}, "/opt/releases/wso2am", "wso2:wso2"}}},
		{"truststore", []Change{Run{
			Cmd:  remote.Cmd{Argv: []string{"keytool", "-importcert"}, Env: map[string]remote.Secret{"STOREPASS": remote.Secret(password)}, Stdin: "yes", User: "wso2"},
			Does: "import 1 certificate", Why: []string{"gw is not trusted"}, Touches: []string{"/opt/t.jks"}, Interrupts: true,
		}}},
		{"health", []Change{Wait{Probe: Probe{Kind: "http", URL: ready, Login: &Login{"admin", remote.Secret(password)}}, Every: 2 * time.Second, For: time.Minute, InARow: 3, Logs: []string{"/l"}}}},
		{"bake", []Change{Watch{
			Log: "/var/log/nginx/apimctl-prod.log", Node: "gw-1", Own: []string{"10.0.0.21:8243"}, Others: []string{"10.0.0.22:8243"}, Every: time.Second, For: time.Minute,
		}}},
	}
	return Plan{"prod", []Play{{"prepare", []Batch{{[]Lane{{"gw-1", steps}, {"gw-2", steps}}}}}, {"start", []Batch{{[]Lane{{"gw-1", steps[4:]}}}, {[]Lane{{"gw-2", steps[4:]}}}}}}}
}

func TestMarshal(t *testing.T) {
	data, err := Marshal(sample(planted))
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "plan.json")
	if *update {
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("not as in %s (-update writes it anew):\n%s", golden, data)
	}
	for _, hidden := range []string{planted, "yes", "/my/"} {
		if bytes.Contains(data, []byte(hidden)) {
			t.Errorf("it holds %q", hidden)
		}
	}
}

func TestSaved(t *testing.T) {
	p := sample(planted)
	data, err := Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := saved.marshal(); !bytes.Equal(again, data) || err != nil {
		t.Errorf("it is not what was saved, %v:\n%s", err, again)
	}
	if saved.Plan.Changes() != p.Changes() || saved.Plan.Hosts() != p.Hosts() {
		t.Errorf("%d changes on %d hosts", saved.Plan.Changes(), saved.Plan.Hosts())
	}
	c := saved.Plan.Plays[0].Batches[0].Lanes[0].Steps[0].Changes[0]
	was := p.Plays[0].Batches[0].Lanes[0].Steps[0].Changes[0]
	if c.String() != was.String() || c.Diff() != was.Diff() || c.kind() != was.kind() {
		t.Errorf("%s\n%s", c, c.Diff())
	}
	if c.Apply(t.Context(), nil) == nil {
		t.Error("a saved change was applied")
	}
}

func TestSame(t *testing.T) {
	data, err := Marshal(sample(planted))
	if err != nil {
		t.Fatal(err)
	}
	saved, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	mode := sample(planted)
	mode.Plays[0].Batches[0].Lanes[1].Steps[0].Changes = []Change{Put{Path: "/etc/hosts", Had: text(0o644, "root:root", "a\n"), Want: text(0o640, "root:root", "a\nb <c> & d\n")}}
	fewer := sample(planted)
	fewer.Plays = fewer.Plays[:1]
	for name, test := range map[string]struct {
		plan Plan
		same bool
	}{
		"the same":         {sample(planted), true},
		"another password": {sample("another"), false},
		"another mode":     {mode, false},
		"a play less":      {fewer, false},
		"nothing":          {Plan{Deployment: "prod"}, false},
	} {
		if same, err := saved.Same(test.plan); same != test.same || err != nil {
			t.Errorf("%s: %v, %v", name, same, err)
		}
	}
}

// Of whom a probe asks as, a plan holds the user; the password counts all the same, also where it is one of several that are asked.
func TestLoginIsSealed(t *testing.T) {
	with := func(password remote.Secret) Plan {
		list := Probe{Kind: "http", URL: ready, Of: "Default", Login: &Login{"admin", password}}
		w := Wait{Probe: Probe{Kind: "apis", Any: []Probe{list, list}}}
		return Plan{"prod", []Play{{"start", []Batch{{[]Lane{{"gw-1", []Step{{"health", []Change{w}}}}}}}}}}
	}
	data, err := Marshal(with(planted))
	if err != nil || bytes.Contains(data, []byte(planted)) || !bytes.Contains(data, []byte("to admin")) {
		t.Errorf("%v:\n%s", err, data)
	}
	saved, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[remote.Secret]bool{planted: true, "another": false} {
		if same, err := saved.Same(with(password)); same != want || err != nil {
			t.Errorf("with another password the plan is the same: %v, %v", same, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	for in, why := range map[string]string{
		"":                                "not a saved plan",
		"[]":                              "not a saved plan",
		`{"version":2}`:                   "version 2",
		`{}`:                              "version 0",
		`{"version":1,"unexpected":true}`: "unexpected",
	} {
		if _, err := Load([]byte(in)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestNoSecretsNoDigest(t *testing.T) {
	data, err := Marshal(Plan{Deployment: "prod"})
	if want := "{\n  \"version\": 1,\n  \"deployment\": \"prod\",\n  \"plays\": []\n}\n"; string(data) != want || err != nil {
		t.Errorf("%s, %v", data, err)
	}
}
