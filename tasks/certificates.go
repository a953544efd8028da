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

// Certificates keeps certificates in a node's truststore, and leaves its other entries alone.
// They are compared in Go and brought in by one keytool on a copy, whatever their number. A note beside the stamps says which store
// was found to hold them: so a truststore is read again only when it changed.
type Certificates struct {
	Store    string // the truststore's path
	Password remote.Secret
	Wants    []Trusted
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

// Plan imports what is missing or differs.
func (t Certificates) Plan(ctx context.Context, h remote.Reader) ([]plan.Change, error) {
	sum, err := h.Sum(ctx, t.Store)
	note, err2 := h.File(ctx, t.note())
	java, err3 := t.Java.Find(ctx, h)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	if len(t.Wants) == 0 || sum.Exists() && string(note.Data) == t.noted(sum.SHA256) {
		return nil, nil
	}
	had, err := h.File(ctx, t.Store)
	if err != nil {
		return nil, err
	}
	if !had.Exists() {
		return nil, fmt.Errorf("%s: is not there; the distribution ships it", t.Store)
	}
	lacks, err := t.lacking(had.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Store, err)
	}
	if len(lacks) == 0 {
		want := remote.File{Mode: 0o600, Owner: "root:root", Data: []byte(t.noted(sum.SHA256))}
		return brief(plan.File(t.note(), note, want)), nil
	}
	return t.imports(lacks, java)
}

// lacking are the wanted certificates that the store does not hold under their alias.
func (t Certificates) lacking(store []byte) ([]Trusted, error) {
	s, err := keystore.Read(store, t.Password.Reveal())
	if err != nil {
		return nil, err
	}
	var lacks []Trusted
	for _, want := range t.Wants {
		if e, ok := s.Find(want.Alias); !ok || e.Kind != keystore.Trusted || !bytes.Equal(e.Raw[0], want.DER) {
			lacks = append(lacks, want)
		}
	}
	return lacks, nil
}

// importScript brings the entries of the PKCS12 $2 into the store $1 by the keytool $5, on a copy, and notes in $3 what the store
// holds then: its digest, and $4, that of what was wanted. Aliases that are there already are replaced.
const importScript = `set -e
umask 077
cp -p "$1" "$1.apimctl"
"$5" -importkeystore -noprompt -srckeystore "$2" -srcstoretype PKCS12 -srcstorepass:env BUNDLE \
	-destkeystore "$1.apimctl" -deststorepass:env STORE \
	-J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC -J-Xshare:auto >"$3.log" 2>&1 || { cat "$3.log" >&2; rm -f "$1.apimctl" "$3.log"; exit 1; }
rm -f "$3.log"
sync -f "$1.apimctl" 2>/dev/null || sync
mv -f "$1.apimctl" "$1"
printf '%s\n%s\n' "$(sha256sum <"$1" | cut -d' ' -f1)" "$4" >"$3.new"
mv -f "$3.new" "$3"`

// bundlePassword opens the PKCS12 that certificates travel in. They are public: it hides nothing.
const bundlePassword = "changeit"

func (t Certificates) imports(lacks []Trusted, java string) ([]plan.Change, error) {
	entries := make([]keystore.Entry, len(lacks))
	aliases := make([]string, len(lacks))
	for i, l := range lacks {
		entries[i] = keystore.Entry{Alias: l.Alias, Kind: keystore.Trusted, Raw: [][]byte{l.DER}}
		aliases[i] = l.Alias
	}
	data, err := keystore.Build(entries, bundlePassword)
	if err != nil {
		return nil, err
	}
	bundle := t.State + "/import-" + digest(data)[:12] + ".p12"
	want := remote.File{Mode: 0o600, Owner: "root:root", Data: data}
	lines := plan.File(bundle, remote.File{}, want)
	lines = append(lines, plan.Run{
		Cmd: remote.Cmd{
			Argv: []string{"sh", "-c", importScript, "sh", t.Store, bundle, t.note(), t.wanted(), java + "/bin/keytool"},
			Env:  map[string]remote.Secret{"BUNDLE": bundlePassword, "STORE": t.Password},
		},
		Does:    "import into " + path.Base(t.Store) + ": " + strings.Join(aliases, ", "),
		Touches: []string{t.Store, t.note()},
	})
	return append(lines, plan.File(bundle, want, remote.File{})...), nil
}

func (t Certificates) note() string {
	return t.State + "/" + strings.ReplaceAll(strings.Trim(t.Store, "/"), "/", "-") + ".note"
}

func (t Certificates) noted(sha256 string) string { return sha256 + "\n" + t.wanted() + "\n" }

// wanted is the digest of all that is wanted.
func (t Certificates) wanted() string {
	facts := make([]string, len(t.Wants))
	for i, w := range t.Wants {
		facts[i] = w.Fact()
	}
	slices.Sort(facts)
	return digest([]byte(strings.Join(facts, "\n")))
}
