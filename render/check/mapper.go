package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"apimctl/render/catalog"
)

// interpret does what the product's mapper does before templates: keys are mapped, then what they imply is
// inferred, the user's own values first (product-facts.md §12). Defaults are looked up when asked for.
func (n *node) interpret(top map[string]any) {
	if n.catalog == nil {
		n.own = top
		return
	}
	for _, k := range slices.Sorted(maps.Keys(top)) {
		for _, to := range n.catalog.Mapped(k) {
			n.own[to] = top[k]
		}
	}
	queue := slices.Sorted(maps.Keys(n.own))
	for len(queue) > 0 {
		key := queue[0]
		queue = queue[1:]
		follows := implied(n.catalog, key, n.own[key])
		for _, k := range slices.Sorted(maps.Keys(follows)) {
			if _, set := n.own[k]; !set {
				n.own[k] = follows[k]
				n.inferred[k] = key
				queue = append(queue, k)
			}
		}
	}
}

// implied returns what follows from a key's value by infer.json, $1 filled in.
func implied(c *catalog.Catalog, key string, value any) map[string]any {
	if cases, ok := c.Infer[key]; ok {
		return cases[fmt.Sprint(value)]
	}
	out := map[string]any{}
	for pattern, cases := range c.Infer {
		part, ok := match(pattern, key)
		if !ok {
			continue
		}
		for k, v := range cases[fmt.Sprint(value)] {
			if s, isText := v.(string); isText {
				v = strings.ReplaceAll(s, "$1", part)
			}
			out[strings.ReplaceAll(k, "$1", part)] = v
		}
	}
	return out
}

var word = regexp.MustCompile(`^\w+$`)

// match returns what $1 of a pattern is in key: one word.
func match(pattern, key string) (string, bool) {
	before, after, ok := strings.Cut(pattern, "$1")
	if !ok || len(key) < len(before)+len(after) || !strings.HasPrefix(key, before) || !strings.HasSuffix(key, after) {
		return "", false
	}
	part := key[len(before) : len(key)-len(after)]
	return part, word.MatchString(part)
}

// kernel is what the kernel's own default.json says of keystores (product-facts.md §5).
func kernel(key string) (any, bool) {
	section, name, _ := strings.Cut(strings.TrimPrefix(key, "keystore."), ".")
	switch {
	case key == "truststore.file_name":
		return "client-truststore.jks", true
	case key == "truststore.type":
		return "JKS", true
	case key == "truststore.password":
		return "wso2carbon", true
	case !strings.HasPrefix(key, "keystore."):
		return nil, false
	case section == "tls" || section == "internal":
		return "$ref{keystore.primary." + name + "}", true
	case section != "primary":
		return nil, false
	}
	v, ok := map[string]any{
		"file_name": "wso2carbon.jks", "type": "JKS", "password": "wso2carbon", "alias": "wso2carbon", "key_password": "wso2carbon",
	}[name]
	return v, ok
}

// lookup returns the value that the product has for a key: the file's, an inferred one, or the default.
func (n *node) lookup(key string) (any, bool) {
	if v, ok := n.own[key]; ok {
		return v, true
	}
	if n.catalog != nil {
		if v, ok := n.catalog.Default(key); ok {
			return v, true
		}
	}
	return kernel(key)
}

var refPattern = regexp.MustCompile(`\$ref\{([^{}]*)\}`)

// text returns a key's value with its references resolved, "" if there is none.
func (n *node) text(key string) string {
	v, ok := n.lookup(key)
	if !ok || v == nil {
		return ""
	}
	return n.resolve(fmt.Sprint(v), 20)
}

// resolve puts values in the place of $ref{}, as deep as it may; what is not to be resolved stays.
func (n *node) resolve(s string, depth int) string {
	if depth == 0 || !strings.Contains(s, "$ref{") {
		return s
	}
	return refPattern.ReplaceAllStringFunc(s, func(ref string) string {
		v, ok := n.lookup(ref[5 : len(ref)-1])
		if !ok {
			return ref
		}
		return n.resolve(fmt.Sprint(v), depth-1)
	})
}

// missing returns the key that a value refers to and that nothing defines, or the one it refers back to itself by.
func (n *node) missing(s string, seen []string) (key string, circle bool) {
	for _, m := range refPattern.FindAllStringSubmatch(s, -1) {
		if slices.Contains(seen, m[1]) {
			return m[1], true
		}
		v, ok := n.lookup(m[1])
		if !ok {
			return m[1], false
		}
		if key, circle := n.missing(fmt.Sprint(v), append(slices.Clone(seen), m[1])); key != "" {
			return key, circle
		}
	}
	return "", false
}
