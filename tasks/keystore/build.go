package keystore

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

// Build makes a PKCS12 store of trusted certificates, in which any Java from 8u301 and 11.0.12 on sees each under its
// alias. It is what brings several certificates into a truststore by one `keytool -importkeystore -noprompt`, which
// also replaces an alias that is there. Two builds of the same entries are equal, so that a plan that holds one is made the same again:
// the salts come of the entries, which are public and which the password hides from nobody.
func Build(entries []Entry, password string) ([]byte, error) {
	had := map[string]bool{}
	var out []pkcs12.TrustStoreEntry
	for _, e := range entries {
		alias := strings.ToLower(e.Alias)
		switch {
		case alias == "":
			return nil, fmt.Errorf("entry %d has no alias", len(out)+1)
		case had[alias]:
			return nil, fmt.Errorf("%s: alias given twice", alias)
		case e.Kind != Trusted || len(e.Raw) != 1:
			return nil, fmt.Errorf("%s: not one trusted certificate", alias)
		}
		had[alias] = true
		// The library writes Raw as it is, so a certificate that Go cannot parse passes too.
		out = append(out, pkcs12.TrustStoreEntry{Cert: &x509.Certificate{Raw: e.Raw[0]}, FriendlyName: alias})
	}
	return pkcs12.Modern2023.WithRand(saltsOf(entries)).EncodeTrustStoreEntries(out, password)
}

// saltsOf is a stream of bytes that is the same for the same entries.
func saltsOf(entries []Entry) io.Reader {
	h := sha256.New()
	for _, e := range entries {
		_, _ = fmt.Fprintf(h, "%q %x\n", strings.ToLower(e.Alias), e.Raw)
	}
	return rand.NewChaCha8([32]byte(h.Sum(nil)))
}
