package pki

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Request returns the certificate request (PEM) of a node, and makes its key where it has none. The key stays the same until a
// certificate is installed, so that one under way still fits. A node with a certificate is ErrExists.
func (f Folder) Request(node string, names Names, spec Spec) ([]byte, error) {
	name := NodeName(node)
	p, err := f.Load(name)
	if errors.Is(err, ErrMissing) {
		key, err := spec.key()
		if err != nil {
			return nil, err
		}
		p = Pair{Key: key}
		if err := f.Save(name, p); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	if p.Leaf() != nil {
		return nil, &Problem{f.file(name + ".pem"), ErrExists, "the node has a certificate already", "ask for its renewal"}
	}
	return f.request(name, p, names)
}

// Renewal returns a request (PEM) for the key that a node has, with the names given. Its certificate serves until another one is installed.
func (f Folder) Renewal(node string, names Names) ([]byte, error) {
	p, err := f.Load(NodeName(node))
	if err != nil {
		return nil, err
	}
	return f.request(NodeName(node), p, names)
}

// Waits tells whether a request of the node has no answer yet.
func (f Folder) Waits(node string) bool { return f.has(NodeName(node) + ".csr") }

func (f Folder) request(name string, p Pair, names Names) ([]byte, error) {
	csr, err := request(p.Key, names)
	if err != nil {
		return nil, err
	}
	return csr, f.put(name+".csr", csr)
}

// Install takes the certificates that came for the requests of the nodes, from the files of a folder: .pem, .crt, .cer, PEM or
// DER, named however. Each node's is found by its key, its issuers in any of the files. It keeps all of them or, where one is
// unfit, none; its errors are joined Problems, as CheckTLS gives them, and ErrMatch for a node that none is for. Nodes that have
// that very certificate are passed over, so that it can be done again.
func (f Folder) Install(dir string, nodes map[string]Names, now time.Time) (installed []string, err error) {
	pool, err := readPool(dir)
	if err != nil {
		return nil, err
	}
	fit := map[string]Pair{}
	var errs []error
	for node, names := range nodes {
		p, err := f.answer(dir, node, pool)
		if err == nil {
			err = p.CheckTLS(node, names, now)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fit[node] = p
		installed = append(installed, node)
	}
	if len(errs) > 0 {
		slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
		return nil, errors.Join(errs...)
	}
	slices.Sort(installed)
	for _, node := range installed {
		if err := errors.Join(f.replace(NodeName(node), fit[node]), f.remove(NodeName(node)+".csr")); err != nil {
			return nil, err
		}
	}
	return installed, nil
}

// answer finds the certificate of a node's key, and its chain up to a root or its nearest issuer.
func (f Folder) answer(dir, node string, pool []*x509.Certificate) (Pair, error) {
	p, err := f.Load(NodeName(node))
	if err != nil {
		return Pair{}, err
	}
	const fix = "have its request signed as it is, and put the answer there"
	leaf := newest(pool, p.Key)
	if leaf == nil {
		return Pair{}, &Problem{node, ErrMatch, fmt.Sprintf("none of the %d certificates in %s is for its key", len(pool), dir), fix}
	}
	if had := p.Leaf(); had != nil && leaf.Equal(had) && f.Waits(node) {
		return Pair{}, &Problem{node, ErrMatch, "the certificate in " + dir + " is the one that it has already", fix}
	}
	p.Chain, _ = link(leaf, pool)
	if last := p.Anchor(); len(p.Chain) == 1 && !selfIssued(last) {
		return Pair{}, &Problem{node, ErrChain, "the certificate of its issuer is not in " + dir, "put the certificate of " + last.Issuer.String() + " there"}
	}
	return p, verify(node, p.Chain)
}

// newest is the certificate of a key that was issued last; nil where there is none.
func newest(pool []*x509.Certificate, key crypto.Signer) (leaf *x509.Certificate) {
	for _, c := range pool {
		if matches(c, key) && (leaf == nil || c.NotBefore.After(leaf.NotBefore)) {
			leaf = c
		}
	}
	return leaf
}

func readPool(dir string) (pool []*x509.Certificate, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, &Problem{dir, ErrMissing, "cannot be read: " + errors.Unwrap(err).Error(), "name the folder with the signed certificates"}
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !slices.Contains([]string{".pem", ".crt", ".cer"}, strings.ToLower(filepath.Ext(path))) {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		key, certs, err := Source{path, data}.parse()
		if err != nil {
			return nil, err
		}
		if key != nil {
			return nil, &Problem{path, ErrDamaged, "holds a private key", "the keys stay here: give certificates alone"}
		}
		pool = append(pool, certs...)
	}
	if len(pool) == 0 {
		return nil, &Problem{dir, ErrNoCertificate, "holds no .pem, .crt or .cer file", "put the signed certificates there"}
	}
	return pool, nil
}
