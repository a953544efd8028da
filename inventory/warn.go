package inventory

import (
	"slices"
	"strconv"
	"strings"
)

// Warnings returns what is allowed and unwise, in the order of the places: default and plain passwords, H2, an
// environment that nobody serves.
func (inv *Inventory) Warnings() []Problem { return inv.warnings }

func (doc *document) warn(d *decoder) {
	if doc.Admin.Password.Reveal() == "admin" {
		d.warn("admin.password", "is the product's default", "give another one, as ${env:NAME} or ${file:PATH}")
	}
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
	for _, env := range doc.Environments {
		if !slices.ContainsFunc(doc.Hosts, func(h Host) bool { return h.Environment == env.Name }) {
			d.warn("environments."+env.Name, "no gateway serves it", "let a gateway have environment: "+env.Name)
		}
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
