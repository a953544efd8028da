package inventory

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestKeystoresFollowThePrimary(t *testing.T) {
	inv := parse(t, folder(t), smallest+`keystores:
  primary: {file: p.jks, password: "${env:SECRET}", alias: p}
  tls: {file: t.p12, type: PKCS12}
  internal: {password: "${env:PORT}00"}
`)
	secret, other := NewSecret("s3cret-value"), NewSecret("220000")
	k := inv.Keystores
	if want := (Keystore{"t.p12", "PKCS12", secret, "p", secret}); k.TLS != want {
		t.Errorf("tls is %+v", k.TLS)
	}
	if want := (Keystore{"p.jks", "JKS", other, "p", other}); k.Internal != want {
		t.Errorf("internal is %+v", k.Internal)
	}
}

func TestEnvironments(t *testing.T) {
	dir := folder(t)
	implied := parse(t, dir, strings.Replace(layered, "gw-x: {", "gw-x: {environment: Green, ", 1))
	want := "Blue hybrid Blue gw.x true true Regular, Green hybrid Green gw.x true true Regular"
	if had := describe(implied.Environments); had != want {
		t.Errorf("had %s, want %s", had, want)
	}
	written := parse(t, dir, layered+`environments:
  Sand: {type: sandbox, hostname: s.x, show_as_token_endpoint_url: false, vhosts: [{hostname: v.x, wss: "wss://v.x:8099"}]}
  Blue:
`)
	want = "Sand sandbox Sand s.x true false Regular, Blue hybrid Blue gw.x true true Regular"
	if had := describe(written.Environments); had != want {
		t.Errorf("had %s, want %s", had, want)
	}
	if v := written.Environments[0].VHosts; len(v) != 1 || v[0].Endpoints.WSS != "wss://v.x:8099" {
		t.Errorf("vhosts are %+v", v)
	}
	if !strings.Contains(Problems(written.Warnings()).Error(), "environments.Sand: no gateway serves it") {
		t.Errorf("warnings are %v", written.Warnings())
	}
}

func describe(environments []Environment) string {
	var all []string
	for _, e := range environments {
		all = append(all, fmt.Sprint(e.Name, " ", e.Type, " ", e.DisplayName, " ", e.Hostname, " ", e.Console, " ", e.TokenURL, " ", e.GatewayType))
	}
	return strings.Join(all, ", ")
}

func TestDistributionForms(t *testing.T) {
	dir := folder(t)
	sum := strings.Repeat("AB", 32)
	inv := parse(t, dir, strings.Replace(smallest, "{all-in-one: am.zip, gateway: gw.zip}",
		"{all-in-one: {url: https://example.com/am.zip, sha256: "+sum+"}, gateway: {file: ./gw.zip, sha256: "+sum+"}}", 1))
	sum = strings.ToLower(sum)
	if had := inv.Distributions[AllInOne]; had != (Distribution{URL: "https://example.com/am.zip", SHA256: sum}) {
		t.Errorf("all-in-one is %+v", had)
	}
	if had := inv.Distributions[Gateway]; had != (Distribution{File: filepath.Join(dir, "gw.zip"), SHA256: sum}) {
		t.Errorf("gateway is %+v", had)
	}
}

func TestSharedAddress(t *testing.T) {
	text := strings.Replace(smallest, "gw-1: {address: 10.0.0.2}", "gw-1: {address: 10.0.0.1, offset: 1}", 1)
	if inv := parse(t, folder(t), text); inv.Hosts[1].Offset != 1 {
		t.Errorf("hosts are %+v", inv.Hosts)
	}
	text = strings.Replace(text, "offset: 1}", "offset: 1}, gw-2: {address: 10.0.0.1, offset: 2, install: {dir: /opt/second}}", 1) + "hostnames: {gateway: gw.x}\n"
	if inv := parse(t, folder(t), text); inv.Hosts[2].Install.Dir != "/opt/second" {
		t.Errorf("hosts are %+v", inv.Hosts)
	}
}

func TestVersions(t *testing.T) {
	dir := folder(t)
	put(t, filepath.Join(dir, "hex"), strings.Repeat("0f", 32)+"\n")
	old := parse(t, dir, strings.Replace(smallest, "4.6.0", "4.5.0", 1))
	if old.Features.GatewayNotification {
		t.Error("4.5.0 has gateway notifications")
	}
	inv := parse(t, dir, strings.Replace(smallest, "4.6.0", "4.7.0\nencryption_key: ${file:hex}\nfeatures: {gateway_notification: false, jwt: {enable: false}}", 1))
	if inv.EncryptionKey.Reveal() != strings.Repeat("0f", 32) || inv.Features.GatewayNotification || inv.Features.JWT != nil {
		t.Errorf("features are %+v", inv.Features)
	}
}

func TestWarnings(t *testing.T) {
	dir := folder(t)
	text := strings.Replace(smallest, "name: t", "name: t\nadmin: {password: admin}\nkeystores: {truststore: {password: plain-word}}", 1)
	text = strings.Replace(text, "gateway: {hosts: {", `gateway: {gate: {stop: 239s}, hosts: {
    gw-2: {address: 10.0.0.3, gate: {stop: 4m}},
    "gw-[3:9]": {address: "10.0.0.[13:19]", gate: {stop: 10s}},
    `, 1) + "hostnames: {gateway: gw.x}\n"
	had := strings.ReplaceAll(Problems(parse(t, dir, text).Warnings()).Error(), filepath.Join(dir, "inventory.yaml")+":", "")
	want := `1:1: databases: every node keeps its embedded H2, which is for trials only; add driver, apim_db and shared_db
2:19: admin.password: is the product's default; give another one, as ${env:NAME} or ${file:PATH}
2:19: admin.password: stands here in plain text; write ${env:NAME} or ${file:PATH}
3:1: keystores: a password is the product's default; give another one to each store, as ${env:NAME} or ${file:PATH}
3:36: keystores.truststore.password: stands here in plain text; write ${env:NAME} or ${file:PATH}
8:26: groups.gateway.gate.stop: 3m59s may be shorter than the product's own draining, which takes up to 4m0s; write 5m, or leave it out
10:58: groups.gateway.hosts.gw-[3:9].gate.stop: 10s may be shorter than the product's own draining, which takes up to 4m0s; write 5m, or leave it out`
	if had != want {
		t.Errorf("had\n%s\nwant\n%s", had, want)
	}
}
