package tasks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"apimctl/tasks/keystore"
	"apimctl/tasks/plan"
	"apimctl/tasks/remote"
)

// Certificates keeps certificates in a node's truststore and others out of it, under the password wanted, and leaves its other entries
// alone. They are compared in Go and changed by keytool on a copy: one import, whatever their number. A note beside the stamps says which
// store was found to be right: so a truststore is read again only when it changed.
type Certificates struct {
	Store    string // the truststore's path
	Password remote.Secret
	Opens    []remote.Secret // passwords of before, one of which may still be the store's
	Conf     string          // the deployment.toml that may tell another one; "" is none
	Wants    []Trusted
	Without  [][]byte // certificates (DER) that stand under no alias but those of Wants
	Drops    string   // aliases that begin so and are not wanted go: they are apimctl's own; "" drops none
	Java     Java
	State    string // the directory of notes: /var/lib/apimctl
}

// Trusted is a certificate that a truststore holds.
type Trusted struct {
	Alias string // compared without case, as Java does
	DER   []byte
}

// Fact tells one from every other, for a service's fingerprint.
func (c Trusted) Fact() string {
	return "truststore: " + strings.ToLower(c.Alias) + " " + digest(c.DER)
}

func (Certificates) String() string { return "truststore" }

// Plan brings in what is missing or differs, and takes out what must not be there.
func (t Certificates) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	store, err := glance(ctx, h, t.Store, t.note())
	java, err2 := t.Java.Find(ctx, h)
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	if t.idle() || store.Exists() && store.right(t.wanted()) {
		return nil, nil
	}
	had, err := h.File(ctx, t.Store)
	if err != nil {
		return nil, err
	}
	if !had.Exists() {
		return nil, fmt.Errorf("%s: is not there; the distribution ships it", t.Store)
	}
	s, was, err := t.open(had.Data)
	if errors.Is(err, keystore.ErrPassword) && t.Conf != "" {
		if t.Opens, err = former(ctx, h, t.Conf, "truststore", "password"); err == nil {
			s, was, err = t.open(had.Data)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Store, err)
	}
	edit := edit{lacks: t.lacking(s), leaves: t.leaving(s), was: was}
	if edit.lacks == nil && edit.leaves == nil && was == t.Password {
		return store.noting(t.wanted()), nil
	}
	return t.edits(edit, java)
}

func (t Certificates) idle() bool { return len(t.Wants) == 0 && len(t.Without) == 0 && t.Drops == "" }

// open reads the store by the password wanted, or by one of before, and says by which.
func (t Certificates) open(data []byte) (keystore.Store, remote.Secret, error) {
	opens := t.Password
	s, err := keystore.Read(data, opens.Reveal())
	for _, p := range t.Opens {
		if !errors.Is(err, keystore.ErrPassword) {
			break
		}
		if before, again := keystore.Read(data, p.Reveal()); again == nil {
			s, opens, err = before, p, nil
		}
	}
	if err == nil && len(s.Entries) == 0 && len(s.Hidden) > 0 {
		err = fmt.Errorf("java would see none of its %d certificates: it was not made by keytool; import them by keytool -importcert", len(s.Hidden))
	}
	return s, opens, err
}

// An edit is what becomes of a truststore.
type edit struct {
	lacks  []Trusted
	leaves []string // aliases
	was    remote.Secret
}

// lacking are the wanted certificates that the store does not hold under their alias.
func (t Certificates) lacking(s keystore.Store) []Trusted {
	var lacks []Trusted
	for _, want := range t.Wants {
		if e, ok := s.Find(want.Alias); !ok || e.Kind != keystore.Trusted || !bytes.Equal(e.Raw[0], want.DER) {
			lacks = append(lacks, want)
		}
	}
	return lacks
}

// leaving are the aliases of the store that must not be there.
func (t Certificates) leaving(s keystore.Store) []string {
	var leaves []string
	for _, e := range s.Entries {
		wanted := slices.ContainsFunc(t.Wants, func(w Trusted) bool { return strings.EqualFold(w.Alias, e.Alias) })
		unwelcome := e.Kind == keystore.Trusted && slices.ContainsFunc(t.Without, func(der []byte) bool { return bytes.Equal(der, e.Raw[0]) })
		if !wanted && (unwelcome || t.Drops != "" && strings.HasPrefix(e.Alias, t.Drops)) {
			leaves = append(leaves, e.Alias)
		}
	}
	return leaves
}

// editScript takes the aliases from $5 on out of the store $1, brings the entries of the PKCS12 $2 into it unless that is "", and gives it
// the password $STORE in place of $WAS; all by the keytool $4, on a copy. It notes in $3 what the store is then: its digest, and $WANTED,
// that of what was wanted. Aliases that are there already are replaced. A store that is noted so is left alone: it was done before.
const editScript = `set -e
umask 077
store=$1 bundle=$2 note=$3 keytool=$4 copy=$1.apimctl
shift 4
now() { printf '%s\n%s\n' "$(sha256sum <"$store" | cut -d' ' -f1)" "$WANTED"; }
[ "$(cat "$note" 2>/dev/null)" != "$(now)" ] || exit 0
trap 'rm -f "$copy" "$note.log"' EXIT
edit() {
	"$keytool" "$@" -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -J-Xshare:auto >"$note.log" 2>&1 || { cat "$note.log" >&2; exit 1; }
}
cp -p "$store" "$copy"
for alias; do edit -delete -alias "$alias" -keystore "$copy" -storepass:env WAS; done
[ -z "$bundle" ] || edit -importkeystore -noprompt -srckeystore "$bundle" -srcstoretype PKCS12 -srcstorepass:env BUNDLE \
	-destkeystore "$copy" -deststorepass:env WAS
[ "$WAS" = "$STORE" ] || edit -storepasswd -keystore "$copy" -storepass:env WAS -new:env STORE
sync -f "$copy" 2>/dev/null || sync
mv -f "$copy" "$store"
now >"$note.new"
mv -f "$note.new" "$note"`

// bundlePassword opens the PKCS12 that certificates travel in. They are public: it hides nothing.
const bundlePassword = "changeit"

func (t Certificates) edits(e edit, java string) ([]plan.Change, error) {
	if e.lacks == nil {
		return []plan.Change{t.run(e, "", java)}, nil
	}
	entries := make([]keystore.Entry, len(e.lacks))
	for i, l := range e.lacks {
		entries[i] = keystore.Entry{Alias: l.Alias, Kind: keystore.Trusted, Raw: [][]byte{l.DER}}
	}
	data, err := keystore.Build(entries, bundlePassword)
	if err != nil {
		return nil, err
	}
	bundle := t.State + "/import-" + digest(data)[:12] + ".p12"
	want := remote.File{Mode: 0o600, Owner: "root:root", Data: data}
	lines := append(plan.File(bundle, remote.File{}, want), t.run(e, bundle, java))
	return append(lines, plan.File(bundle, want, remote.File{})...), nil
}

func (t Certificates) run(e edit, bundle, java string) plan.Run {
	argv := []string{"sh", "-c", editScript, "sh", t.Store, bundle, t.note(), java + "/bin/keytool"}
	return plan.Run{
		Cmd: remote.Cmd{
			Argv: append(argv, e.leaves...),
			Env: map[string]remote.Secret{
				"BUNDLE": bundlePassword, "STORE": t.Password, "WAS": e.was, "WANTED": remote.Secret(t.wanted()),
			},
		},
		Does:    t.does(e),
		Touches: []string{t.Store, t.note()},
	}
}

// does says what becomes of the store: "client-truststore.jks: import idp; remove wso2carbon; change its password".
func (t Certificates) does(e edit) string {
	var does []string
	if e.lacks != nil {
		aliases := make([]string, len(e.lacks))
		for i, l := range e.lacks {
			aliases[i] = l.Alias
		}
		does = append(does, "import into "+path.Base(t.Store)+": "+strings.Join(aliases, ", "))
	}
	if e.leaves != nil {
		does = append(does, "remove from "+path.Base(t.Store)+": "+strings.Join(e.leaves, ", "))
	}
	if e.was != t.Password {
		does = append(does, "change the password of "+path.Base(t.Store))
	}
	return strings.Join(does, "; ")
}

func (t Certificates) note() string { return noteOf(t.State, t.Store) }

// wanted is the digest of all that is wanted. It knows the password by no more than the store beside it does.
func (t Certificates) wanted() string {
	facts := []string{"drops " + t.Drops, "password " + t.Password.Reveal()}
	for _, w := range t.Wants {
		facts = append(facts, w.Fact())
	}
	for _, der := range t.Without {
		facts = append(facts, "without "+digest(der))
	}
	slices.Sort(facts)
	return digest([]byte(strings.Join(facts, "\n")))
}
