package inventory

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Warnings returns what is allowed and unwise, in the order of the places: default and plain passwords, H2, an
// environment that nobody serves, too little time to stop in, an identity that others can read.
func (inv *Inventory) Warnings() []Problem { return inv.warnings }

// Place returns where a key is written, or else its nearest parent that is: groups.gateway.hosts.gw-1.offset. It is 0 where none of
// them is, so that all of it is by default.
func (inv *Inventory) Place(path string) (line, column int) {
	for path != "" {
		if at, written := inv.at[path]; written {
			return at.line, at.column
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
	return 0, 0
}

func (doc *document) warn(d *decoder) {
	if doc.Admin.Password.Reveal() == "admin" {
		d.warn("admin.password", "is the product's default", "give another one, as ${env:NAME} or ${file:PATH}")
	}
	d.warnOpen("certificates.identity", doc.PKI.Identity)
	k := doc.Keystores
	for _, s := range []Keystore{k.Primary, k.TLS, k.Internal, k.Truststore} {
		if s.Password.Reveal() == "wso2carbon" {
			d.warn("keystores", "a password is the product's default", "give another one to each store, as ${env:NAME} or ${file:PATH}")
			break
		}
	}
	if doc.Databases.APIM == nil {
		d.warn("databases", "every node keeps its embedded H2, which is for trials only", "add driver, apim_db and shared_db")
	}
	bare := func(e entry) bool { return doc.Balancer.Certificate == "" && !doc.PKI.Serves(e.Name) }
	if slices.ContainsFunc(doc.of(LoadBalancer), bare) {
		d.warn("groups.load-balancer", "is left alone, since it has nothing to show clients", "set load_balancer.certificate and load_balancer.key")
	}
	doc.warnStop(d)
	for _, env := range doc.Environments {
		if !slices.ContainsFunc(doc.Hosts, func(h Host) bool { return h.Environment == env.Name }) {
			d.warn("environments."+env.Name, "no gateway serves it", "let a gateway have environment: "+env.Name)
		}
	}
}

// drains is how long the product may finish requests when it stops: 180 s of its gateway and 60 s of Tomcat (product-facts.md §11).
const drains = 4 * time.Minute

// warnStop warns of nodes that count as hanging while the product may still finish requests. A range, or a group, is one line.
func (doc *document) warnStop(d *decoder) {
	said := once{}
	for _, e := range doc.entries {
		at := e.nearest(d, "gate.stop")
		if e.Role == LoadBalancer || e.Gate.Stop >= drains || !said.first(at, "") {
			continue
		}
		d.warn(at, fmt.Sprintf("%s may be shorter than the product's own draining, which takes up to %s", e.Gate.Stop, drains), "write 5m, or leave it out")
	}
}

// warnOpen warns of an identity file that is not its owner's alone. It is read all the same: what mounts secrets may give them no other mode.
func (d *decoder) warnOpen(path, file string) {
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o077 != 0 {
		d.warn(path, fmt.Sprintf("%s is open to others than its owner (mode %04o)", file, info.Mode().Perm()), "chmod 600 "+file)
	}
}

// heapBytes is the size that 512m or 2g says, 0 for what says none.
func heapBytes(size string) int64 {
	if !heapSize.MatchString(size) {
		return 0
	}
	n, err := strconv.ParseInt(size[:len(size)-1], 10, 32)
	if err != nil {
		return 0
	}
	return n << (10 * (1 + strings.Index("kmg", strings.ToLower(size[len(size)-1:]))))
}
