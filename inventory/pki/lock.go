package pki

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
)

// A Lock encrypts private keys for keeping, and decrypts them. Its zero value can do neither.
type Lock struct {
	identities []age.Identity
	recipients []age.Recipient
}

// Identities is the lock of an age identity file, as age-keygen writes it.
func Identities(file string, data []byte) (Lock, error) {
	found, err := age.ParseIdentities(bytes.NewReader(data))
	if err != nil {
		// The library's error may quote the line, which is a secret.
		return Lock{}, &Problem{file, ErrLocked, "is not an age identity file", "make one with: age-keygen -o " + file}
	}
	l := Lock{identities: found}
	for _, identity := range found {
		switch id := identity.(type) {
		case *age.X25519Identity:
			l.recipients = append(l.recipients, id.Recipient())
		case *age.HybridIdentity:
			l.recipients = append(l.recipients, id.Recipient())
		default:
			return Lock{}, &Problem{file, ErrLocked, fmt.Sprintf("holds an identity of the unknown kind %T", id), "make one with: age-keygen -o " + file}
		}
	}
	return l, nil
}

// passphrase is the lock of a passphrase alone. work is the base-2 logarithm of scrypt's cost; 0 is age's own choice.
func passphrase(phrase string, work int) (Lock, error) {
	if phrase == "" {
		return Lock{}, &Problem{"", ErrLocked, "the passphrase is empty", "give one"}
	}
	recipient, err := age.NewScryptRecipient(phrase)
	if err != nil {
		return Lock{}, err
	}
	identity, err := age.NewScryptIdentity(phrase)
	if err != nil {
		return Lock{}, err
	}
	if work > 0 {
		recipient.SetWorkFactor(work)
	}
	return Lock{[]age.Identity{identity}, []age.Recipient{recipient}}, nil
}

// seal encrypts for the lock.
func (l Lock) seal(data []byte) ([]byte, error) {
	if len(l.recipients) == 0 {
		return nil, &Problem{"", ErrLocked, "private keys cannot be kept without a passphrase or an identity file", "give one"}
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, l.recipients...)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	err = errors.Join(err, w.Close()) // which writes the last block
	return out.Bytes(), err
}

// open decrypts a file. Its errors are Problems: ErrLocked or ErrDamaged.
func (l Lock) open(file string, data []byte) ([]byte, error) {
	if len(l.identities) == 0 {
		return nil, &Problem{file, ErrLocked, "is encrypted", "give the passphrase or the identity file"}
	}
	r, err := age.Decrypt(bytes.NewReader(data), l.identities...)
	var none *age.NoIdentityMatchError
	if errors.As(err, &none) {
		return nil, l.mismatch(file, data)
	}
	if err == nil {
		data, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, &Problem{file, ErrDamaged, "is not what age encrypted: " + err.Error(), "restore it from a backup"}
	}
	return data, nil
}

// mismatch says why none of the identities opens a file.
func (l Lock) mismatch(file string, data []byte) error {
	byPhrase := strings.Contains(string(data[:min(len(data), 64)]), "\n-> scrypt ")
	_, phrase := l.identities[0].(*age.ScryptIdentity)
	switch {
	case byPhrase && phrase:
		return &Problem{file, ErrLocked, "the passphrase is wrong", "give the one that the folder was made with"}
	case byPhrase:
		return &Problem{file, ErrLocked, "is encrypted with a passphrase, and an identity file was given", "give the passphrase"}
	}
	return &Problem{file, ErrLocked, "is encrypted for another identity than the given one", "give the identity file or the passphrase that the folder was made with"}
}
