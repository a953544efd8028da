package tasks

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"path"
	"slices"
	"strings"

	"apimctl/render"
	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Keystore keeps a store on a node that holds one private key with its chain, and nothing else (product-facts.md §5). It is compared by
// its certificates, and where it differs it is made from nothing by one keytool. The key is asked for only then. A note beside the stamps
// says which store was found to be right: so it is read again only when it changed.
type Keystore struct {
	Store    string // its path
	Type     string // JKS or PKCS12
	Password remote.Secret
	Owner    string // "user:group"
	Alias    string
	Chain    [][]byte // DER
	Key      func(context.Context) (keystore.PrivateKey, error)
	Keeps    *Keeps // nil where any key may be replaced
	Java     Java
	State    string // the directory of notes: /var/lib/apimctl
}

// Keeps is a key that data depend on: another one is not put in its place.
type Keeps struct {
	Known [][]byte        // certificates (DER) of keys that may be replaced: those that distributions ship, and those that were replaced on purpose
	Opens []remote.Secret // passwords that may open a store of before, beside the wanted one
	Conf  string          // the deployment.toml that may tell another one; "" is none
	Allow bool            // replace it all the same
}

// A SigningKeyError is a node that signs and encrypts with another key than the deployment's.
type SigningKeyError struct{ Store, Had, Want string }

func (e *SigningKeyError) Error() string {
	return fmt.Sprintf("%s: the node signs and encrypts with another key (%.23s...) than the deployment's (%.23s...); replacing it loses what the old one "+
		"encrypted in the databases and the registry, and ends every token and API key that it signed", e.Store, e.Had, e.Want)
}

func (t Keystore) String() string { return "keystore " + path.Base(t.Store) }

// Fact tells one from every other, for a service's fingerprint.
func (t Keystore) Fact() string {
	return t.String() + ": " + strings.ToLower(t.Alias) + " " + digest(bytes.Join(t.Chain, nil))
}

// Plan makes the store anew where it holds something else.
func (t Keystore) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	if len(t.Chain) == 0 {
		return nil, fmt.Errorf("%s: its certificate is not made yet: run 'apimctl plan'", path.Base(t.Store))
	}
	store, err := glance(ctx, h, t.Store, t.note())
	java, err2 := t.Java.Find(ctx, h)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	kept := store.Mode == 0o600 && store.Owner == t.Owner
	if kept && store.right(t.wanted()) {
		return nil, nil
	}
	had, err := h.File(ctx, t.Store)
	if err != nil {
		return nil, err
	}
	s, err := keystore.Read(had.Data, t.Password.Reveal())
	if err == nil && t.right(s) {
		return append(t.owned(kept), store.noting(t.wanted())...), nil
	}
	err = t.guard(had.Data)
	if errors.Is(err, keystore.ErrPassword) && t.Keeps.Conf != "" {
		keeps := *t.Keeps
		if keeps.Opens, err = former(ctx, h, keeps.Conf, "keystore", "primary", "password"); err == nil {
			t.Keeps = &keeps
			err = t.guard(had.Data)
		}
	}
	if err != nil {
		return nil, err
	}
	return []plan.Change{t.makes(java)}, nil
}

// owned gives the store to its owner alone, without its content passing through a plan.
func (t Keystore) owned(kept bool) []plan.Change {
	if kept {
		return nil
	}
	argv := []string{"sh", "-c", `chown "$2" "$1" && chmod 0600 "$1"`, "sh", t.Store, t.Owner}
	return []plan.Change{plan.Run{Cmd: remote.Cmd{Argv: argv}, Does: "let only " + t.Owner + " read " + path.Base(t.Store)}}
}

// right says whether a store holds the key, and no other one.
func (t Keystore) right(s keystore.Store) bool {
	e, ok := s.Find(t.Alias)
	return ok && len(s.Entries) == 1 && e.Kind == keystore.Key && slices.EqualFunc(e.Raw, t.Chain, bytes.Equal)
}

// guard refuses to replace a key that data depend on.
func (t Keystore) guard(had []byte) error {
	if t.Keeps == nil || t.Keeps.Allow || len(had) == 0 {
		return nil
	}
	var s keystore.Store
	err := errors.New("no password is known")
	for _, p := range append([]remote.Secret{t.Password}, t.Keeps.Opens...) {
		if s, err = keystore.Read(had, p.Reveal()); !errors.Is(err, keystore.ErrPassword) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("%s: it cannot be told what key would be replaced: %w", t.Store, err)
	}
	for _, e := range s.Entries {
		known := func(der []byte) bool { return bytes.Equal(der, e.Raw[0]) }
		if e.Kind == keystore.Key && !known(t.Chain[0]) && !slices.ContainsFunc(t.Keeps.Known, known) {
			return &SigningKeyError{t.Store, keystore.Fingerprint(e.Raw[0]), keystore.Fingerprint(t.Chain[0])}
		}
	}
	return nil
}

// keystoreScript makes the store $1, of the owner $2 and the type $3, of the PKCS12 store that it reads in base64, by the keytool $5,
// and notes in $4 what it then is: its digest, and $WANTED, that of what was wanted.
const keystoreScript = `set -e
umask 077
new=$1.apimctl
trap 'rm -f "$new" "$4.p12" "$4.log"' EXIT
rm -f "$new"
base64 -d >"$4.p12"
"$5" -importkeystore -noprompt -srckeystore "$4.p12" -srcstoretype PKCS12 -srcstorepass:env STORE \
	-destkeystore "$new" -deststoretype "$3" -deststorepass:env STORE \
	-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -J-Xshare:auto >"$4.log" 2>&1 || { cat "$4.log" >&2; exit 1; }
chown "$2" "$new"
chmod 0600 "$new"
sync -f "$new" 2>/dev/null || sync
mv -f "$new" "$1"
printf '%s\n%s\n' "$(sha256sum <"$1" | cut -d' ' -f1)" "$WANTED" >"$4.new"
mv -f "$4.new" "$4"`

func (t Keystore) makes(java string) plan.Run {
	return plan.Run{
		Cmd: remote.Cmd{
			Argv: []string{"sh", "-c", keystoreScript, "sh", t.Store, t.Owner, t.Type, t.note(), java + "/bin/keytool"},
			Env:  map[string]remote.Secret{"STORE": t.Password, "WANTED": remote.Secret(t.wanted())},
		},
		Input:   &plan.Input{Name: "the private key of " + keystore.Fingerprint(t.Chain[0]), Open: t.bundle},
		Does:    "make " + path.Base(t.Store) + " with the key " + t.Alias,
		Touches: []string{t.Store, t.note()},
	}
}

// bundle is the PKCS12 store that the key travels in, in base64.
func (t Keystore) bundle(ctx context.Context) (remote.Secret, error) {
	key, err := t.Key(ctx)
	if err != nil {
		return "", err
	}
	e := keystore.KeyEntry{Entry: keystore.Entry{Alias: t.Alias, Kind: keystore.Key, Raw: t.Chain}, PrivateKey: key}
	data, err := keystore.BuildKeys([]keystore.KeyEntry{e}, t.Password.Reveal())
	return remote.Secret(base64.StdEncoding.EncodeToString(data)), err
}

func (t Keystore) note() string { return noteOf(t.State, t.Store) }

// wanted is the digest of all that is wanted. It knows the password by no more than the store beside it does.
func (t Keystore) wanted() string {
	return digest([]byte(t.Fact() + "\n" + t.Type + "\n" + t.Password.Reveal()))
}

// noteOf is the path of a store's note.
func noteOf(state, store string) string {
	return state + "/" + strings.ReplaceAll(strings.Trim(store, "/"), "/", "-") + ".note"
}

// A glanced is a store on a host, unread, with the note of when it was found to be right.
type glanced struct {
	remote.Sum
	path string // of the note
	note remote.File
}

func glance(ctx context.Context, h remote.Reader, store, note string) (glanced, error) {
	sum, err := h.Sum(ctx, store)
	file, err2 := h.File(ctx, note)
	return glanced{sum, note, file}, errors.Join(err, err2)
}

// right says whether the note is of this store, and of what is wanted now.
func (g glanced) right(wanted string) bool { return string(g.note.Data) == noted(g.SHA256, wanted) }

// noting keeps a note that the store is right.
func (g glanced) noting(wanted string) []plan.Change {
	return brief(plan.File(g.path, g.note, noteFile(noted(g.SHA256, wanted))))
}

func noted(sha256, wanted string) string { return sha256 + "\n" + wanted + "\n" }

func noteFile(text string) remote.File {
	return remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(text)}
}

// former is the password that a deployment.toml on the host names: a store may still have it.
func former(ctx context.Context, h remote.Reader, conf string, key ...string) ([]remote.Secret, error) {
	had, err := h.File(ctx, conf)
	if err != nil || !had.Exists() {
		return nil, err
	}
	l, err := render.ParseTOML(conf, had.Data)
	if err != nil {
		return nil, nil // it is replaced: whatever it says, no password can be learnt from it
	}
	for _, s := range l.Settings {
		if text, ok := s.Value.(string); ok && slices.Equal(s.Key, key) {
			if strings.HasPrefix(text, "$secret{") {
				return unlocking(ctx, h, conf)
			}
			return []remote.Secret{remote.Secret(html.UnescapeString(text))}, nil
		}
	}
	return nil, nil
}

// unlocking is the password that a node reads its secrets with, where its deployment.toml tells none. Stores often share it.
func unlocking(ctx context.Context, h remote.Reader, conf string) ([]remote.Secret, error) {
	word, err := h.File(ctx, path.Join(path.Dir(conf), "../..", passwordFile))
	if err != nil || !word.Exists() {
		return nil, err
	}
	first, _, _ := strings.Cut(string(word.Data), "\n")
	return []remote.Secret{remote.Secret(first)}, nil
}
