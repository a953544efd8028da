package render

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"
)

// Conceal is the configuration with $secret{ALIAS} in the place of every secret, and what seal makes of it in [secrets] (product-facts.md
// §6). seal is given the value as the product is to read it: not escaped for XML, as the secure vault puts it in where XML is read already.
// References and empty values stay. A secret that is only a part of a value cannot be concealed: all such are in the error.
func (c Config) Conceal(seal func(alias, value string) (string, error)) (Config, error) {
	if c.root == nil {
		return c, nil
	}
	root := c.root.clone()
	vault := root.kids["secrets"]
	if vault == nil {
		vault = &node{kind: table, kids: map[string]*node{}}
	}
	s := concealing{vault, seal}
	errs := s.table(nil, "", root)
	if len(vault.kids) > 0 {
		root.kids["secrets"] = vault
	}
	return Config{root}, errors.Join(errs...)
}

type concealing struct {
	vault *node
	seal  func(alias, value string) (string, error)
}

func (s concealing) table(path []string, key string, n *node) []error {
	var errs []error
	for _, name := range sortedNames(n, len(path) == 0) {
		kid, at := n.kids[name], append(path[:len(path):len(path)], name)
		switch {
		case len(path) == 0 && name == "secrets":
		case kid.kind == table:
			errs = append(errs, s.table(at, dotted(key, name), kid)...)
		case kid.kind == leaf && (kid.secret || isSecret(at, kid.value)):
			if err := s.leaf(at, dotted(key, name), kid); err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", dotted(key, name), err))
			}
		}
		for i, item := range kid.items {
			errs = append(errs, s.table(at, dotted(key, name)+"["+kid.label(at, i)+"]", item)...)
		}
	}
	return errs
}

var notInAlias = regexp.MustCompile(`[^A-Za-z0-9]+`)

func (s concealing) leaf(path []string, key string, n *node) error {
	value, isText := n.value.(string)
	switch {
	case isText && (value == "" || isReference(value)):
		return nil
	case !isText:
		return errors.New("a secret in a list or a number cannot be encrypted for nodes; write a text, or keep secrets.on_nodes plain")
	case !n.secret && !secretName(path):
		return errors.New("a secret that is a part of a value cannot be encrypted for nodes; take it out, or keep secrets.on_nodes plain")
	}
	alias := strings.Trim(notInAlias.ReplaceAllString(key, "_"), "_")
	if s.vault.kids[alias] != nil {
		return fmt.Errorf("[secrets] has %s already, for another value", alias)
	}
	sealed, err := s.seal(alias, unescapeXML(value))
	if err != nil {
		return err
	}
	s.vault.kids[alias] = &node{kind: leaf, value: sealed, origin: n.origin, layer: n.layer, secret: true}
	n.value, n.secret = "$secret{"+alias+"}", false
	return nil
}

// unescapeXML undoes xmlText.
func unescapeXML(s string) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'").Replace(s)
}

// clone is a copy whose nodes are its own.
func (n *node) clone() *node {
	c := *n
	c.kids = maps.Clone(n.kids)
	for name, kid := range c.kids {
		c.kids[name] = kid.clone()
	}
	c.items = make([]*node, len(n.items))
	for i, item := range n.items {
		c.items[i] = item.clone()
	}
	return &c
}
