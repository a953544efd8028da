package pki

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// CheckTLS tells everything that makes a pair unfit to serve TLS under the names at that time, as joined Problems:
// ErrNoCertificate, ErrExpired, ErrNotYet, ErrWeak, ErrNames, ErrUsage.
func (p Pair) CheckTLS(file string, names Names, now time.Time) error {
	leaf := p.Leaf()
	if leaf == nil {
		return &Problem{file, ErrNoCertificate, "has a key, and no certificate yet", "take in the signed certificate"}
	}
	errs := p.check(file, now)
	if lacking := Lacks(leaf, names); len(lacking) > 0 {
		errs = append(errs, &Problem{
			file, ErrNames, fmt.Sprintf("%s does not name %s (it names %s)", leaf.Subject, strings.Join(lacking, ", "), strings.Join(sans(leaf), ", ")),
			"have it issued again with these as subject alternative names",
		})
	}
	serves := len(leaf.ExtKeyUsage)+len(leaf.UnknownExtKeyUsage) == 0 ||
		slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageServerAuth) || slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageAny)
	if !serves || leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 {
		errs = append(errs, &Problem{
			file, ErrUsage, leaf.Subject.String() + " may not serve TLS",
			"have it issued with the key usage digitalSignature and the extended key usage serverAuth",
		})
	}
	return errors.Join(errs...)
}

// CheckSigning tells everything that makes a pair unfit to be the primary and internal key of the product, which signs
// tokens and encrypts data by RSA (product-facts.md §5, §6): ErrNoCertificate, ErrExpired, ErrNotYet, ErrWeak, ErrUsage.
func (p Pair) CheckSigning(file string, now time.Time) error {
	leaf := p.Leaf()
	if leaf == nil {
		return &Problem{file, ErrNoCertificate, "has a key, and no certificate yet", "take in the signed certificate"}
	}
	errs := p.check(file, now)
	const usage = x509.KeyUsageDigitalSignature | x509.KeyUsageDataEncipherment
	_, isRSA := leaf.PublicKey.(*rsa.PublicKey)
	switch {
	case !isRSA:
		errs = append(errs, &Problem{file, ErrUsage, leaf.Subject.String() + " is not an RSA key", "the product signs and encrypts with RSA: give an RSA key"})
	case leaf.KeyUsage != 0 && leaf.KeyUsage&usage != usage:
		errs = append(errs, &Problem{
			file, ErrUsage, leaf.Subject.String() + " may not sign and encrypt data",
			"have it issued with the key usage digitalSignature, keyEncipherment and dataEncipherment",
		})
	}
	return errors.Join(errs...)
}

// check is what holds for the whole chain.
func (p Pair) check(file string, now time.Time) (errs []error) {
	for i, c := range p.Chain {
		date := func(t time.Time) string { return t.UTC().Format(time.DateTime) + " UTC" }
		switch {
		case now.After(c.NotAfter):
			errs = append(errs, &Problem{file, ErrExpired, fmt.Sprintf("%s expired at %s", c.Subject, date(c.NotAfter)), "have it renewed"})
		case now.Before(c.NotBefore):
			errs = append(errs, &Problem{file, ErrNotYet, fmt.Sprintf("%s is valid from %s, which is not yet", c.Subject, date(c.NotBefore)), "wait, or set the clock of this machine"})
		}
		if what := weakness(c, i > 0 && selfIssued(c)); what != "" {
			errs = append(errs, &Problem{file, ErrWeak, fmt.Sprintf("%s %s", c.Subject, what), "have it issued with an RSA key of 3072 bits and SHA-256"})
		}
	}
	return errs
}

// weakness says in what a certificate is weak. Nobody checks how a root is signed.
func weakness(c *x509.Certificate, root bool) string {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return fmt.Sprintf("has an RSA key of %d bits", key.N.BitLen())
		}
	case *ecdsa.PublicKey:
		if key.Params().BitSize < 256 {
			return fmt.Sprintf("has an EC key of %d bits", key.Params().BitSize)
		}
	}
	switch c.SignatureAlgorithm {
	case x509.SHA1WithRSA, x509.ECDSAWithSHA1, x509.MD5WithRSA:
		if !root {
			return "is signed with " + c.SignatureAlgorithm.String()
		}
	}
	return ""
}

// sans are the names of a certificate, as Lacks orders them.
func sans(c *x509.Certificate) []string {
	all := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if len(all) == 0 {
		return []string{"nothing"}
	}
	return all
}
