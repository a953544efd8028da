package inventory

import (
	"encoding/json"
	"strings"
)

// A schema is as much of JSON Schema as the table of keys needs.
type schema struct {
	Schema      string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Type        string             `json:"type,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	Default     json.RawMessage    `json:"default,omitempty"`
	Minimum     *int               `json:"minimum,omitempty"`
	Maximum     *int               `json:"maximum,omitempty"`
	Pattern     string             `json:"pattern,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	More        any                `json:"additionalProperties,omitempty"` // false or *schema
	Items       *schema            `json:"items,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
}

// Schema returns the JSON schema of an inventory, for editors. Where a value may be a ${} reference, so does it.
func Schema() ([]byte, error) {
	rows := fileTable().rows()
	top := map[string][]row{}
	for _, r := range rows {
		top[r.Name] = r.Keys
	}
	s := object(rows, top)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title = "apimctl inventory"
	data, err := json.MarshalIndent(s, "", "  ")
	return append(data, '\n'), err
}

func object(rows []row, top map[string][]row) *schema {
	s := &schema{Type: "object", Properties: map[string]*schema{}, More: false}
	for _, r := range rows {
		s.Properties[r.Name] = r.schema(top)
		if r.Required {
			s.Required = append(s.Required, r.Name)
		}
	}
	return s
}

func (r row) schema(top map[string][]row) *schema {
	s := r.shape(top)
	if r.Listed != nil {
		s = &schema{AnyOf: []*schema{{Type: "array", Items: object(r.Listed, top)}, s}}
	}
	if r.Short != "" {
		s = &schema{AnyOf: []*schema{{Type: "string"}, s}}
	}
	s.Description = r.describe()
	if r.Default != "" {
		s.Default = r.plainDefault()
	}
	return s
}

// shape is what a value looks like, without what is said of it.
func (r row) shape(top map[string][]row) *schema {
	keys := r.Keys
	if r.Same != "" {
		keys = top[r.Same]
	}
	switch {
	case r.Named != "" && r.OneOf != nil:
		s := &schema{Type: "object", Properties: map[string]*schema{}, More: false}
		for _, name := range r.OneOf {
			s.Properties[name] = object(keys, top)
		}
		return s
	case r.Named != "" && keys != nil:
		return &schema{Type: "object", More: object(keys, top)}
	case r.Type == "list of names":
		return &schema{Type: "object", More: &schema{Type: "array", Items: &schema{Type: "string"}}}
	case r.Named != "":
		return &schema{Type: "object"}
	case r.List:
		return &schema{Type: "array", Items: object(keys, top)}
	case keys != nil:
		return object(keys, top)
	}
	return r.scalar()
}

func (r row) scalar() *schema {
	reference := &schema{Type: "string", Pattern: `\$\{`}
	switch {
	case r.OneOf != nil:
		return &schema{AnyOf: []*schema{{Type: "string", Enum: r.OneOf}, reference}}
	case strings.HasPrefix(r.Type, "number"):
		return &schema{AnyOf: []*schema{{Type: "integer", Minimum: &r.Min, Maximum: &r.Max}, reference}}
	case r.Type == "true or false":
		return &schema{AnyOf: []*schema{{Type: "boolean"}, reference}}
	case strings.HasPrefix(r.Type, "list"):
		return &schema{Type: "array", Items: &schema{Type: "string"}}
	}
	return &schema{Type: "string"}
}

// describe is the row's meaning with the default that is in words.
func (r row) describe() string {
	s := r.Doc
	if r.Note != "" {
		s += "; default: " + r.Note
	}
	if r.Since != "" {
		s += "; from version " + r.Since + " on"
	}
	return s
}

func (r row) plainDefault() json.RawMessage {
	if strings.HasPrefix(r.Type, "number") || r.Type == "true or false" {
		return json.RawMessage(r.Default)
	}
	quoted, _ := json.Marshal(r.Default) // text always can be
	return quoted
}
