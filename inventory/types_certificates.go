package inventory

import "time"

// The ways by which nodes get certificates. Without one the distribution's own keys stay.
const (
	Generate = "generate"
	Provided = "provided"
	CSR      = "csr"
)

// A PKI says where the nodes' keys and certificates come from.
type PKI struct {
	Mode       string // Generate, Provided, CSR or ""
	Identity   string // absolute, perhaps not there; private keys are kept encrypted for it
	Passphrase Passphrase
	Validity   time.Duration // of nodes' certificates; 0 where it is not written
	KeyBits    int
	Signing    *KeySource           // nil: made here
	All        *KeySource           // with Provided: of the nodes that Nodes does not name
	Nodes      map[string]KeySource // with Provided
}

// Serves says whether a host has a TLS key of the deployment's own.
func (p PKI) Serves(host string) bool {
	_, own := p.Nodes[host]
	return p.Mode == Generate || p.Mode == CSR || p.Mode == Provided && (own || p.All != nil)
}

// A Passphrase is a secret that need not be there as long as nobody asks for it.
type Passphrase struct {
	Secret
	Written bool
	Lacks   string // why it is not there, with what to do; "" where it is
}

// A KeySource is files that hold a key and its certificates: absolute, and there.
type KeySource struct {
	Certificate, Key, Chain string // PEM
	Store                   string // PKCS12 or JKS
	Password                Secret
}
