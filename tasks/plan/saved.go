package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"apimctl/tasks/remote"

	"golang.org/x/crypto/scrypt"
)

// version is the form of a saved plan. What older ones cannot be read as is another version.
const version = 1

type savedPlan struct {
	Version    int         `json:"version"`
	Deployment string      `json:"deployment"`
	Secrets    string      `json:"secrets,omitempty"` // the digest of all of them, see seal
	Plays      []savedPlay `json:"plays"`
}

type savedPlay struct {
	Name    string        `json:"name"`
	Batches [][]savedLane `json:"batches"`
}

type savedLane struct {
	Host  string      `json:"host"`
	Steps []savedStep `json:"steps"`
}

type savedStep struct {
	Task    string        `json:"task"`
	Changes []savedChange `json:"changes"`
}

// A savedChange is a Change that can be shown, but not be applied.
type savedChange struct {
	Kind  string          `json:"kind"`
	Text  string          `json:"text"`
	Shows string          `json:"diff,omitempty"`
	Is    json.RawMessage `json:"is"` // what its kind consists of
}

func (s savedChange) String() string { return s.Text }
func (s savedChange) Diff() string   { return s.Shows }
func (s savedChange) kind() string   { return s.Kind }

func (s savedChange) Apply(context.Context, remote.Conn) error {
	return errors.New("a saved plan does not hold what it takes to apply it")
}

// Marshal is the plan as indented JSON: equal plans are equal bytes. It holds no secret: what is secret is marked, and one digest of all
// secrets says whether they are the same.
func Marshal(p Plan) ([]byte, error) {
	out := savedPlan{Version: version, Deployment: p.Deployment, Plays: []savedPlay{}}
	secrets := sealer{}
	for _, play := range p.Plays {
		saved := savedPlay{Name: play.Name, Batches: [][]savedLane{}}
		for _, b := range play.Batches {
			lanes, err := saveBatch(b, &secrets)
			if err != nil {
				return nil, err
			}
			saved.Batches = append(saved.Batches, lanes)
		}
		out.Plays = append(out.Plays, saved)
	}
	var err error
	if out.Secrets, err = secrets.seal(p.Deployment); err != nil {
		return nil, err
	}
	return encode(out)
}

func encode(p savedPlan) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false) // people read it
	e.SetIndent("", "  ")
	err := e.Encode(p)
	return buf.Bytes(), err
}

func saveBatch(b Batch, secrets *sealer) ([]savedLane, error) {
	lanes := []savedLane{}
	for _, l := range b.Lanes {
		lane := savedLane{Host: l.Host, Steps: []savedStep{}}
		for _, s := range l.Steps {
			step := savedStep{Task: s.Task, Changes: []savedChange{}}
			for _, c := range s.Changes {
				saved, err := saveChange(c)
				if err != nil {
					return nil, err
				}
				step.Changes = append(step.Changes, saved)
				secrets.add(l.Host, c)
			}
			lane.Steps = append(lane.Steps, step)
		}
		lanes = append(lanes, lane)
	}
	return lanes, nil
}

// A Saved plan is one to show and to compare. Its changes cannot be applied: apply plans again and does what is Same.
type Saved struct {
	Plan    Plan
	secrets string
}

// Load reads what Marshal wrote.
func Load(data []byte) (Saved, error) {
	var in savedPlan
	var form struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &form); err != nil {
		return Saved{}, fmt.Errorf("not a saved plan: %w", err)
	}
	if form.Version != version {
		return Saved{}, fmt.Errorf("a plan of version %d, and only version %d is known", form.Version, version)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil {
		return Saved{}, fmt.Errorf("not a saved plan: %w", err)
	}
	return Saved{Plan: in.plan(), secrets: in.Secrets}, nil
}

func (s savedPlan) plan() Plan {
	p := Plan{Deployment: s.Deployment}
	for _, play := range s.Plays {
		to := Play{Name: play.Name}
		for _, lanes := range play.Batches {
			var b Batch
			for _, l := range lanes {
				lane := Lane{Host: l.Host}
				for _, st := range l.Steps {
					step := Step{Task: st.Task}
					for _, c := range st.Changes {
						step.Changes = append(step.Changes, c)
					}
					lane.Steps = append(lane.Steps, step)
				}
				b.Lanes = append(b.Lanes, lane)
			}
			to.Batches = append(to.Batches, b)
		}
		p.Plays = append(p.Plays, to)
	}
	return p
}

// Same says whether p is the plan that was saved: the same bytes, and the same secrets.
func (s Saved) Same(p Plan) (bool, error) {
	now, err := Marshal(p)
	if err != nil {
		return false, err
	}
	then, err := s.marshal()
	return bytes.Equal(now, then), err
}

// Same says whether two plans are the same, secrets and all.
func Same(a, b Plan) (bool, error) {
	x, err := Marshal(a)
	y, err2 := Marshal(b)
	return bytes.Equal(x, y), errors.Join(err, err2)
}

func (s Saved) marshal() ([]byte, error) {
	data, err := Marshal(s.Plan)
	if err != nil {
		return nil, err
	}
	var p savedPlan
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, err
	}
	p.Secrets = s.secrets
	return encode(p)
}

// A sealer collects the secrets of a plan.
type sealer struct {
	all   []byte // each with its length before it
	found bool
}

func (s *sealer) add(host string, c Change) {
	switch c := c.(type) {
	case Put:
		if c.Had.Secret || c.Want.Secret {
			s.secret(host, c.Path, string(c.Had.Data), string(c.Want.Data))
		}
	case Run:
		for _, name := range slices.Sorted(maps.Keys(c.Env)) {
			s.secret(host, name, c.Env[name].Reveal())
		}
		if c.Stdin != "" {
			s.secret(host, "", c.Stdin.Reveal())
		}
	case Wait:
		for _, p := range slices.Concat([]Probe{c.Probe}, c.Probe.Any) {
			if p.Login != nil {
				s.secret(host, p.URL, p.Login.User, p.Login.Password.Reveal())
			}
		}
	}
}

func (s *sealer) secret(parts ...string) {
	s.found = true
	for _, p := range parts {
		s.all = append(binary.AppendUvarint(s.all, uint64(len(p))), p...)
	}
}

// seal is one digest of all secrets: a plan with another password must be another plan. A plain digest would let whoever has the file try passwords
// by the billion; scrypt makes each try cost 32 MiB and some 0.1 s, and all secrets must be right at once. The salt is fixed per deployment since equal
// plans must be equal bytes. One digest, not one for each, because of its cost.
func (s *sealer) seal(deployment string) (string, error) {
	if !s.found {
		return "", nil
	}
	sum := sha256.Sum256(s.all)
	key, err := scrypt.Key(sum[:], []byte("apimctl plan "+deployment), 1<<15, 8, 1, 32)
	return hex.EncodeToString(key), err
}
