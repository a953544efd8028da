package catalog

import (
	"slices"
	"testing"
)

func TestTemplate(t *testing.T) {
	for _, c := range []struct {
		name, template string
		keys, open     []string
	}{
		{"nothing", "<a>text</a>", nil, nil},
		{"value", "{{apim.x}} {{- apim.y -}}", []string{"apim.x", "apim.y"}, nil},
		{"comment", "{# {{a.b}} #}{{c}}", []string{"c"}, nil},
		{"test", "{% if a.b is defined and c.d is not none %}", []string{"a.b", "c.d"}, nil},
		{"compare", `{% elif a.b == "x.y" or not (c in d.e) %}`, []string{"a.b", "c", "d.e"}, nil},
		{"filter", "{{ a.b | default('q.r') | join(',') }}", []string{"a.b"}, nil},
		{"array", "{% for e in a.env %}{{e.name}}{{ loop.last }}{% endfor %}", []string{"a.env", "a.env[].name"}, nil},
		{"nested array", "{% for e in a %}{% for v in e.hosts %}{{v.h}}{% endfor %}{% endfor %}", []string{"a", "a[].hosts", "a[].hosts[].h"}, nil},
		{"open", "{% for k, v in a.pool.items() %}{{k}}={{v}}{% endfor %}", []string{"a.pool", "a.pool.*"}, []string{"a.pool"}},
		{"open of tables", "{% for n, s in a.items() %}{{s.x}}{% for k,v in s.p.items() %}{% endfor %}{% endfor %}", []string{"a", "a.*.p", "a.*.x"}, []string{"a", "a.*.p"}},
		{"method", "{{ g.urls.toList()|join('|') }}{{range(1)}}", []string{"g.urls"}, nil},
		{"quoted member", "{{ a['b.c'] }}{{ a[\"d\"].e }}", []string{"a.'b.c'", "a.d.e"}, nil},
		{"index", "{{ a[0].b }}{{ a[n] }}", []string{"a.*", "a[].b"}, nil},
		{"set", "{% set x = a.b %}{{x.c}}{% set y = 'q' %}{{y}}", []string{"a.b", "a.b.c"}, nil},
		{"macro", "{% macro m(p, q) %}{{p.x}}{{q}}{% endmacro %}{{m(a.b, c)}}", []string{"a.b", "c"}, nil},
		{"literal list", "{% for x in ['a', 'b'] %}{{x}}{{c.d}}{% endfor %}", []string{"c.d"}, nil},
		{"dash", "{{ a.bind-address }}{%- else -%}{%endif%}", []string{"a.bind-address"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scope{keys: map[string]bool{}, open: map[string]bool{}, names: map[string]string{}}
			s.read(c.template)
			if had := sorted(s.keys); !slices.Equal(had, c.keys) {
				t.Errorf("keys %q, want %q", had, c.keys)
			}
			if had := sorted(s.open); !slices.Equal(had, c.open) {
				t.Errorf("open %q, want %q", had, c.open)
			}
		})
	}
}

func sorted(set map[string]bool) []string {
	var keys []string
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Whatever a template holds, reading it ends.
func FuzzTemplate(f *testing.F) {
	f.Add("{% for k, v in a['b'].items() %}{{ v[0].c | join(',') }}{% endfor %}")
	f.Add("{% set x = %}{% for in %}{{ . [ ' }}")
	f.Fuzz(func(t *testing.T, template string) {
		s := scope{keys: map[string]bool{}, open: map[string]bool{}, names: map[string]string{}}
		s.read(template)
		for k := range s.open {
			if !s.keys[k] {
				t.Errorf("%q is open but no key", k)
			}
		}
	})
}
