package playbooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks"
	"apimctl/tasks/keystore"
	"apimctl/tasks/remote"
)

// Own begins the aliases that are apimctl's in a truststore.
const Own = "apimctl-"

// SigningAlias is where gateways and all-in-ones look for the certificate of the signing key (product-facts.md §5).
const SigningAlias = "gateway_certificate_alias"

// PKI is what a deployment with certificates of its own is settled with.
type PKI struct {
	Managed bool   // whether it has some: else the distribution's own keys stay
	Mode    string // of certificates, as the inventory has it
	Signing Key
	Anchors []tasks.Trusted // whom the nodes' certificates lead to
	Vendor  [][]byte        // certificates (DER) that distributions ship: whoever has such a distribution has their keys
	// Replaceable are the certificates (DER) of signing keys that were replaced on purpose.
	Replaceable [][]byte
	Replaces    bool // whether another signing key than the deployment's may be replaced
}

// settlePKI gives a deployment, its nodes and its load balancers their keys, as far as they are there.
func settlePKI(inv *inventory.Inventory, products Products, d *Deployment, now time.Time) error {
	if inv.PKI.Mode == "" {
		return nil
	}
	k := KeysOf(inv)
	d.PKI.Managed, d.PKI.Mode = true, inv.PKI.Mode
	for _, p := range products {
		d.PKI.Vendor = append(d.PKI.Vendor, vendor(p.FS)...)
	}
	replaced, err := k.replaced()
	if err != nil {
		return err
	}
	d.PKI.Replaceable = replaced
	slices.SortFunc(d.PKI.Vendor, bytes.Compare)
	d.PKI.Vendor = slices.CompactFunc(d.PKI.Vendor, bytes.Equal)
	var errs []error
	if d.PKI.Signing, err = k.Signing(now); err != nil {
		errs = append(errs, err)
	}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		if n.TLS, err = k.Of(n.Host, now); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", n.Name, err))
		}
	}
	if d.PKI.Anchors, err = k.anchors(slices.Concat(d.Nodes, d.Balanced.Nodes)); err != nil {
		errs = append(errs, err)
	}
	trust, before := encoded(d.PKI.Anchors), encoded(d.Trusted)
	for _, der := range d.PKI.Vendor {
		before += encoded([]tasks.Trusted{{DER: der}})
	}
	for i := range d.Nodes {
		d.Nodes[i].Trust, d.Nodes[i].Before, d.Nodes[i].ServerName = trust, before, d.Nodes[i].Name
	}
	return errors.Join(errs...)
}

// anchors are what every node trusts so as to trust the others: the CA, both of them while one replaces the other, or whatever the given
// chains end with.
func (k Keys) anchors(nodes []Node) ([]tasks.Trusted, error) {
	var all []tasks.Trusted
	if k.inv.PKI.Mode == inventory.Generate {
		roots, err := k.Roots()
		if errors.Is(err, pki.ErrMissing) {
			return nil, nil // not made yet
		}
		for i, c := range roots {
			all = append(all, tasks.Trusted{Alias: []string{Own + "ca", Own + "ca-old"}[i], DER: c.Raw})
		}
		return all, err
	}
	for _, n := range nodes {
		if len(n.TLS.Chain) == 0 || k.given(n.Host) {
			continue
		}
		last := n.TLS.Chain[len(n.TLS.Chain)-1]
		sum := sha256.Sum256(last)
		c := tasks.Trusted{Alias: Own + "ca-" + hex.EncodeToString(sum[:4]), DER: last}
		if !slices.ContainsFunc(all, func(t tasks.Trusted) bool { return t.Alias == c.Alias }) {
			all = append(all, c)
		}
	}
	return all, nil
}

// trusts are all that the node's truststore holds beside what the distribution ships of others.
func (d Deployment) trusts() []tasks.Trusted {
	all := slices.Concat(d.Trusted, d.PKI.Anchors)
	if len(d.PKI.Signing.Chain) > 0 {
		all = append(all, tasks.Trusted{Alias: SigningAlias, DER: d.PKI.Signing.Chain[0]})
	}
	return all
}

// keystores are the node's stores with keys: TLS its own, primary and internal the deployment's.
func (d Deployment) keystores(n Node) []tasks.Keystore {
	if !d.PKI.Managed {
		return nil
	}
	one := func(file, kind, password, alias string, key Key) tasks.Keystore {
		return tasks.Keystore{
			Store: n.security(file), Type: kind, Password: remote.Secret(password), Owner: n.owner(), Alias: alias,
			Chain: key.Chain, Key: key.Open, Java: n.java(), State: State,
		}
	}
	s := n.Stores
	all := []tasks.Keystore{one(s.TLS.File, s.TLS.Type, s.TLS.Password, s.TLS.Alias, n.TLS)}
	primary := one(s.Primary.File, s.Primary.Type, s.Primary.Password, s.Primary.Alias, d.PKI.Signing)
	primary.Keeps = &tasks.Keeps{
		Known: slices.Concat(d.PKI.Vendor, d.PKI.Replaceable), Opens: []remote.Secret{vendorPassword}, Conf: n.conf(), Allow: d.PKI.Replaces,
	}
	all = append(all, primary)
	if i := s.Internal; i.File != s.Primary.File {
		internal := one(i.File, i.Type, i.Password, i.Alias, d.PKI.Signing)
		internal.Keeps = primary.Keeps
		all = append(all, internal)
	}
	return all
}

// vendorPassword opens the stores that distributions ship (product-facts.md §5).
const vendorPassword = "wso2carbon"

// shippedStore is a store that a distribution ships; an empty one where nothing is known of it, or the password does not open it.
func shippedStore(files fs.FS, file, password string) keystore.Store {
	if files == nil {
		return keystore.Store{}
	}
	data, err := fs.ReadFile(files, "repository/resources/security/"+file)
	if err != nil {
		return keystore.Store{}
	}
	s, err := keystore.Read(data, password)
	if err != nil {
		return keystore.Store{}
	}
	return s
}

// vendor are the certificates of the keys that a distribution ships.
func vendor(files fs.FS) [][]byte {
	var all [][]byte
	for _, e := range shippedStore(files, "wso2carbon.jks", vendorPassword).Entries {
		if e.Kind == keystore.Key && len(e.Raw) > 0 {
			all = append(all, e.Raw[0])
		}
	}
	return all
}

func encoded(certs []tasks.Trusted) string {
	var b bytes.Buffer
	for _, c := range certs {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER}))
	}
	return b.String()
}

// note gathers what was done about the keys that were given.
func (d *Deployment) note() {
	keys := []Key{d.PKI.Signing}
	for _, n := range slices.Concat(d.Nodes, d.Balanced.Nodes) {
		keys = append(keys, n.TLS)
	}
	for _, k := range keys {
		for _, note := range k.Notes {
			if !slices.Contains(d.Notes, note) {
				d.Notes = append(d.Notes, note)
			}
		}
	}
}
