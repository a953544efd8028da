package pki

import (
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
)

// A Folder keeps the certificates of a deployment:
//
//	ca.pem       ca.key.age        the CA of the deployment, with mode generate
//	ca-old.pem                     the one before, while it is being rotated out
//	signing.pem  signing.key.age   the primary and internal key, shared by all nodes
//	nodes/NAME.pem  NAME.key.age   a node's chain and key; NAME.csr while its certificate is being waited for
//	identity.age                   with a passphrase: what the keys are encrypted for, encrypted with the passphrase
//	rotation.json                  while a rotation is under way
//
// A .key.age file holds the key and its chain, so that the two are always of one piece; the .pem beside it is a copy for
// who has no key to the folder, and is written again where it is missing. Folders are 0700 and files 0600. A file is written
// whole or not at all, and none is overwritten but by the methods that say Replace.
type Folder struct {
	Path string
	Lock Lock // zero: only certificates can be read
}

// Named names of pairs; a node's is NodeName of it.
const (
	CAName      = "ca"
	SigningName = "signing"
)

// NodeName is the name under which a node's pair is kept.
func NodeName(node string) string { return "nodes/" + node }

// OpenPassphrase opens a folder with a passphrase, or makes it. All keys are encrypted for one identity, which is kept
// encrypted with the passphrase, so that many keys cost one scrypt. work is the base-2 logarithm of its cost; 0 is age's
// own choice, about a second.
func OpenPassphrase(path, phrase string, work int) (Folder, error) {
	outer, err := passphrase(phrase, work)
	if err != nil {
		return Folder{}, err
	}
	f := Folder{Path: path}
	err = f.makeIdentity(outer)
	if err != nil && !errors.Is(err, ErrExists) {
		return Folder{}, err
	}
	data, err := f.read("identity.age")
	if err != nil {
		return Folder{}, err
	}
	file := f.file("identity.age")
	if data, err = outer.open(file, data); err != nil {
		return Folder{}, err
	}
	f.Lock, err = Identities(file, data)
	return f, err
}

func (f Folder) makeIdentity(outer Lock) error {
	if f.has("identity.age") {
		return ErrExists
	}
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	sealed, err := outer.seal([]byte(identity.String() + "\n"))
	if err != nil {
		return err
	}
	return f.create("identity.age", sealed)
}

// Has tells whether a key is kept under a name, with a certificate or still without.
func (f Folder) Has(name string) bool { return f.has(name + ".key.age") }

// Load returns the pair of a name. Its errors are Problems: ErrMissing, ErrLocked, ErrDamaged, ErrMatch.
func (f Folder) Load(name string) (Pair, error) {
	file := f.file(name + ".key.age")
	data, err := f.read(name + ".key.age")
	if err != nil {
		return Pair{}, err
	}
	if data, err = f.Lock.open(file, data); err != nil {
		return Pair{}, err
	}
	key, certs, err := Source{file, data}.parse()
	if err != nil {
		return Pair{}, err
	}
	p := Pair{Key: key, Chain: certs}
	if key == nil || len(certs) > 0 && !matches(certs[0], key) {
		return Pair{}, &Problem{file, ErrDamaged, "does not hold a key with its certificate", "restore it from a backup"}
	}
	if len(certs) == 0 {
		return p, nil
	}
	return p, f.settleCopy(name, p)
}

// settleCopy writes the public copy that an interrupted write left out.
func (f Folder) settleCopy(name string, p Pair) error {
	had, err := f.read(name + ".pem")
	if errors.Is(err, ErrMissing) {
		return f.create(name+".pem", p.PEM())
	}
	if err == nil && string(had) != string(p.PEM()) {
		return &Problem{f.file(name + ".pem"), ErrMatch, "is not the chain that is kept with its key", "move it away: it is written anew"}
	}
	return err
}

// Chain returns the certificates of a name without the lock. Its errors are Problems: ErrMissing, ErrDamaged.
func (f Folder) Chain(name string) ([]*x509.Certificate, error) {
	data, err := f.read(name + ".pem")
	if err != nil {
		return nil, err
	}
	_, certs, err := Source{f.file(name + ".pem"), data}.parse()
	return certs, err
}

// Roots returns the certificates to trust: the CA and, until a rotation drops it, the one before it.
func (f Folder) Roots() ([]*x509.Certificate, error) {
	roots, err := f.Chain(CAName)
	if err != nil {
		return nil, err
	}
	if r, err := f.Rotation(); errors.Is(err, ErrMissing) || err == nil && r.Phase == DropOld {
		return roots, nil
	} else if err != nil {
		return nil, err
	}
	old, err := f.Chain("ca-old")
	if errors.Is(err, ErrMissing) {
		return roots, nil
	}
	return slices.CompactFunc(append(roots, old...), (*x509.Certificate).Equal), err
}

// Nodes returns the names of the nodes that a key is kept for, sorted.
func (f Folder) Nodes() ([]string, error) {
	entries, err := os.ReadDir(f.file("nodes"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".key.age"); ok {
			names = append(names, name)
		}
	}
	return names, err
}

// Save keeps a new pair. If there is one of the name it is left alone, and the error is ErrExists.
func (f Folder) Save(name string, p Pair) error {
	sealed, err := f.seal(p)
	if err != nil {
		return err
	}
	if f.has(name + ".pem") {
		return &Problem{f.file(name + ".pem"), ErrExists, "exists already", "it is never overwritten: move it away if it is not wanted"}
	}
	if err := f.create(name+".key.age", sealed); err != nil || len(p.Chain) == 0 {
		return err
	}
	return f.create(name+".pem", p.PEM())
}

// Replace keeps a pair in place of the one of its name: of a node, or the CA. For the signing key there is ReplaceSigning.
// Killed at any point it has done all or nothing.
func (f Folder) Replace(name string, p Pair) error {
	if name == SigningName {
		return &Problem{f.file(name + ".key.age"), ErrExists, "is the signing key", "replace it by its own command"}
	}
	return f.replace(name, p)
}

// ReplaceSigning keeps another signing key in place of the one there is, which stays as signing-old-DIGITS, eight digits of its
// fingerprint. What that invalidates, as the product signs and encrypts with it (product-facts.md §5, §6):
//
//   - every token, devportal API key and publisher internal key signed so far, as soon as the gateways trust only the new
//     certificate;
//   - everything in the databases and the registry that was encrypted with the old key, tokens too if their encryption is
//     on. It cannot be read again: there is no way back but the old key;
//   - the passwords that the secure vault encrypted in deployment.toml: they must be encrypted anew.
func (f Folder) ReplaceSigning(p Pair) error {
	old, err := f.Load(SigningName)
	if err != nil {
		return err
	}
	name := "signing-old-" + strings.ToLower(strings.ReplaceAll(Fingerprint(old.Leaf()), ":", "")[:8])
	if err := f.Save(name, old); err != nil && !errors.Is(err, ErrExists) {
		return err
	}
	return f.replace(SigningName, p)
}

func (f Folder) replace(name string, p Pair) error {
	sealed, err := f.seal(p)
	if err != nil {
		return err
	}
	// A missing copy is written again at the next Load; one of the pair before would be an error.
	if err := os.Remove(f.file(name + ".pem")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := f.put(name+".key.age", sealed); err != nil || len(p.Chain) == 0 {
		return err
	}
	return f.put(name+".pem", p.PEM())
}

func (f Folder) seal(p Pair) ([]byte, error) {
	key, err := encodeKey(p.Key)
	if err != nil {
		return nil, err
	}
	return f.Lock.seal(append(key, p.PEM()...))
}

func (f Folder) file(name string) string { return filepath.Join(f.Path, filepath.FromSlash(name)) }
