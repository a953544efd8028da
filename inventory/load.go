package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// A Source is where the references of an inventory lead.
type Source struct {
	Env func(string) (string, bool) // os.LookupEnv
	// Run runs a command of ${cmd:} in the inventory's folder and returns what it prints. Nil runs none: they are problems.
	Run func(dir string, argv []string) (string, error)
	// NoZips is for what needs no distributions: their files need not be there.
	NoZips bool
}

// Load is Source.Load with the environment alone.
func Load(path string, env func(string) (string, bool)) (*Inventory, error) {
	return Source{Env: env}.Load(path)
}

// Parse is Source.Parse with the environment alone.
func Parse(path string, data []byte, env func(string) (string, bool)) (*Inventory, error) {
	return Source{Env: env}.Parse(path, data)
}

// Load reads the inventory at path. The error is Problems where the file could be read, and all of them are in it.
func (s Source) Load(path string) (*Inventory, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, Problems{{File: path, What: reason(err), Fix: "name the inventory with -i, or make one with: apimctl init > " + path}}
	}
	return s.Parse(path, data)
}

// Parse is Load with the file's content at hand. The files that it names are looked at beside path.
func (s Source) Parse(path string, data []byte) (*Inventory, error) {
	d, root, err := s.open(path, data)
	if err != nil {
		return nil, err
	}
	d.findAliases(root)
	d.readSecrets(root)

	var doc document
	doc.Path, doc.Dir = path, d.dir
	keys := fileTable()
	keys.defaults(d, &doc)
	keys.read(cursor{d: d, n: root}, &doc)
	doc.readGroups(d)
	doc.settle(d)
	doc.check(d)
	if len(d.problems) > 0 {
		return nil, d.problems.sorted()
	}
	doc.warn(d)
	doc.warnings = d.warnings.sorted()
	doc.at = d.at
	return &doc.Inventory, nil
}

// open begins to read an inventory.
func (s Source) open(path string, data []byte) (*decoder, *yaml.Node, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	d := &decoder{file: path, dir: dir, env: s.Env, run: s.Run, noZips: s.NoZips, at: map[string]place{}, sealed: map[*yaml.Node]string{}}
	root, problem := d.parse(data)
	if problem != nil {
		return nil, nil, Problems{*problem}
	}
	d.findSealed(root)
	return d, root, nil
}

// parse returns the document's only node.
func (d *decoder) parse(data []byte) (*yaml.Node, *Problem) {
	if p := d.unreadable(data); p != nil {
		return nil, p
	}
	reader := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := reader.Decode(&document)
	switch {
	case errors.Is(err, io.EOF), err == nil && document.Kind != yaml.DocumentNode:
		return nil, &Problem{File: d.file, Line: 1, Column: 1, What: "is empty", Fix: "begin with the example: apimctl init"}
	case err != nil:
		return nil, d.syntax(data, err)
	}
	if err := reader.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, d.syntax(data, err)
		}
		return nil, &Problem{File: d.file, Line: second.Line, Column: 1, What: "a second document begins here", Fix: "keep one document in the file"}
	}
	return document.Content[0], nil
}

// findAliases reports anchors that are used: a group's settings say the same in a way that errors can point at.
func (d *decoder) findAliases(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		cursor{d: d, n: n}.bad("*"+n.Value+" is an alias, which is not read here", "write the value, or set it for the group or the file")
		return
	}
	for _, child := range n.Content {
		d.findAliases(child)
	}
}
