package inventory

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
)

// FuzzParse wants an inventory or Problems of every input, each problem with a place and a remedy.
func FuzzParse(f *testing.F) {
	dir := folder(f)
	for _, text := range []string{smallest, layered, Example, "", "a: &a [*a]", "? [a]\n: b", "<<: {a: b}", "name: ${file:/dev/zero}"} {
		f.Add(text)
	}
	for _, w := range wrongInventories() {
		f.Add(smallest + w.text)
		f.Add(w.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		inv, err := Parse(filepath.Join(dir, "inventory.yaml"), []byte(text), environment(dir))
		var problems Problems
		switch {
		case err == nil && len(inv.Hosts) == 0:
			t.Error("an inventory without hosts")
		case err != nil && !errors.As(err, &problems):
			t.Errorf("the error is %v, not Problems", err)
		}
		for _, p := range problems {
			if p.Line < 1 || p.What == "" || p.Fix == "" {
				t.Errorf("%#v lacks something", p)
			}
		}
	})
}

func FuzzExpandRange(f *testing.F) {
	for _, text := range []string{"gw-[1:40]", "[01:10].[1:10]", "a[2:1]", "[0:0]", "[1:99999999999999999999]"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := expandRange(text)
		if err == nil && (len(all) == 0 || len(all) > mostHosts) {
			t.Errorf("%q stands for %d texts", text, len(all))
		}
	})
}

// BenchmarkLoad200 reads an inventory of 200 hosts, each written out.
func BenchmarkLoad200(b *testing.B) {
	dir := folder(b)
	text := smallest[:len(smallest)-len("{hosts: {gw-1: {address: 10.0.0.2}}}\n")] + "\n    hosts:\n"
	for i := range 199 {
		text += fmt.Sprintf("      gw-%d: {address: 10.0.1.%d, offset: 1, ssh: {user: u}, config: {a.b: 1, c: {d: x}}}\n", i, i+1)
	}
	text += "hostnames: {gateway: gw.x}\n"
	if n := len(parse(b, dir, text).Hosts); n != 200 {
		b.Fatalf("%d hosts", n)
	}
	for b.Loop() {
		parse(b, dir, text)
	}
}
