package plan

import (
	"bytes"
	"encoding/json"

	"apimctl/tasks/remote"
)

// A savedPath is a remote.File without its content: of a secret one not even a digest, which could be guessed from.
type savedPath struct {
	Type   string `json:"type"` // "file", "directory" or "link"
	Mode   string `json:"mode,omitempty"`
	Owner  string `json:"owner,omitempty"`
	Size   int64  `json:"size,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Target string `json:"target,omitempty"`
}

func savePath(f remote.File, secret bool) *savedPath {
	s := savedPath{Type: "file", Mode: mode(f), Owner: f.Owner}
	switch {
	case !f.Exists():
		return nil
	case f.IsDir():
		s.Type = "directory"
	case f.IsLink():
		return &savedPath{Type: "link", Target: string(f.Data)}
	case !secret:
		sum := f.Sum()
		s.Size, s.SHA256 = sum.Size, sum.SHA256
	}
	return &s
}

type savedPut struct {
	Path   string     `json:"path"`
	Secret bool       `json:"secret,omitempty"`
	Had    *savedPath `json:"had"`
	Want   *savedPath `json:"want"`
}

type savedUnpack struct {
	remote.Archive
	Dir   string `json:"dir"`
	Owner string `json:"owner"`
}

type savedRun struct {
	remote.Cmd
	Input      string   `json:"input,omitempty"` // its name
	Why        []string `json:"why,omitempty"`
	Touches    []string `json:"touches,omitempty"`
	Stops      bool     `json:"stops,omitempty"`
	Interrupts bool     `json:"interrupts,omitempty"`
	Restores   bool     `json:"restores,omitempty"`
	Here       bool     `json:"here,omitempty"` // on the machine that applies it
}

type savedSQL struct {
	Database string `json:"database"`
	Script   string `json:"script,omitempty"`
	SHA256   string `json:"sha256,omitempty"`
}

type savedWait struct {
	Every  string   `json:"every"`
	For    string   `json:"for"`
	InARow int      `json:"in_a_row"`
	Trust  string   `json:"trust,omitempty"` // PEM: certificates are no secret
	Server string   `json:"server_name,omitempty"`
	Holds  string   `json:"holds,omitempty"` // of a process: what its command line must hold
	Logs   []string `json:"logs,omitempty"`
	Guards string   `json:"guards,omitempty"`
	Any    []string `json:"any,omitempty"`
}

type savedWatch struct {
	Log    string   `json:"log"`
	Own    []string `json:"own"`
	Others []string `json:"others"`
	Every  string   `json:"every"`
	For    string   `json:"for"`
}

func saveChange(c Change) (savedChange, error) {
	var is any
	switch c := c.(type) {
	case savedChange:
		return c, nil
	case Put:
		secret := c.Had.Secret || c.Want.Secret
		is = savedPut{c.Path, secret, savePath(c.Had, secret), savePath(c.Want, secret)}
	case Unpack:
		is = savedUnpack(c)
	case Run:
		is = savedRun{c.Cmd, c.Input.name(), c.Why, c.Touches, c.Stops, c.Interrupts, c.Restores, c.Here != ""}
	case SQL:
		is = savedSQL{c.Database, c.Script, c.SHA256}
	case Wait:
		w := c.settled()
		s := savedWait{w.Every.String(), w.For.String(), w.InARow, c.Probe.Trust, c.Probe.ServerName, c.Probe.Command, c.Logs, c.Guards, nil}
		for _, p := range c.Probe.Any {
			s.Any = append(s.Any, p.Of+": "+p.String())
		}
		is = s
	case Watch:
		is = savedWatch{c.Log, c.Own, c.Others, c.Every.String(), c.For.String()}
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(is)
	return savedChange{Kind: c.kind(), Text: c.String(), Shows: c.Diff(), Is: buf.Bytes()}, err
}
