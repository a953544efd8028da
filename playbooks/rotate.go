package playbooks

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"apimctl/inventory"
	"apimctl/inventory/pki"
)

// ErrNotMade is a key that apimctl cannot renew, as it was not made here.
var ErrNotMade = errors.New("only with certificates.mode generate can apimctl issue certificates; give new files, or have requests signed, and apply")

// Under is the rotation under way, as pki.Folder.Under has it.
func (k Keys) Under(ca bool, hosts []string) (pki.Rotation, error) {
	if k.inv.PKI.Mode != inventory.Generate {
		return pki.Rotation{}, ErrNotMade
	}
	return k.Folder.Under(ca, hosts)
}

// Begin begins a rotation, or goes on with the one under way: of the CA and with it of all keys, or of the keys of hosts.
func (k Keys) Begin(ca bool, hosts []string, now time.Time) (pki.Rotation, error) {
	if _, err := k.Under(ca, hosts); err != nil && !errors.Is(err, pki.ErrMissing) {
		return pki.Rotation{}, err
	}
	f, err := k.Unlocked()
	if err != nil {
		return pki.Rotation{}, err
	}
	if !ca {
		return f.BeginKeys(hosts)
	}
	r, err := f.BeginCA(hosts, func() (pki.Pair, error) { return pki.NewCA(k.inv.Name, k.longSpec(), now) })
	if err != nil {
		return r, err
	}
	r = r.Settle(hosts)
	return r, f.SaveRotation(r)
}

// Switch makes the key that a host switches to.
func (k Keys) Switch(r pki.Rotation, host string, now time.Time) error {
	f, err := k.Unlocked()
	if err != nil {
		return err
	}
	hosts := k.Hosts()
	i := slices.IndexFunc(hosts, func(h inventory.Host) bool { return h.Name == host })
	if i < 0 {
		return nil // it is gone since
	}
	_, err = f.Renew(r, host, func(ca pki.Pair) (pki.Pair, error) { return ca.Issue(k.Names(hosts[i]), k.Spec(), now) })
	return err
}

// Request writes the certificate requests of all hosts that have no certificate, and of those to renew, and returns their files.
func (k Keys) Request(renew []string) ([]string, error) {
	f, err := k.Unlocked()
	if err != nil {
		return nil, err
	}
	var files []string
	for _, h := range k.Hosts() {
		_, err := f.Request(h.Name, k.Names(h), k.Spec())
		if errors.Is(err, pki.ErrExists) && slices.Contains(renew, h.Name) {
			_, err = f.Renewal(h.Name, k.Names(h))
		}
		switch {
		case errors.Is(err, pki.ErrExists):
		case err != nil:
			return files, err
		default:
			files = append(files, filepath.Join(k.Path, pki.NodeName(h.Name)+".csr"))
		}
	}
	return files, nil
}

// Install takes the answers to the requests from the files of a folder, and returns the hosts that have theirs.
func (k Keys) Install(dir string, now time.Time) ([]string, error) {
	f, err := k.Unlocked()
	if err != nil {
		return nil, err
	}
	waiting := map[string]pki.Names{}
	for _, h := range k.Hosts() {
		_, err := k.Chain(pki.NodeName(h.Name))
		if f.Waits(h.Name) || errors.Is(err, pki.ErrMissing) && f.Has(pki.NodeName(h.Name)) {
			waiting[h.Name] = k.Names(h)
		}
	}
	if len(waiting) == 0 {
		return nil, nil
	}
	return f.Install(dir, waiting, now)
}

// ReplaceSigning makes another signing key. What that invalidates: pki.Folder.ReplaceSigning. Nodes that have the one before may be given it.
func (k Keys) ReplaceSigning(now time.Time) error {
	if k.inv.PKI.Signing != nil {
		return ErrNotMade
	}
	f, err := k.Unlocked()
	if err != nil {
		return err
	}
	p, err := pki.NewSigning(k.inv.Name+" signing", k.longSpec(), now)
	if err != nil {
		return err
	}
	return f.ReplaceSigning(p)
}

// replaced are the certificates (DER) of signing keys that were replaced on purpose: they are kept here.
func (k Keys) replaced() ([][]byte, error) {
	files, err := filepath.Glob(filepath.Join(k.Path, "signing-old-*.pem"))
	var all [][]byte
	for _, file := range files {
		chain, err := k.Chain(strings.TrimSuffix(filepath.Base(file), ".pem"))
		if err != nil {
			return nil, err
		}
		all = append(all, chain[0].Raw)
	}
	return all, err
}
