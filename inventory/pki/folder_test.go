package pki

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
)

// TestFolder keeps pairs and returns them, with the modes that secrets have and nothing of a key in the clear.
func TestFolder(t *testing.T) {
	f := newFolder(t)
	ca := newCA(t)
	node := issue(t, ca, gw1, quick)
	for name, p := range map[string]Pair{CAName: ca, NodeName("gw-1"): node} {
		if err := f.Save(name, p); err != nil {
			t.Fatal(err)
		}
		had := must2(t)(f.Load(name))
		if !matches(had.Leaf(), p.Key) {
			t.Errorf("%s: another key", name)
		}
		wantChain(t, had.Chain, p.Chain...)
		wantChain(t, first(f.Chain(name)), p.Chain...)
	}
	if nodes, err := f.Nodes(); err != nil || !slices.Equal(nodes, []string{"gw-1"}) {
		t.Errorf("nodes %v, %v", nodes, err)
	}
	want := []string{"ca.key.age", "ca.pem", "identity.age", "nodes", "nodes/gw-1.key.age", "nodes/gw-1.pem"}
	if had := listing(t, f); !slices.Equal(had, want) {
		t.Errorf("files %v, want %v", had, want)
	}
}

// TestSaveLeavesAlone never overwrites a pair, nor a certificate that somebody put there.
func TestSaveLeavesAlone(t *testing.T) {
	f := newFolder(t)
	one, two := must2(t)(NewSigning("one", quick, now)), must2(t)(NewSigning("two", quick, now))
	if err := f.Save(SigningName, one); err != nil {
		t.Fatal(err)
	}
	before := read(t, f.file("signing.key.age"))
	wantProblem(t, f.Save(SigningName, two), ErrExists,
		f.file("signing.pem")+": exists already; it is never overwritten: move it away if it is not wanted")
	wantProblem(t, f.Replace(SigningName, two), ErrExists, f.file("signing.key.age")+": is the signing key; replace it by its own command")
	write(t, f.file("nodes/a.pem"), two.PEM())
	if err := f.Save(NodeName("a"), one); !errors.Is(err, ErrExists) || f.Has(NodeName("a")) {
		t.Errorf("%v, and a key is there: %t", err, f.Has(NodeName("a")))
	}
	if err := errors.Join(f.Save("half", one), os.Remove(f.file("half.pem"))); err != nil {
		t.Fatal(err)
	}
	if err := f.Save("half", two); !errors.Is(err, ErrExists) || !matches(one.Leaf(), must2(t)(f.Load("half")).Key) {
		t.Errorf("%v, want the key without a copy of its chain left alone", err)
	}
	if !bytes.Equal(read(t, f.file("signing.key.age")), before) || !bytes.Equal(read(t, f.file("signing.pem")), one.PEM()) {
		t.Error("the signing key was touched")
	}
}

// TestReplaceSigning keeps the old key.
func TestReplaceSigning(t *testing.T) {
	f := newFolder(t)
	one, two := must2(t)(NewSigning("one", quick, now)), must2(t)(NewSigning("two", quick, now))
	if err := errors.Join(f.Save(SigningName, one), f.ReplaceSigning(two)); err != nil {
		t.Fatal(err)
	}
	wantChain(t, must2(t)(f.Load(SigningName)).Chain, two.Leaf())
	old := "signing-old-" + strings.ToLower(strings.ReplaceAll(Fingerprint(one.Leaf())[:11], ":", ""))
	had := must2(t)(f.Load(old))
	wantChain(t, had.Chain, one.Leaf())
	if !matches(one.Leaf(), had.Key) {
		t.Error("the old key is gone")
	}
}

// TestCopy writes a missing copy of the chain anew, and tells of one that is another's.
func TestCopy(t *testing.T) {
	f := newFolder(t)
	ca := newCA(t)
	if err := errors.Join(f.Save(CAName, ca), os.Remove(f.file("ca.pem"))); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Roots(); !errors.Is(err, ErrMissing) {
		t.Errorf("roots without a CA: %v", err)
	}
	must2(t)(f.Load(CAName))
	wantChain(t, first(f.Roots()), ca.Leaf())
	write(t, f.file("ca.pem"), newCA(t).PEM())
	_, err := f.Load(CAName)
	wantProblem(t, err, ErrMatch, f.file("ca.pem")+": is not the chain that is kept with its key; move it away: it is written anew")
}

func TestLocks(t *testing.T) {
	f := newFolder(t)
	if err := f.Save(CAName, newCA(t)); err != nil {
		t.Fatal(err)
	}
	if again, err := OpenPassphrase(f.Path, "correct horse", 4); err != nil {
		t.Error(err)
	} else {
		must2(t)(again.Load(CAName))
	}
	_, err := OpenPassphrase(f.Path, "wrong", 4)
	wantProblem(t, err, ErrLocked, f.file("identity.age")+": the passphrase is wrong; give the one that the folder was made with")
	_, err = OpenPassphrase(f.Path, "", 4)
	wantProblem(t, err, ErrLocked, "the passphrase is empty; give one")

	key := f.file("ca.key.age")
	_, err = Folder{Path: f.Path}.Load(CAName)
	wantProblem(t, err, ErrLocked, key+": is encrypted; give the passphrase or the identity file")
	wantProblem(t, Folder{Path: f.Path}.Save("b", newCA(t)), ErrLocked, "private keys cannot be kept without a passphrase or an identity file; give one")
	_, err = Folder{f.Path, newIdentity(t)}.Load(CAName)
	wantProblem(t, err, ErrLocked, key+": is encrypted for another identity than the given one; give the identity file or the passphrase that the folder was made with")
	_, err = newIdentity(t).open("identity.age", read(t, f.file("identity.age")))
	wantProblem(t, err, ErrLocked, "identity.age: is encrypted with a passphrase, and an identity file was given; give the passphrase")

	data := read(t, key)
	data[len(data)-1] ^= 1
	write(t, key, data)
	_, err = f.Load(CAName)
	if !errors.Is(err, ErrDamaged) || !strings.HasPrefix(err.Error(), key+": is not what age encrypted: ") {
		t.Error(err)
	}
	_, err = Identities("id.txt", []byte("AGE-SECRET-KEY-1SECRET"))
	wantProblem(t, err, ErrLocked, "id.txt: is not an age identity file; make one with: age-keygen -o id.txt")
}

// TestIdentityFolder keeps keys for an identity file of either kind, and leaves no file of its own.
func TestIdentityFolder(t *testing.T) {
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := Identities("id", []byte("# made by age-keygen\n"+hybrid.String()+"\n"))
	for _, l := range []Lock{newIdentity(t), must(t, lock, err)} {
		f := Folder{filepath.Join(t.TempDir(), "pki"), l}
		if err := f.Save(CAName, newCA(t)); err != nil {
			t.Fatal(err)
		}
		must2(t)(f.Load(CAName))
		if had := listing(t, f); !slices.Equal(had, []string{"ca.key.age", "ca.pem"}) {
			t.Errorf("files %v", had)
		}
	}
}

func newIdentity(t *testing.T) Lock {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	l, err := Identities("id", []byte(id.String()))
	return must(t, l, err)
}

// listing names the files of a folder, and fails where one could be read by others or holds a key in the clear.
func listing(t *testing.T, f Folder) (names []string) {
	t.Helper()
	err := filepath.WalkDir(f.Path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %s", path, info.Mode())
		}
		if path != f.Path {
			names = append(names, strings.TrimPrefix(path, f.Path+"/"))
		}
		if d.Type().IsRegular() && (bytes.Contains(read(t, path), []byte("PRIVATE KEY")) || bytes.Contains(read(t, path), []byte("AGE-SECRET"))) {
			t.Errorf("%s holds a key in the clear", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func first[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
