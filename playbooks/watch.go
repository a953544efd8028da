package playbooks

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"apimctl/inventory"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// A Seen is a certificate in a store of a node, or as one of its ports shows it.
type Seen struct {
	Host        string    `json:"host"`
	Use         string    `json:"use"`   // "tls", "primary and internal", "truststore", "served"
	Where       string    `json:"where"` // "tls.jks", "port 9443"
	Alias       string    `json:"alias,omitempty"`
	Kind        string    `json:"kind,omitempty"` // PrivateKeyEntry, trustedCertEntry
	Subject     string    `json:"subject"`
	Names       []string  `json:"names"` // DNS names, then addresses
	Issuer      string    `json:"issuer"`
	Fingerprint string    `json:"fingerprint"`
	NotAfter    time.Time `json:"not_after"`
	Days        int       `json:"days"`    // left, negative once it has expired
	Shipped     bool      `json:"shipped"` // the distribution brought it, to trust others by: it does not count as expiring
	Problem     string    `json:"problem,omitempty"`
	Fix         string    `json:"fix,omitempty"`
}

// A Watch looks at the certificates of nodes.
type Watch struct {
	Deployment
	Now    time.Time
	Within time.Duration // what expires sooner is a problem
}

// Look lists every certificate of every store of a node or a load balancer, and those that its TLS ports show. A store that cannot be
// read is one Seen with that problem.
func (w Watch) Look(ctx context.Context, n Node, h remote.Reader) ([]Seen, error) {
	stores, ports := w.stores, tlsPorts()
	if n.Role == inventory.LoadBalancer {
		stores, ports = w.balancerStores, w.balancerPorts()
	}
	all, err := stores(ctx, n, h)
	if err != nil {
		return nil, err
	}
	for _, port := range ports {
		seen, ok, err := w.port(ctx, n, n.Port(port), h)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, seen)
		}
	}
	for i := range all {
		w.judge(&all[i])
	}
	return all, nil
}

// tlsPorts are those on which the product speaks TLS, some of them not always (product-facts.md §3).
func tlsPorts() []int { return []int{9443, 8243, 8099, 8021, 9711, 8672} }

// A used store is one with all that it is used for.
type used struct{ use, file, password string }

func (n Node) used() []used {
	s := n.Stores
	var all []used
	add := func(use, file, password string) {
		for i := range all {
			if all[i].file == file {
				all[i].use += " and " + use
				return
			}
		}
		all = append(all, used{use, file, password})
	}
	add("tls", s.TLS.File, s.TLS.Password)
	add("primary", s.Primary.File, s.Primary.Password)
	add("internal", s.Internal.File, s.Internal.Password)
	add("truststore", s.Truststore.File, s.Truststore.Password)
	return all
}

func (w Watch) stores(ctx context.Context, n Node, h remote.Reader) ([]Seen, error) {
	var all []Seen
	for _, s := range n.used() {
		seen, err := w.store(ctx, n, s, h)
		if err != nil {
			return nil, err
		}
		all = append(all, seen...)
	}
	return all, nil
}

func (w Watch) store(ctx context.Context, n Node, u used, h remote.Reader) ([]Seen, error) {
	had, err := h.File(ctx, n.security(u.file))
	if err != nil || !had.Exists() {
		return nil, err
	}
	at := Seen{Host: n.Name, Use: u.use, Where: u.file}
	s, err := keystore.Read(had.Data, u.password)
	if err != nil {
		at.Problem, at.Fix = err.Error(), "mend its password in the inventory, or apply"
		return []Seen{at}, nil
	}
	shipped := n.ships(u.file)
	var all []Seen
	for _, e := range s.Entries {
		if len(e.Raw) == 0 {
			continue
		}
		seen := at
		seen.Alias, seen.Kind = e.Alias, string(e.Kind)
		seen.Shipped = e.Kind == keystore.Trusted && slices.ContainsFunc(shipped, func(der []byte) bool { return bytes.Equal(der, e.Raw[0]) })
		all = append(all, w.describe(seen, e.Raw[0]))
	}
	return all, nil
}

// ships are the certificates that the distribution's own store of that name trusts, but for the vendor's.
func (n Node) ships(file string) [][]byte {
	own := vendor(n.Product.FS)
	var all [][]byte
	for _, e := range shippedStore(n.Product.FS, file, vendorPassword).Entries {
		if e.Kind == keystore.Trusted && !slices.ContainsFunc(own, func(der []byte) bool { return bytes.Equal(der, e.Raw[0]) }) {
			all = append(all, e.Raw[0])
		}
	}
	return all
}

// port shakes hands with a port of the node, from the node. Where nothing listens, or nothing that speaks TLS, there is nothing to see.
func (w Watch) port(ctx context.Context, n Node, port int, h remote.Reader) (Seen, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, plan.Patience)
	defer cancel()
	seen := Seen{Host: n.Name, Use: "served", Where: "port " + strconv.Itoa(port)}
	conn, err := h.Dial(ctx, "tcp", net.JoinHostPort("localhost", strconv.Itoa(port)))
	if closed := (*net.OpError)(nil); errors.As(err, &closed) {
		return seen, false, nil
	}
	if err != nil {
		return seen, false, err
	}
	defer func() { _ = conn.Close() }()
	var shown *x509.Certificate
	client := tls.Client(conn, &tls.Config{
		ServerName: cmp.Or(n.ServerName, n.Name), InsecureSkipVerify: true, // it is looked at, whatever it is, and nothing is sent
		MinVersion:       tls.VersionTLS10,
		VerifyConnection: func(s tls.ConnectionState) error { shown = s.PeerCertificates[0]; return nil },
	})
	err = client.HandshakeContext(ctx)
	var plain tls.RecordHeaderError
	switch {
	case shown != nil:
		return w.describe(seen, shown.Raw), true, nil
	case errors.As(err, &plain):
		return seen, false, nil
	}
	seen.Problem = fmt.Sprintf("no TLS handshake: %v", err)
	return seen, true, nil
}

func (w Watch) describe(s Seen, der []byte) Seen {
	s.Fingerprint = keystore.Fingerprint(der)
	c, err := x509.ParseCertificate(der)
	if err != nil {
		s.Subject = "(cannot be read: " + err.Error() + ")"
		return s
	}
	s.Subject, s.Issuer, s.NotAfter = c.Subject.String(), c.Issuer.String(), c.NotAfter.UTC()
	s.Names = append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		s.Names = append(s.Names, ip.String())
	}
	s.Days = int(c.NotAfter.Sub(w.Now).Hours() / 24)
	if c.NotAfter.Before(w.Now) {
		s.Days = min(s.Days, -1)
	}
	return s
}

// judge says what is wrong with one by itself.
func (w Watch) judge(s *Seen) {
	if s.Problem != "" || s.NotAfter.IsZero() {
		return
	}
	if !s.Shipped && slices.ContainsFunc(w.vendors(), func(der []byte) bool { return keystore.Fingerprint(der) == s.Fingerprint }) {
		s.Problem, s.Fix = "it is the vendor's default, whose key everybody has", "set certificates.mode and apply"
		return
	}
	switch left := s.NotAfter.Sub(w.Now); {
	case s.Shipped || left >= w.Within:
	case left < 0:
		s.Problem, s.Fix = "it has expired", w.renewal(*s)
	default:
		s.Problem, s.Fix = fmt.Sprintf("it expires in %d days", s.Days), w.renewal(*s)
	}
}

func (w Watch) vendors() [][]byte {
	if w.PKI.Managed {
		return w.PKI.Vendor
	}
	var all [][]byte
	for _, n := range w.Nodes {
		all = append(all, vendor(n.Product.FS)...)
	}
	return all
}

// renewal is what to do about one that expires.
func (w Watch) renewal(s Seen) string {
	key := w.PKI.Signing
	switch {
	case strings.HasPrefix(s.Use, "primary"), s.Alias == SigningAlias:
	case s.Alias == Own+"ca", s.Alias == Own+"ca-old":
		return "apimctl certs rotate --ca"
	case strings.HasPrefix(s.Alias, Own):
		return "have another CA issue the certificates that lead to it"
	case s.Use == "truststore":
		return follower("certificates.trust")
	default:
		for _, n := range slices.Concat(w.Nodes, w.Balancers()) {
			if n.Name == s.Host {
				key = n.TLS
			}
		}
	}
	return cmp.Or(key.Renewal, "set certificates.mode and apply") // the distribution's
}

// Expiring says whether anything that is used expires within the watch's time, or has expired.
func (w Watch) Expiring(all []Seen) bool {
	return slices.ContainsFunc(all, func(s Seen) bool { return !s.Shipped && !s.NotAfter.IsZero() && s.NotAfter.Sub(w.Now) < w.Within })
}

// Compare says what is wrong between nodes: signing keys that differ, and ports that show another certificate than their store holds.
func Compare(all []Seen) {
	signing, stored := "", map[string]string{}
	for _, s := range all {
		if s.Kind != string(keystore.Key) {
			continue
		}
		if strings.Contains(s.Use, "primary") && signing == "" {
			signing = s.Fingerprint
		}
		if strings.HasPrefix(s.Use, "tls") {
			stored[s.Host] = s.Fingerprint
		}
	}
	for i := range all {
		s := &all[i]
		if s.Problem != "" || s.Fingerprint == "" {
			continue
		}
		signs := strings.Contains(s.Use, "primary") && s.Kind == string(keystore.Key) || s.Use == "truststore" && s.Alias == SigningAlias
		switch {
		case signs && signing != "" && s.Fingerprint != signing:
			s.Problem, s.Fix = fmt.Sprintf("it is not the signing certificate of the other nodes (%.23s...)", signing), "apply"
		case s.Use == "served" && stored[s.Host] != "" && s.Fingerprint != stored[s.Host]:
			s.Problem, s.Fix = "it is not the one in the node's TLS keystore", "restart the node, or apply"
		}
	}
}
