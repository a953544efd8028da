// Package sealed keeps values encrypted with age in a YAML text: each is a scalar with the tag !age that holds an armored file. It
// changes such a text at single values and leaves every other byte of it as it is.
package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// longestValue bounds what is decrypted: a secret, not an archive.
const longestValue = 1 << 20

// A Problem is what is wrong with an encrypted value, an identity or a recipient, and how to mend it.
type Problem struct{ What, Fix string }

// Error is "WHAT; FIX".
func (p *Problem) Error() string { return p.What + "; " + p.Fix }

// A Keyring decrypts what is encrypted for its identities, and encrypts for its recipients. The zero Keyring can do neither.
type Keyring struct {
	identities []age.Identity
	recipients []age.Recipient
	own        []string // the recipients of the identities
	given      []string // the recipients, as written
}

// Identities is the keyring of an age identity file, which may itself be encrypted with a passphrase. Until others are given, its
// recipients are the identities' own.
func Identities(data []byte, passphrase string) (Keyring, error) {
	if Whole(data) {
		var err error
		if data, err = unlock(data, passphrase); err != nil {
			return Keyring{}, err
		}
	}
	found, err := age.ParseIdentities(bytes.NewReader(data))
	if err != nil { // whose text may quote the line, which is a secret
		return Keyring{}, &Problem{"is not an age identity", "make one with: age-keygen -o FILE"}
	}
	k := Keyring{identities: found}
	for _, identity := range found {
		switch id := identity.(type) {
		case *age.X25519Identity:
			k.own, k.recipients = append(k.own, id.Recipient().String()), append(k.recipients, id.Recipient())
		case *age.HybridIdentity:
			k.own, k.recipients = append(k.own, id.Recipient().String()), append(k.recipients, id.Recipient())
		}
	}
	k.given = k.own
	return k, nil
}

// unlock decrypts an identity file.
func unlock(data []byte, passphrase string) ([]byte, error) {
	if passphrase == "" {
		return nil, &Problem{"is an identity that is locked with a passphrase", "give the passphrase: secrets.passphrase"}
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, err
	}
	text, err := Keyring{identities: []age.Identity{id}}.Open(string(data))
	if err != nil {
		return nil, &Problem{"is an identity that is locked with another passphrase", "mend secrets.passphrase"}
	}
	return []byte(text), nil
}

// For is the keyring with other recipients: age1...
func (k Keyring) For(recipients []string) (Keyring, error) {
	k.recipients, k.given = nil, recipients
	for _, text := range recipients {
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return k, &Problem{fmt.Sprintf("%q is no age recipient", text), "write what age-keygen -y FILE prints: age1..."}
		}
		k.recipients = append(k.recipients, parsed...)
	}
	return k, nil
}

// Open decrypts an age file, armored or not. Its errors are Problems.
func (k Keyring) Open(file string) (string, error) {
	if len(k.identities) == 0 {
		return "", &Problem{"is encrypted, and no identity is given", "set secrets.identity, or export APIMCTL_IDENTITY=FILE"}
	}
	var in io.Reader = strings.NewReader(file)
	if isArmored(file) {
		in = armor.NewReader(in)
	}
	r, err := age.Decrypt(in, k.identities...)
	if errors.As(err, new(*age.NoIdentityMatchError)) {
		return "", &Problem{"is encrypted for others than the given identity", "use another identity, or have someone who can read it run: apimctl secrets rekey"}
	}
	var plain []byte
	if err == nil {
		plain, err = io.ReadAll(io.LimitReader(r, longestValue))
	}
	if err != nil {
		return "", &Problem{"is not what age encrypted: it was edited or cut short", "restore it, or encrypt the value again"}
	}
	return string(plain), nil
}

// Whole says whether a file is encrypted as a whole.
func Whole(data []byte) bool {
	return isArmored(string(data)) || bytes.HasPrefix(data, []byte("age-encryption.org/"))
}

func isArmored(text string) bool { return strings.HasPrefix(strings.TrimSpace(text), armor.Header) }

// Seal encrypts a value for the recipients: an armored file.
func (k Keyring) Seal(plain string) (string, error) {
	if len(k.recipients) == 0 {
		return "", &Problem{"there is nobody to encrypt for", "set secrets.recipients: [age1...], or give an identity"}
	}
	var out bytes.Buffer
	a := armor.NewWriter(&out)
	w, err := age.Encrypt(a, k.recipients...)
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(w, plain)
	err = errors.Join(err, w.Close(), a.Close()) // which write what is left
	return out.String(), err
}

// Reads says whether the keyring can decrypt what it encrypts.
func (k Keyring) Reads() bool {
	return slices.ContainsFunc(k.own, func(own string) bool { return slices.Contains(k.given, own) })
}
