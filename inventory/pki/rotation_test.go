package pki

import (
	"errors"
	"slices"
	"testing"
)

func TestRotation(t *testing.T) {
	r := NewRotation("AA:BB", []string{"gw-1", "am-1"})
	var had []string
	for r.Phase != Done {
		step := r.Next()
		had = append(had, step.String())
		var err error
		if r, err = r.Advance(step); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"trust new", "switch keys: gw-1", "switch keys: am-1", "drop old"}; !slices.Equal(had, want) {
		t.Errorf("steps %q, want %q", had, want)
	}
	_, err := r.Advance(r.Next())
	if err == nil || err.Error() != "done is not the next step of the rotation, but done" {
		t.Error(err)
	}
	_, err = NewRotation("", []string{"gw-1"}).Advance(Step{SwitchKeys, "gw-1"})
	if err == nil || err.Error() != "switch keys: gw-1 is not the next step of the rotation, but trust new" {
		t.Error(err)
	}
}

// TestSettle follows the inventory: a node gone is not waited for, a new one has its switch before old trust is dropped.
func TestSettle(t *testing.T) {
	r := Rotation{CA: true, Phase: SwitchKeys, Nodes: []string{"a", "b", "c"}, Switched: []string{"a", "b"}}
	for _, c := range []struct {
		nodes []string
		next  Step
	}{
		{[]string{"a", "b", "c"}, Step{SwitchKeys, "c"}},
		{[]string{"b", "c", "d"}, Step{SwitchKeys, "c"}},
		{[]string{"a", "b"}, Step{Phase: DropOld}},
		{[]string{"a", "b", "d"}, Step{SwitchKeys, "d"}},
	} {
		if had := r.Settle(c.nodes); had.Next() != c.next || (had.Phase == DropOld) != (c.next.Phase == DropOld) {
			t.Errorf("with %v: %s in phase %s, want %s", c.nodes, had.Next(), had.Phase, c.next)
		}
	}
	if !slices.Equal(r.Nodes, []string{"a", "b", "c"}) || !slices.Equal(r.Switched, []string{"a", "b"}) {
		t.Errorf("settling changed what it was given: %v", r)
	}
	r.CA = false
	if had := r.Settle([]string{"a", "b", "d"}).Next(); had != (Step{Phase: DropOld}) {
		t.Errorf("a rotation of some keys goes on with %s", had)
	}
	early := NewRotation("AA", []string{"a"}).Settle([]string{"b"})
	if early.Next() != (Step{Phase: TrustNew}) || !slices.Equal(early.Nodes, []string{"b"}) {
		t.Errorf("before any switch: %v", early)
	}
}

// TestRotateCA keeps the old CA trusted until the last phase, and never makes two new ones however often it begins.
func TestRotateCA(t *testing.T) {
	f := newFolder(t)
	old, want := newCA(t), newCA(t)
	if err := f.Save(CAName, old); err != nil {
		t.Fatal(err)
	}
	dead := errors.New("killed")
	made := 0
	if _, err := f.BeginCA([]string{"a"}, func() (Pair, error) { return Pair{}, dead }); !errors.Is(err, dead) {
		t.Fatal(err)
	}
	wantChain(t, first(f.Roots()), old.Leaf())
	for range 3 {
		r, err := f.BeginCA([]string{"a"}, func() (Pair, error) { made++; return want, nil })
		if err != nil || r.Old != Fingerprint(old.Leaf()) || r.Next() != (Step{Phase: TrustNew}) || !slices.Equal(r.Nodes, []string{"a"}) {
			t.Fatalf("%v, %v", r, err)
		}
	}
	if made != 1 {
		t.Errorf("made %d CAs", made)
	}
	wantChain(t, must2(t)(f.Load(CAName)).Chain, want.Leaf())
	for _, roots := range [][]Pair{{want, old}, {want, old}, {want}, {want}} {
		var chain []string
		for _, p := range roots {
			chain = append(chain, Fingerprint(p.Leaf()))
		}
		var had []string
		for _, c := range first(f.Roots()) {
			had = append(had, Fingerprint(c))
		}
		r, err := f.Rotation()
		if !slices.Equal(had, chain) {
			t.Errorf("in phase %q trust %v, want %v", r.Phase, had, chain)
		}
		if errors.Is(err, ErrMissing) {
			break
		}
		r, err = r.Advance(r.Next())
		if err := errors.Join(err, f.SaveRotation(r)); err != nil {
			t.Fatal(err)
		}
	}
	if f.has("ca-old.pem") || f.has("rotation.json") {
		t.Error("the rotation left something behind")
	}
}

func TestRotationDamaged(t *testing.T) {
	f := newFolder(t)
	_, err := f.Rotation()
	wantProblem(t, err, ErrMissing, f.file("rotation.json")+": is not there")
	write(t, f.file("rotation.json"), []byte(`{"phase": "other"}`))
	_, err = f.Rotation()
	wantProblem(t, err, ErrDamaged, f.file("rotation.json")+": does not tell how far the rotation has come; restore it from a backup")
}

// TestRenew gives each node one new pair, however often the switch is tried, and none to a node of the new CA.
func TestRenew(t *testing.T) {
	for _, rotatesCA := range []bool{true, false} {
		f := newFolder(t)
		if err := f.Save(CAName, newCA(t)); err != nil {
			t.Fatal(err)
		}
		before := must2(t)(f.Node("gw-1", gw1, quick, now))
		wantChain(t, must2(t)(f.Node("gw-1", gw1, quick, now)).Chain, before.Chain...)
		begin := func() (Rotation, error) { return f.BeginKeys([]string{"gw-1"}) }
		if rotatesCA {
			begin = func() (Rotation, error) {
				return f.BeginCA([]string{"gw-1"}, func() (Pair, error) { return newCA(t), nil })
			}
		}
		r, err := begin()
		if err != nil || r.Before["gw-1"] != Fingerprint(before.Leaf()) {
			t.Fatalf("%v, %v", r.Before, err)
		}
		issue := func(ca Pair) (Pair, error) { return ca.Issue(gw1, quick, now) }
		want := must2(t)(f.Renew(r, "gw-1", issue))
		wantChain(t, must2(t)(f.Renew(r, "gw-1", issue)).Chain, want.Chain...)
		if matches(before.Leaf(), want.Key) || !want.Anchor().Equal(must2(t)(f.Load(CAName)).Leaf()) {
			t.Errorf("CA %t: the old key, or another CA", rotatesCA)
		}
		late := must2(t)(f.Node("gw-2", gw1, quick, now))
		wantChain(t, must2(t)(f.Renew(r, "gw-2", issue)).Chain, late.Chain...)
	}
}

func TestOneRotationAtATime(t *testing.T) {
	f := newFolder(t)
	if err := f.Save(CAName, newCA(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.BeginKeys(nil); err != nil {
		t.Fatal(err)
	}
	_, err := f.BeginCA(nil, func() (Pair, error) { return Pair{}, errors.New("made a CA") })
	wantProblem(t, err, ErrExists, f.file("rotation.json")+": a rotation of keys is under way; finish it first")
	if err := f.SaveRotation(Rotation{Phase: Done}); err != nil {
		t.Fatal(err)
	}
	if _, err := f.BeginCA(nil, func() (Pair, error) { return newCA(t), nil }); err != nil {
		t.Fatal(err)
	}
	_, err = f.BeginKeys(nil)
	wantProblem(t, err, ErrExists, f.file("rotation.json")+": a rotation of the CA is under way; finish it first: apimctl certs rotate --ca")
}

// A rotation of some keys goes on for whoever asks for those, and is not taken for one of others.
func TestRotationOfOthers(t *testing.T) {
	f := newFolder(t)
	if _, err := f.Under(false, []string{"a"}); !errors.Is(err, ErrMissing) {
		t.Errorf("none is under way: %v", err)
	}
	if _, err := f.BeginKeys([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for _, nodes := range [][]string{{"a"}, {"b", "a"}} {
		if r, err := f.BeginKeys(nodes); err != nil || !slices.Equal(r.Nodes, []string{"a", "b"}) {
			t.Errorf("%v: %v, %v", nodes, r.Nodes, err)
		}
	}
	for _, nodes := range [][]string{{"c"}, {"a", "b", "c"}} {
		_, err := f.BeginKeys(nodes)
		wantProblem(t, err, ErrExists, f.file("rotation.json")+": a rotation of the keys of a, b is under way; finish it first: apimctl certs rotate --host a (where that host is gone, remove this file)")
	}
}
