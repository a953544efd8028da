package hardening

import (
	"fmt"
	"path"
	"strings"

	"apimctl/render"
	"apimctl/render/check"
)

var fileRules = []ruling{
	{Rule: check.Rule{
		Code: "HOST050", Severity: check.Error, Title: "deployment.toml that others read",
		Why: "It holds the passwords of the admin, the databases and the keystores.",
		Fix: "Run 'apimctl apply', which keeps it the service's own with mode 0600. Passwords that were readable are best changed.",
	}, host: configuration},
	{Rule: check.Rule{
		Code: "HOST051", Severity: check.Warning, Title: "keystore that others read",
		Why: "It holds private keys, kept by a password alone.",
		Fix: "Set hardening.files: true in the inventory, or run 'apimctl check --fix'.",
	}, host: stores},
	{Rule: check.Rule{
		Code: "HOST052", Severity: check.Warning, Title: "file of the product that everybody writes",
		Why: "Whoever has an account on the host can have the product run what they like.",
		Fix: "Set hardening.files: true in the inventory, or run 'apimctl check --fix'.",
	}, host: writable},
	{Rule: check.Rule{
		Code: "HOST053", Severity: check.Warning, Title: "keystore that the distribution ships",
		Why: "Its private key is public: everybody can read along, and sign tokens (security guidelines for production).",
		Fix: "Give the nodes keys of their own: certificates.mode, docs/certificates.md.",
	}, host: shipped},
	{Rule: check.Rule{
		Code: "HOST054", Severity: check.Warning, Title: "log that grows without bound",
		Why: "The product's log rolls by day and at 10 MB, and 20 are kept (production deployment guidelines); without that it fills the disk.",
		Fix: "Set hardening.log_rotation: true in the inventory, or run 'apimctl check --fix'.",
	}, host: rotation},
}

// account is who the product's files belong to.
func (x *view) account() string { return x.User + ":" + x.Group }

func configuration(x *view, _ process) {
	conf := x.Home + "/repository/conf/deployment.toml"
	s := x.sum(conf)
	if s.Exists() && (s.Mode.Perm()&0o077 != 0 || s.Owner != x.account()) {
		x.report(conf, fmt.Sprintf("has mode %s and belongs to %s; it should have 0600 and belong to %s", octal(s.Mode), s.Owner, x.account()))
	}
}

func stores(x *view, _ process) {
	for _, p := range x.Stores {
		if s := x.sum(p); s.Exists() && s.Mode.Perm()&0o077 != 0 {
			x.report(p, "has mode "+octal(s.Mode)+"; it should have 0600")
		}
	}
}

func writable(x *view, _ process) {
	for _, p := range x.names(render.WritableFiles(x.Home)...) {
		x.report(p, "can be written by everybody")
	}
}

func shipped(x *view, _ process) {
	for _, p := range x.Stores {
		if want := x.Shipped[p]; want != "" && x.sum(p).SHA256 == want {
			x.report(p, "is the distribution's own")
		}
	}
}

func rotation(x *view, _ process) {
	file := x.Home + "/repository/conf/log4j2.properties"
	text := x.file(file)
	if text == "" {
		return
	}
	if off := render.Unrotated(text); len(off) > 0 {
		x.report(path.Base(file), "lacks "+strings.Join(off, ", "))
	}
}
