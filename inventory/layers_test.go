package inventory

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// layered is an inventory that says the same keys in the file, a group and a host.
const layered = `name: t
version: 4.6.0
distributions: {all-in-one: am.zip, gateway: gw.zip}
hostnames: {all-in-one: api.x, gateway: gw.x}
ssh: {user: file, port: 2201, bastions: [a, b], key: .ssh/id_ed25519}
install: {heap: {min: 1g, max: 2g}}
gate: {every: 1s}
groups:
  all-in-one: {hosts: {aio-1: {address: 10.0.0.1}}}
  gateway:
    ssh: {user: group, bastions: [c]}
    install: {heap: {max: 3g}}
    offset: 1
    environment: Blue
    config:
      a.b: group
      apim: {cors: {allow_origins: "${env:SECRET}"}}
    hosts:
      gw-[08:10]:
        address: 10.0.1.[8:10]
        ssh: {port: "${env:PORT}", become: "${env:YES}"}
        gate: {for: 3m, stop: 4m}
        offset: 2
        config:
          a:
            b: host
            c: ~
          "event_listener.properties.'header.X-Y'": default
          list: [1, 2.5, true, {x.y: text, x: {z: "${file:word}"}}]
          empty: {}
      gw-x: {address: gw-x.example.com}
`

func TestLayers(t *testing.T) {
	dir := folder(t)
	inv := parse(t, dir, layered)
	if len(inv.Hosts) != 5 {
		t.Fatalf("hosts are %v", inv.Hosts)
	}
	had, last := inv.Hosts[2], inv.Hosts[4]
	if had.Name != "gw-09" || had.Address != "10.0.1.9" || had.Offset != 2 || had.Environment != "Blue" {
		t.Errorf("the host is %+v", had)
	}
	want := SSH{
		User: "group", Port: 2200, Key: filepath.Join(dir, ".ssh/id_ed25519"), Bastions: []string{"c"}, Become: true,
		ConnectTimeout: 15 * time.Second, Keepalive: 15 * time.Second, Config: filepath.Join(dir, ".ssh/config"),
	}
	if !reflect.DeepEqual(had.SSH, want) {
		t.Errorf("ssh is %+v, not %+v", had.SSH, want)
	}
	if had.Install.Heap != (Heap{"1g", "3g"}) || had.Gate != (Gate{Every: time.Second, For: 3 * time.Minute, InARow: 3, Events: true, APIs: true, Stop: 4 * time.Minute}) {
		t.Errorf("heap %v, gate %v", had.Install.Heap, had.Gate)
	}
	if last.Name != "gw-x" || last.SSH.Port != 2201 || last.Offset != 1 || len(last.Config) != 1 {
		t.Errorf("the last host is %+v", last)
	}
	if first := inv.Hosts[0]; first.SSH.User != "file" || len(first.SSH.Bastions) != 2 || first.Environment != "" {
		t.Errorf("the first host is %+v", first)
	}
}

func TestConfig(t *testing.T) {
	inv := parse(t, folder(t), layered)
	var had []string
	for _, l := range inv.Hosts[2].Config {
		for _, s := range l.Settings {
			had = append(had, fmt.Sprintf("%s:%d %s = %v %t", l.Name, s.Line, strings.Join(s.Key, "|"), s.Value, s.Secret))
		}
	}
	want := []string{
		"group gateway:16 a|b = group false",
		"group gateway:17 apim|cors|allow_origins = s3cret-value true",
		"host gw-09:26 a|b = host false",
		"host gw-09:27 a|c = <nil> false",
		"host gw-09:30 empty = map[] false",
		"host gw-09:28 event_listener|properties|header.X-Y = default false",
		"host gw-09:29 list = [1 2.5 true map[x:map[y:text z:word]]] true",
	}
	if !reflect.DeepEqual(had, want) {
		t.Errorf("had\n%s\nwant\n%s", strings.Join(had, "\n"), strings.Join(want, "\n"))
	}
}

func TestReferencesInText(t *testing.T) {
	inv := parse(t, folder(t), strings.Replace(smallest, "  gateway: {", `  gateway: {config: {
      a: "x-${env:PORT}-${file:word}", b: "$${env:PORT}", c: "${carbon.host}", d: "$ref{x}"}, `, 1))
	want := map[string]any{"a": "x-2200-word", "b": "${env:PORT}", "c": "${carbon.host}", "d": "$ref{x}"}
	had := map[string]any{}
	for _, s := range inv.Hosts[1].Config[0].Settings {
		had[s.Key[0]] = s.Value
	}
	if !reflect.DeepEqual(had, want) {
		t.Errorf("had %v, want %v", had, want)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	s := NewSecret("hunter2")
	data, err := json.Marshal(map[string]any{"a": s, "b": &s, "c": map[Secret]int{s: 1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, had := range []string{
		string(data), s.String(), s.GoString(), fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q %x %d", s, s, s, s, s, s, s),
		fmt.Sprintf("%+v %#v", Admin{Password: s}, Admin{Password: s}), fmt.Errorf("%v", &s).Error(),
	} {
		if strings.Contains(had, "hunter2") || strings.Contains(had, "68756e74657232") || !strings.Contains(had, "(secret)") {
			t.Errorf("printed as %s", had)
		}
	}
	if s.Reveal() != "hunter2" || s != NewSecret("hunter2") || s == NewSecret("") {
		t.Error("a secret is not what it was made of")
	}
}

// TestProblemsKeepSecrets puts a secret wherever a text is wanted: no message may show it.
func TestProblemsKeepSecrets(t *testing.T) {
	const value = `"${env:SECRET}"`
	text := "name: t\nversion: " + value + "\nproxy: {https: " + value + "}\nhostnames: {gateway: " + strings.Replace(value, "$", "_$", 1) +
		"}\ngate: {every: " + value + "}\nencryption_key: " + value + "\ndatabases: {apim_db: {type: " + value + ", url: " + value +
		"}}\nfeatures: {jwt: {encoding: " + value + "}, analytics: {type: elk, url: " + value + "}}\ndistributions: {all-in-one: " + value + "}\ncertificates: [{file: " + value + "}]\ngroups: {all-in-one: {hosts: {a: {address: " +
		strings.Replace(value, "$", "_$", 1) + "}}}}\nssh: {key: " + value + ", bastions: [" + strings.Replace(value, "$", "@$", 1) + "]}\n"
	had := problems(t, folder(t), text)
	if strings.Contains(had, "s3cret-value") {
		t.Errorf("a secret is shown:\n%s", had)
	}
	if n := strings.Count(had, "${env:SECRET}"); n < 8 {
		t.Errorf("only %d problems name the reference:\n%s", n, had)
	}
}
