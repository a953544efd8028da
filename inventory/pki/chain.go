package pki

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// order makes a pair of a key and its certificates in whatever order: first the key's own, then each one's issuer.
func order(file string, key crypto.Signer, certs []*x509.Certificate) (p Pair, notes []string, err error) {
	switch {
	case len(certs) == 0:
		return Pair{}, nil, &Problem{file, ErrNoCertificate, "no certificate was given", "add the node's certificate, and then those of its issuers"}
	case key == nil:
		return Pair{}, nil, &Problem{file, ErrNoKey, "no private key was given", "add the one that the certificate was made for"}
	}
	leaf := slices.IndexFunc(certs, func(c *x509.Certificate) bool { return matches(c, key) })
	if leaf < 0 {
		return Pair{}, nil, &Problem{
			file, ErrMatch, "the private key does not belong to " + subjects(certs[:1]),
			"give the key that this certificate was made for, or have a certificate made for this key",
		}
	}
	chain, rest := link(certs[leaf], certs)
	if err := verify(file, chain); err != nil {
		return Pair{}, nil, err
	}
	if len(rest) > 0 {
		last := chain[len(chain)-1]
		what := fmt.Sprintf("the chain ends at %s, to which this does not belong: %s", subjects([]*x509.Certificate{last}), subjects(rest))
		fix := "leave out what does not belong to it"
		if !selfIssued(last) {
			fix = "add the certificate of " + last.Issuer.String()
		}
		return Pair{}, nil, &Problem{file, ErrChain, what, fix + "; the order is the node's certificate, its issuer, and so on to the root"}
	}
	if !slices.Equal(certs, chain) && len(certs) == len(chain) {
		notes = append(notes, fmt.Sprintf("%s: the chain was out of order (%s); it is used as %s", file, subjects(certs), subjects(chain)))
	}
	return Pair{Key: key, Chain: chain}, notes, nil
}

// link follows the issuers of a certificate through a pool. It goes by names and key identifiers, and leaves it to verify
// whether the signatures bear it out. What is left over is returned too; a certificate given twice counts once.
func link(leaf *x509.Certificate, pool []*x509.Certificate) (chain, rest []*x509.Certificate) {
	chain = []*x509.Certificate{leaf}
	for {
		last := chain[len(chain)-1]
		i := slices.IndexFunc(pool, func(c *x509.Certificate) bool { return issued(c, last) && !contains(chain, c) })
		if i < 0 || selfIssued(last) {
			break
		}
		chain = append(chain, pool[i])
	}
	for _, c := range pool {
		if !contains(chain, c) && !contains(rest, c) {
			rest = append(rest, c)
		}
	}
	return chain, rest
}

func contains(certs []*x509.Certificate, cert *x509.Certificate) bool {
	return slices.ContainsFunc(certs, cert.Equal)
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }

func issued(issuer, c *x509.Certificate) bool {
	if len(c.AuthorityKeyId) > 0 && len(issuer.SubjectKeyId) > 0 && !bytes.Equal(c.AuthorityKeyId, issuer.SubjectKeyId) {
		return false
	}
	return bytes.Equal(c.RawIssuer, issuer.RawSubject)
}

// verify checks that each certificate of a chain is signed by the next. A signature that Go deems too weak to check is
// left to Check, which tells of it.
func verify(file string, chain []*x509.Certificate) error {
	for i, c := range chain[:len(chain)-1] {
		err := c.CheckSignatureFrom(chain[i+1])
		if weak := x509.InsecureAlgorithmError(0); err == nil || errors.As(err, &weak) {
			continue
		}
		return &Problem{
			file, ErrChain, fmt.Sprintf("%s bears the name of the issuer of %s, but did not sign it (%v)", subjects(chain[i+1:i+2]), subjects(chain[i:i+1]), err),
			"give the issuer's certificate of the same generation",
		}
	}
	return nil
}

func subjects(certs []*x509.Certificate) string {
	var names []string
	for _, c := range certs {
		names = append(names, c.Subject.String())
	}
	return strings.Join(names, " -> ")
}
