package inventory

// How nodes keep secrets.
const (
	Plain  = "plain"
	Cipher = "cipher"
)

// Secrets say how secrets are kept, here and on nodes.
type Secrets struct {
	Identity   string   // an age identity file: absolute, perhaps not there; empty: APIMCTL_IDENTITY names it
	Passphrase Secret   // of the identity file
	Recipients []string // whom values are encrypted for; none: the identity's own
	File       string   // a file of variables: absolute, and there
	OnNodes    string   // Plain or Cipher
}
