package playbooks

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/pki"
	"apimctl/tasks/keystore"
)

// A Key is a private key with its chain. The key itself is opened only when a keystore is made.
type Key struct {
	Chain [][]byte // DER; none where it is not made yet
	Open  func(context.Context) (keystore.PrivateKey, error)
	Notes []string // what was done about the files that it came from

	Renewal string // what to do to have another one
}

// Keys are where a deployment's keys are kept: the folder pki beside the inventory. Certificates can be read at any time; it is unlocked
// when a private key is asked for, once.
type Keys struct {
	pki.Folder // without a lock
	inv        *inventory.Inventory
	Unlocked   func() (pki.Folder, error)
}

// KeysOf are the keys of a deployment. No file is read or made.
func KeysOf(inv *inventory.Inventory) Keys {
	f := pki.Folder{Path: filepath.Join(inv.Dir, "pki")}
	return Keys{Folder: f, inv: inv, Unlocked: sync.OnceValues(func() (pki.Folder, error) { return unlock(f, inv.PKI) })}
}

// A PassphraseError is a passphrase that is needed now, and is not there.
type PassphraseError struct{ Why string }

func (e *PassphraseError) Error() string {
	return "certificates.passphrase: a private key is needed: " + e.Why
}

func unlock(f pki.Folder, p inventory.PKI) (pki.Folder, error) {
	if p.Identity == "" {
		if p.Passphrase.Lacks != "" {
			return f, &PassphraseError{p.Passphrase.Lacks}
		}
		return pki.OpenPassphrase(f.Path, p.Passphrase.Reveal(), 0)
	}
	data, err := os.ReadFile(p.Identity)
	if err != nil {
		return f, err
	}
	f.Lock, err = pki.Identities(p.Identity, data)
	return f, err
}

// MakeKeys makes what is lacking of the keys and certificates that apimctl makes itself, and checks those that there are. Where nothing
// is lacking no key is opened. It is for commands that change hosts: Settle makes nothing.
func MakeKeys(inv *inventory.Inventory, now time.Time) error {
	k := KeysOf(inv)
	if inv.PKI.Mode == "" {
		return nil
	}
	if inv.PKI.Signing == nil {
		if err := k.make(pki.SigningName, func() (pki.Pair, error) { return pki.NewSigning(inv.Name+" signing", k.longSpec(), now) }); err != nil {
			return err
		}
	}
	switch inv.PKI.Mode {
	case inventory.Generate:
		return k.generate(now)
	case inventory.CSR:
		return k.answered(now)
	}
	return nil
}

// make keeps a new pair under a name where there is none.
func (k Keys) make(name string, pair func() (pki.Pair, error)) error {
	if _, err := k.Chain(name); !errors.Is(err, pki.ErrMissing) {
		return err
	}
	f, err := k.Unlocked()
	if err != nil {
		return err
	}
	if _, err := f.Load(name); !errors.Is(err, pki.ErrMissing) {
		return err // a copy that was missing is written by then
	}
	p, err := pair()
	if err != nil {
		return err
	}
	return f.Save(name, p)
}

func (k Keys) generate(now time.Time) error {
	if err := k.make(pki.CAName, func() (pki.Pair, error) { return pki.NewCA(k.inv.Name, k.longSpec(), now) }); err != nil {
		return err
	}
	var errs []error
	for _, h := range k.Hosts() {
		errs = append(errs, k.issue(h, now))
	}
	return errors.Join(errs...)
}

// Hosts are those whose certificates are made here, in inventory order: all but load balancers that are given theirs.
func (k Keys) Hosts() []inventory.Host {
	return slices.DeleteFunc(slices.Clone(k.inv.Hosts), k.given)
}

// given says whether a host shows load_balancer.certificate.
func (k Keys) given(h inventory.Host) bool {
	return h.Role == inventory.LoadBalancer && k.inv.Balancer.Certificate != ""
}

// issue makes a host's certificate where it has none, or where it has got another name since.
func (k Keys) issue(h inventory.Host, now time.Time) error {
	names, name := k.Names(h), pki.NodeName(h.Name)
	chain, err := k.Chain(name)
	if err == nil && len(pki.Lacks(chain[0], names)) == 0 {
		return pki.Pair{Chain: chain}.CheckTLS(filepath.Join(k.Path, name+".pem"), names, now)
	}
	if err != nil && !errors.Is(err, pki.ErrMissing) {
		return err
	}
	f, err := k.Unlocked()
	if err != nil {
		return err
	}
	p, err := f.Node(h.Name, names, k.Spec(), now)
	if err != nil || len(pki.Lacks(p.Leaf(), names)) == 0 {
		return err
	}
	ca, err := f.Load(pki.CAName)
	if err != nil {
		return err
	}
	if p, err = ca.Issue(names, k.Spec(), now); err != nil {
		return err
	}
	return f.Replace(name, p)
}

// answered wants every node's request to be answered.
func (k Keys) answered(now time.Time) error {
	var errs []error
	for _, h := range k.Hosts() {
		file := filepath.Join(k.Path, pki.NodeName(h.Name)+".pem")
		chain, err := k.Chain(pki.NodeName(h.Name))
		switch {
		case errors.Is(err, pki.ErrMissing):
			fix := "write requests with 'apimctl certs csr', have them signed, and take the answers by 'apimctl certs install DIR'"
			err = &pki.Problem{File: h.Name, Kind: pki.ErrMissing, What: "has no certificate yet", Fix: fix}
		case err == nil:
			err = pki.Pair{Chain: chain}.CheckTLS(file, k.Names(h), now)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Spec is how nodes' keys and certificates are made.
func (k Keys) Spec() pki.Spec {
	return pki.Spec{Bits: k.inv.PKI.KeyBits, Validity: k.inv.PKI.Validity}
}

// longSpec is how a CA and the signing key are made: they outlive the nodes' certificates.
func (k Keys) longSpec() pki.Spec { return pki.Spec{Bits: k.inv.PKI.KeyBits} }

// Names are all that a host is called by those who connect to it: its own name and address, the public hostname of its group, those of
// its gateway environment, what hosts_file says of its address, and localhost, as the product calls itself.
func (k Keys) Names(h inventory.Host) pki.Names {
	dns := append(append([]string{h.Name}, k.public(h)...), k.inv.HostsFile[h.Address]...)
	n := pki.Names{CN: h.Name}
	if ip := net.ParseIP(h.Address); ip != nil {
		n.IPs = []net.IP{ip}
	} else {
		dns = append(dns, h.Address)
	}
	slices.Sort(dns[1:])
	for _, name := range append(dns, "localhost") {
		if name != "" && !slices.Contains(n.DNS, name) {
			n.DNS = append(n.DNS, name)
		}
	}
	return n
}

// public are the hostnames by which clients call a host.
func (k Keys) public(h inventory.Host) []string {
	var names []string
	for role, name := range k.inv.Hostnames {
		if role == h.Role || h.Role == inventory.LoadBalancer {
			names = append(names, name)
		}
	}
	if h.Role == inventory.LoadBalancer {
		names = append(names, k.inv.Balancer.Management) // "" is taken out by Names
	}
	for _, e := range k.inv.Environments {
		if h.Role == inventory.LoadBalancer || h.Role == inventory.Gateway && e.Name == h.Environment {
			names = append(names, e.Hostname)
			for _, v := range e.VHosts {
				names = append(names, v.Hostname)
			}
		}
	}
	return names
}

// Of is a host's TLS key.
func (k Keys) Of(h inventory.Host, now time.Time) (Key, error) {
	source, own := k.inv.PKI.Nodes[h.Name]
	names := k.Names(h)
	switch {
	case k.given(h):
		source = inventory.KeySource{Certificate: k.inv.Balancer.Certificate, Key: k.inv.Balancer.Key}
	case k.inv.PKI.Mode != inventory.Provided:
		key, err := k.kept(pki.NodeName(h.Name))
		key.Renewal = k.renewal(h)
		return key, err
	case !own && k.inv.PKI.All != nil:
		source = *k.inv.PKI.All
	}
	if h.Role == inventory.LoadBalancer {
		names = pki.Names{DNS: slices.Sorted(maps.Values(k.inv.Hostnames))} // nobody calls it by its own name
		if m := k.inv.Balancer.Management; m != "" {
			names.DNS = append(names.DNS, m)
		}
	}
	p, notes, err := provided(source)
	if err == nil {
		err = p.CheckTLS(cmp.Or(source.Certificate, source.Store), names, now)
	}
	key := given(p)
	key.Notes, key.Renewal = notes, k.renewal(h)
	return key, err
}

// Signing is the primary and internal key.
func (k Keys) Signing(now time.Time) (Key, error) {
	source := k.inv.PKI.Signing
	if source == nil {
		key, err := k.kept(pki.SigningName)
		key.Renewal = "apimctl certs rotate-signing"
		return key, err
	}
	p, notes, err := provided(*source)
	if err == nil {
		err = p.CheckSigning(cmp.Or(source.Certificate, source.Store), now)
	}
	key := given(p)
	key.Notes, key.Renewal = notes, follower("certificates.signing")
	return key, err
}

// kept is a key of the folder. One that is not there yet has no chain.
func (k Keys) kept(name string) (Key, error) {
	chain, err := k.Chain(name)
	if errors.Is(err, pki.ErrMissing) {
		err = nil
	}
	key := given(pki.Pair{Chain: chain})
	key.Open = func(context.Context) (keystore.PrivateKey, error) {
		f, err := k.Unlocked()
		if err != nil {
			return nil, err
		}
		p, err := f.Load(name)
		if err != nil {
			return nil, err
		}
		return p.PKCS8()
	}
	return key, err
}
