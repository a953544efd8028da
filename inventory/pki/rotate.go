package pki

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// Rotation returns the one under way. Without one the error is ErrMissing.
func (f Folder) Rotation() (Rotation, error) {
	data, err := f.read("rotation.json")
	if err != nil {
		return Rotation{}, err
	}
	var r Rotation
	if err := json.Unmarshal(data, &r); err != nil || !slices.Contains([]Phase{TrustNew, SwitchKeys, DropOld, Done}, r.Phase) {
		return Rotation{}, &Problem{f.file("rotation.json"), ErrDamaged, "does not tell how far the rotation has come", "restore it from a backup"}
	}
	return r, nil
}

// Under returns the rotation under way, which is to be one of the CA, or of the keys of these nodes at least. Without one the error is ErrMissing.
func (f Folder) Under(ca bool, nodes []string) (Rotation, error) {
	r, err := f.Rotation()
	if err != nil {
		return Rotation{}, err
	}
	other := func(n string) bool { return !slices.Contains(r.Nodes, n) }
	problem := &Problem{f.file("rotation.json"), ErrExists, "a rotation of keys is under way", "finish it first"}
	switch {
	case r.CA && ca:
		return r, nil
	case r.CA:
		problem.What, problem.Fix = "a rotation of the CA is under way", "finish it first: apimctl certs rotate --ca"
	case ca, slices.ContainsFunc(nodes, other):
		if len(r.Nodes) > 0 {
			problem.What = "a rotation of the keys of " + strings.Join(r.Nodes, ", ") + " is under way"
			problem.Fix = "finish it first: apimctl certs rotate --host " + r.Nodes[0] + " (where that host is gone, remove this file)"
		}
	default:
		return r, nil
	}
	return Rotation{}, problem
}

// BeginKeys begins to replace the nodes' keys, under the same CA, or goes on where that was cut short.
func (f Folder) BeginKeys(nodes []string) (Rotation, error) {
	return f.begin(false, "", nodes)
}

// BeginCA begins to replace the CA, or goes on where that was cut short: afterwards ca is the new one, of which Renew
// issues the nodes' certificates, and ca-old the one before. newCA is called if the new one is not there yet.
func (f Folder) BeginCA(nodes []string, newCA func() (Pair, error)) (Rotation, error) {
	had, err := f.Load(CAName)
	if err != nil {
		return Rotation{}, err
	}
	r, err := f.begin(true, Fingerprint(had.Leaf()), nodes)
	if err != nil || Fingerprint(had.Leaf()) != r.Old {
		return r, err
	}
	if err := f.put("ca-old.pem", encode(had.Leaf())); err != nil {
		return r, err
	}
	want, err := newCA()
	if err != nil {
		return r, err
	}
	return r, f.Replace(CAName, want)
}

// begin returns the rotation under way, or a new one.
func (f Folder) begin(ca bool, old string, nodes []string) (Rotation, error) {
	r, err := f.Under(ca, nodes)
	if !errors.Is(err, ErrMissing) {
		return r, err
	}
	r = NewRotation(old, nodes)
	r.Before = map[string]string{}
	for _, node := range nodes {
		chain, err := f.Chain(NodeName(node))
		if err != nil && !errors.Is(err, ErrMissing) {
			return Rotation{}, err
		}
		if len(chain) > 0 {
			r.Before[node] = Fingerprint(chain[0])
		}
	}
	return r, f.keepRotation(r, f.create)
}

// SaveRotation keeps how far a rotation has come. Once it is Done, it is forgotten, and the old CA with it.
func (f Folder) SaveRotation(r Rotation) error {
	if r.Phase != Done {
		return f.keepRotation(r, f.put)
	}
	return errors.Join(f.remove("ca-old.pem"), f.remove("rotation.json"))
}

func (f Folder) keepRotation(r Rotation, write func(string, []byte) error) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return write("rotation.json", append(data, '\n'))
}

// Node returns the pair of a node, and makes one where there is none. One that is there is returned as it is: CheckTLS
// tells whether it still fits, and Renew makes it anew.
func (f Folder) Node(node string, names Names, spec Spec, now time.Time) (Pair, error) {
	p, err := f.Load(NodeName(node))
	if !errors.Is(err, ErrMissing) {
		return p, err
	}
	if p, err = f.issue(names, spec, now); err != nil {
		return Pair{}, err
	}
	return p, f.Save(NodeName(node), p)
}

// Renew returns the pair that a node switches to in a rotation: new the first time, the same ever after, so that a switch
// that was cut short goes on with the key that it began with.
func (f Folder) Renew(r Rotation, node string, issue func(ca Pair) (Pair, error)) (Pair, error) {
	ca, err := f.Load(CAName)
	if err != nil {
		return Pair{}, err
	}
	name := NodeName(node)
	had, err := f.Load(name)
	missing := errors.Is(err, ErrMissing)
	if err != nil && !missing {
		return Pair{}, err
	}
	if !missing && had.Leaf() != nil && Fingerprint(had.Leaf()) != r.Before[node] && (!r.CA || had.Anchor().Equal(ca.Leaf())) {
		return had, nil
	}
	want, err := issue(ca)
	if err != nil {
		return Pair{}, err
	}
	return want, f.Replace(name, want)
}

func (f Folder) issue(names Names, spec Spec, now time.Time) (Pair, error) {
	ca, err := f.Load(CAName)
	if err != nil {
		return Pair{}, err
	}
	return ca.Issue(names, spec, now)
}
