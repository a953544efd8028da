package inventory

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"apimctl/inventory/sealed"
)

// hidden stands in the place of an !age block: references are read and shown as it must be.
const hidden = "${!age}"

// A vault is what an inventory's encrypted values are read with. It is opened when the first of them is needed.
type vault struct {
	Secrets
	opened    bool
	keyring   sealed.Keyring
	err       *sealed.Problem
	variables map[string]string // nil until they are read
}

// findSealed takes the !age blocks out of a document: what reads text finds a reference in their place.
func (d *decoder) findSealed(n *yaml.Node) {
	if n.Tag == sealed.Tag {
		if n.Kind != yaml.ScalarNode {
			cursor{d: d, n: n}.bad("!age marks text, not a mapping or a list", "mark each value")
			return
		}
		d.sealed[n] = n.Value
		n.Value, n.Tag = hidden, "!!str"
	}
	for _, child := range n.Content {
		d.findSealed(child)
	}
}

// readSecrets reads the key secrets before all others, which need it.
func (d *decoder) readSecrets(root *yaml.Node) {
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "secrets" {
			secretsTable().read(cursor{d: d, path: "secrets", n: root.Content[i+1]}, &d.vault.Secrets)
		}
	}
}

// Keyring is what the encrypted values of an inventory are read and written with, whatever else is wrong with it.
func (s Source) Keyring(path string) (sealed.Keyring, Secrets, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		_, err = s.Load(path)
		return sealed.Keyring{}, Secrets{}, err
	}
	d, root, err := s.open(path, data)
	if err != nil {
		return sealed.Keyring{}, Secrets{}, err
	}
	d.readSecrets(root)
	d.unlock()
	if d.vault.err != nil {
		d.bad("secrets.identity", d.vault.err.What, d.vault.err.Fix)
	}
	k := d.vault.keyring
	if to := d.vault.Recipients; len(to) > 0 {
		var problem *sealed.Problem
		if k, err = k.For(to); errors.As(err, &problem) {
			d.bad("secrets.recipients", problem.What, problem.Fix)
		}
	}
	if len(d.problems) > 0 {
		return k, d.vault.Secrets, d.problems.sorted()
	}
	return k, d.vault.Secrets, nil
}

// unlock reads the identity, once. None is no error: then nothing is decrypted.
func (d *decoder) unlock() {
	v := &d.vault
	if v.opened {
		return
	}
	v.opened = true
	file, text := v.Identity, ""
	if named, ok := d.env("APIMCTL_IDENTITY"); ok && named != "" {
		file, text = d.expand(named), named
	}
	if file == "" {
		return
	}
	data := []byte(text)
	if !strings.HasPrefix(text, "AGE-SECRET-KEY-") {
		var err error
		if data, err = readSmall(file); err != nil {
			v.err = &sealed.Problem{What: fmt.Sprintf("the identity %s %s", file, reason(err)), Fix: "put it there, or export APIMCTL_IDENTITY=FILE"}
			return
		}
		if !sealed.Whole(data) {
			d.warnOpen("secrets.identity", file)
		}
	}
	var err error
	if v.keyring, err = sealed.Identities(data, v.Passphrase.Reveal()); err != nil && !errors.As(err, &v.err) {
		v.err = &sealed.Problem{What: err.Error(), Fix: "give an age identity"}
	}
	if v.err != nil && !strings.HasPrefix(text, "AGE-SECRET-KEY-") {
		v.err = &sealed.Problem{What: file + " " + v.err.What, Fix: v.err.Fix}
	}
}

// decrypt opens an age file; the problem is nil when all is well.
func (d *decoder) decrypt(file string) (string, *sealed.Problem) {
	d.unlock()
	if d.vault.err != nil {
		return "", d.vault.err
	}
	plain, err := d.vault.keyring.Open(file)
	var problem *sealed.Problem
	if errors.As(err, &problem) {
		return "", problem
	}
	return plain, nil
}

func (c cursor) decrypt(file string) (plain string, fromRef, ok bool) {
	plain, problem := c.d.decrypt(file)
	if problem != nil {
		c.bad(problem.What, problem.Fix)
		return "", true, false
	}
	return plain, true, true
}

// printed is what a command prints; what is empty when all is well.
func (d *decoder) printed(command string) (value, what, fix string) {
	argv, err := split(command)
	switch {
	case err != nil:
		return "", fmt.Sprintf("${cmd:%s} %v", command, err), "write a program and its arguments, with spaces between"
	case d.run == nil:
		return "", fmt.Sprintf("${cmd:%s} is not run here", command), "use a command that reads the inventory for its hosts"
	}
	out, err := d.run(d.dir, argv)
	if err != nil {
		return "", fmt.Sprintf("%s: %v", command, err), "run it by hand in the inventory's folder; it must print the secret and nothing else"
	}
	return strings.TrimRight(out, "\r\n"), "", ""
}

// split takes a command apart at its spaces. Single and double quotes keep words together, and nothing else is special: there is no shell.
func split(command string) ([]string, error) {
	var all []string
	var word strings.Builder
	in, quote := false, rune(0)
	for _, r := range command {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			in, quote = true, r
		case quote == 0 && (r == ' ' || r == '\t' || r == '\n'):
			if in {
				all = append(all, word.String())
			}
			in = false
			word.Reset()
		default:
			in = true
			word.WriteRune(r)
		}
	}
	if in {
		all = append(all, word.String())
	}
	switch {
	case quote != 0:
		return nil, errors.New("has a quote that does not end")
	case len(all) == 0 || all[0] == "":
		return nil, errors.New("names no command")
	}
	return all, nil
}

// variable is a value of secrets.file; what is empty when all is well.
func (d *decoder) variable(name string) (value, what, fix string) {
	v := &d.vault
	if v.File == "" {
		return "", fmt.Sprintf("${var:%s} has no file to come from", name), "name it: secrets.file"
	}
	if v.variables == nil {
		if problem := d.readVariables(); problem != nil {
			return "", problem.What, problem.Fix
		}
	}
	value, ok := v.variables[name]
	if !ok {
		names := make([]string, 0, len(v.variables))
		for n := range v.variables {
			names = append(names, n)
		}
		slices.Sort(names)
		return "", fmt.Sprintf("%s has no %s", v.File, name), suggest(name, names, "its names are ")
	}
	return value, "", ""
}

// readVariables reads secrets.file, which may be encrypted as a whole, or value by value.
func (d *decoder) readVariables() *sealed.Problem {
	file := d.vault.File
	data, err := readSmall(file)
	if err != nil {
		return &sealed.Problem{What: file + ": " + reason(err), Fix: "put the file there or mend the path"}
	}
	if sealed.Whole(data) {
		plain, problem := d.decrypt(string(data))
		if problem != nil {
			return &sealed.Problem{What: file + ": " + problem.What, Fix: problem.Fix}
		}
		data = []byte(plain)
	}
	t, err := sealed.Read(data)
	if err != nil {
		return &sealed.Problem{What: file + ": is no YAML", Fix: "write one NAME: VALUE on each line"} // whose error may quote a secret
	}
	all := map[string]string{}
	for _, v := range t.Values {
		text := v.Text
		if v.Sealed {
			plain, problem := d.decrypt(text)
			if problem != nil {
				return &sealed.Problem{What: fmt.Sprintf("%s:%d:%d: %s: %s", file, v.Line, v.Column, v.Path, problem.What), Fix: problem.Fix}
			}
			text = plain
		}
		all[v.Path] = text
	}
	d.vault.variables = all
	return nil
}
