package pki

import (
	"fmt"
	"slices"
)

// A Phase is a part of a rotation. In each but the last everybody trusts what anybody still shows.
type Phase string

// The phases, in order.
const (
	TrustNew   Phase = "trust new"   // every node comes to trust the new certificates besides the old ones
	SwitchKeys Phase = "switch keys" // node by node, each gated, comes to show its new certificate
	DropOld    Phase = "drop old"    // every node ceases to trust the old ones
	Done       Phase = "done"
)

// A Rotation is how far the replacing of certificates has come. It is data: Next tells what to do, Advance notes that it is
// done. Whoever keeps it after each step can stop anywhere and go on with the step that was not noted, which is safe to do twice.
type Rotation struct {
	CA       bool     `json:"ca"`            // the CA is replaced, and not the nodes' keys alone
	Old      string   `json:"old,omitempty"` // the fingerprint of the CA before
	Phase    Phase    `json:"phase"`
	Nodes    []string `json:"nodes"` // in the order in which they switch
	Switched []string `json:"switched"`

	Before map[string]string `json:"before,omitempty"` // the fingerprint of each node's certificate when it began
}

// A Step is what a rotation asks for: a phase for all nodes at once, or the switch of one.
type Step struct {
	Phase Phase
	Node  string // with SwitchKeys alone
}

// String is "trust new", "switch keys: gw-1", "drop old" or "done".
func (s Step) String() string {
	if s.Node != "" {
		return string(s.Phase) + ": " + s.Node
	}
	return string(s.Phase)
}

// NewRotation begins one for the nodes, to switch in the order given. old is the fingerprint of the CA that goes, or empty
// if only keys are replaced.
func NewRotation(old string, nodes []string) Rotation {
	return Rotation{CA: old != "", Old: old, Phase: TrustNew, Nodes: slices.Clone(nodes), Switched: []string{}}
}

// Next is the step to take.
func (r Rotation) Next() Step {
	if r.Phase != SwitchKeys {
		return Step{Phase: r.Phase}
	}
	for _, node := range r.Nodes {
		if !slices.Contains(r.Switched, node) {
			return Step{SwitchKeys, node}
		}
	}
	return Step{Phase: DropOld}
}

// Advance is the rotation after a step, which must be the next one.
func (r Rotation) Advance(done Step) (Rotation, error) {
	if want := r.Next(); done != want || r.Phase == Done {
		return r, fmt.Errorf("%s is not the next step of the rotation, but %s", done, want)
	}
	switch done.Phase {
	case TrustNew:
		r.Phase = SwitchKeys
	case SwitchKeys:
		r.Switched = append(slices.Clone(r.Switched), done.Node)
	case DropOld:
		r.Phase = Done
	}
	if r.Phase == SwitchKeys {
		r.Phase = r.Next().Phase
	}
	return r, nil
}

// Settle is the rotation with the nodes that the inventory names now: those gone need no switch and, where the CA
// goes, those new are switched last. Old trust is not dropped before each has had its switch.
func (r Rotation) Settle(nodes []string) Rotation {
	keep := func(all []string, in []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(n string) bool { return !slices.Contains(in, n) })
	}
	r.Nodes, r.Switched = keep(r.Nodes, nodes), keep(r.Switched, nodes)
	for _, node := range nodes {
		if r.CA && !slices.Contains(r.Nodes, node) {
			r.Nodes = append(r.Nodes, node)
		}
	}
	if r.Phase == SwitchKeys || r.Phase == DropOld {
		r.Phase = SwitchKeys
		r.Phase = r.Next().Phase
	}
	return r
}
