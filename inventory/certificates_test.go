package inventory

import (
	"strings"
	"testing"
	"time"
)

func TestCertificates(t *testing.T) {
	dir := folder(t)
	inv := parse(t, dir, smallest+`certificates:
  mode: generate
  trust: [{alias: idp, file: ca.pem}]
  passphrase: ${env:NOT_THERE}
  validity: 825d
`)
	p := inv.PKI
	if p.Mode != Generate || p.KeyBits != 3072 || p.Validity != 825*24*time.Hour || len(inv.Certificates) != 1 {
		t.Errorf("it is %+v and trusts %v", p, inv.Certificates)
	}
	if !p.Passphrase.Written || p.Passphrase.Reveal() != "" || !strings.Contains(p.Passphrase.Lacks, "NOT_THERE is not set") {
		t.Errorf("a passphrase that is not there is %+v, with %q", p.Passphrase, p.Passphrase.Lacks)
	}
	if k := inv.Keystores; k.TLS.File != "tls.jks" || k.Primary.File != "wso2carbon.jks" || k.Internal.File != "wso2carbon.jks" {
		t.Errorf("the stores are %+v", k)
	}
	list := parse(t, dir, smallest+"certificates: [{alias: idp, file: ca.pem}]\n")
	if list.PKI.Mode != "" || len(list.Certificates) != 1 || list.Keystores.TLS.File != "wso2carbon.jks" {
		t.Errorf("a list is %+v, %v", list.PKI, list.Certificates)
	}
}

func TestWrongCertificates(t *testing.T) {
	for text, want := range map[string]string{
		`{mode: made}`:       `"made" is not known here; it may be generate, provided, csr`,
		`{mode: generate}`:   `needs identity or passphrase: private keys are kept encrypted`,
		`{identity: id.txt}`: `certificates.identity: needs a mode`,
		`{mode: generate, identity: id.txt, passphrase: "${env:SECRET}"}`:                `certificates.passphrase: stands beside identity`,
		`{mode: generate, identity: id.txt, validity: 825}`:                              `has no unit; write it like 825d`,
		`{mode: generate, identity: id.txt, validity: 2y}`:                               `"2y" is no number of days`,
		`{mode: generate, identity: id.txt, all: {certificate: ca.pem}}`:                 `mode generate makes the keys itself`,
		`{mode: provided, identity: id.txt, nodes: {aio-1: {certificate: ca.pem}}}`:      `certificates.nodes: has no key for gw-1`,
		`{mode: provided, identity: id.txt, all: {certificate: ca.pem, store: am.zip}}`:  `certificates.all: needs certificate or store, and one of them only`,
		`{mode: csr, identity: id.txt, trust: [{alias: apimctl-x, file: ca.pem}]}`:       `begins as apimctl's own aliases`,
		`{mode: provided, identity: id.txt, all: {certificate: ca.pem}, nodes: {x: {}}}`: `certificates.nodes.x: no host has this name`,
	} {
		if had := problems(t, folder(t), smallest+"certificates: "+text+"\n"); !strings.Contains(had, want) {
			t.Errorf("%s is\n%s\nwithout %s", text, had, want)
		}
	}
	had := problems(t, folder(t), smallest+"certificates: {mode: generate, identity: id.txt}\nkeystores: {tls: {file: wso2carbon.jks}}\n")
	if want := "keystores.tls.file: is the file of the signing key too"; !strings.Contains(had, want) {
		t.Errorf("one store for both keys is\n%s", had)
	}
}
